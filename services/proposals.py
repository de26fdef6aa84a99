"""An act or a fact that an agency's own system asks for, as the domain judges it: pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.standing import Act, Move, Standing, course_of
from contracts.vocabulary.asking import Service
from services.casefile import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """An act that an agency's own system asks for. `codes` are its content in tiers E and O, as JSON values."""

    id: UUID
    type: str
    move: Move | None  # None for a fact, which is no act of a handoff
    by: Agency
    case_ref: str
    about: Mapping[str, Any]
    codes: Mapping[str, Any]
    at: datetime
    """By the agency's own clock."""

    service: Service | None = None
    """Of the act that makes a handoff."""
    private: Mapping[str, Any] = field(default_factory=dict)
    """What the log may not hold of its content."""

    def act(self) -> Act:
        assert self.move
        return act_of(
            self.id, self.move, self.by, self.codes, self.service, at=self.at, office=self.about["post"]["office"]
        )


def act_of(act_id: UUID, move: str, by: str, codes: Mapping[str, Any], service: str | None, **where: Any) -> Act:
    made = {"course": course_of(Service(service))} if service else {}
    return Act.of(act_id, Move(move), Agency(by), codes, **where, **made)


Policy = Callable[[Proposal, Case], None]
"""An agency's own rule for one type, by what the case holds; raises Refused."""
Rule = Callable[[Proposal, Standing], None]
"""An agency's own rule for one of its acts; raises Refused."""
