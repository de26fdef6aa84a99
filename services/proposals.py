"""An act or a fact that an agency's own system asks for, and what the domain judges it by: pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.casefile import CaseFile
from contracts.standing import Act, Move, Standing, course_of
from contracts.vocabulary.asking import Service


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


@dataclass(frozen=True, slots=True)
class Case:
    """What an agency's policy judges a proposal by: the handoff that it acts on, if it does, and the whole case."""

    file: CaseFile
    standing: Standing = field(default_factory=Standing)
    service: Service | None = None
    concerns: str | None = None  # whom the handoff is about
    other: CaseFile = field(default_factory=CaseFile)  # the other case that the proposal names, if it names one


Policy = Callable[[Proposal, Case], None]
"""An agency's own rule for one type, by what the case holds; raises Refused."""
Rule = Callable[[Proposal, Standing], None]
"""An agency's own rule for one of its acts; raises Refused."""
