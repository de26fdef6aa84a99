"""One case in rows to read down: a row for each handoff with all acts on it, and one for each fact. By the log's clock.

The rows stand in the order of their first records. An act that the log has before the one that made its handoff stands
on that handoff's row, too.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus.log import Logged
from contracts.catalogue import entry_of
from contracts.standing import ENDED, Standing
from projections.case_log import CaseLog, Step
from projections.handoffs import SAID
from projections.legs import ACKNOWLEDGED, COMPLETED, DECIDED, MADE, STARTED

MOMENTS = (MADE, ACKNOWLEDGED, DECIDED, STARTED, COMPLETED)


@dataclass(frozen=True, slots=True)
class Handoff:
    """One that was made. `moments` has by act when it first counted; `received_at` is by its receiver's own clock."""

    steps: list[Step]
    made: Logged
    moments: dict[str, datetime]
    received_at: datetime | None
    ended_at: datetime | None

    @property
    def first(self) -> int:
        return self.steps[0].logged.stamp.position

    @property
    def standing(self) -> Standing:
        return self.steps[-1].standing

    @property
    def service(self) -> str | None:
        service = entry_of(self.made.record.type).service_of(self.made.record.data.content)
        return service.value if service else None

    def document(self) -> dict[str, Any]:
        standing = self.standing
        return {
            "id": str(self.made.record.id),
            "service": self.service,
            "from": standing.opener.value if standing.opener else None,
            "to": standing.receiver.value if standing.receiver else None,
            "stage": standing.stage.value,
            "open": standing.open,
            "whose_move": standing.whose_move.value if standing.whose_move else None,
            "responsible": standing.responsible.value if standing.responsible else None,
            **{f"{name}_at": _told(self.moments.get(name)) for name in MOMENTS},
            "received_at": _told(self.received_at),
            "ended_at": _told(self.ended_at),
            "acts": [step.logged.stamp.position for step in self.steps],
            "void": len(standing.voids),
        }


@dataclass(frozen=True, slots=True)
class Fact:
    """What was said and asks nothing of anybody, or acts on what was never made."""

    logged: Logged

    @property
    def first(self) -> int:
        return self.logged.stamp.position

    def document(self) -> dict[str, Any]:
        record, stamp = self.logged.record, self.logged.stamp
        return {
            "position": stamp.position,
            "logged_at": stamp.logged_at.isoformat(),
            "type": record.type,
            "sender": record.sender,
            "to": [letter.to.value for letter in record.data.letters],
        }


def groups(case: CaseLog) -> list[Handoff | Fact]:
    """Everything that somebody said in the case, each record on one row."""
    handed = handoffs(case)
    on_rows = {step.logged.stamp.position for handoff in handed for step in handoff.steps}
    words = (logged for logged in case.records if entry_of(logged.record.type).word)
    facts = (Fact(logged) for logged in words if logged.stamp.position not in on_rows)
    return sorted([*handed, *facts], key=lambda row: row.first)


def handoffs(case: CaseLog) -> list[Handoff]:
    """Those that were made, in the order in which their first acts stand in the log."""
    return [found for steps in case.histories() if (found := _handoff(case, steps))]


def _handoff(case: CaseLog, steps: list[Step]) -> Handoff | None:
    made, ended_at, moments, voids = None, None, dict[str, datetime](), 0
    for step in steps:
        counts, voids = len(step.standing.voids) == voids, len(step.standing.voids)
        if not counts:
            continue
        move = entry_of(step.logged.record.type).move
        if move and move in SAID:
            moments.setdefault(SAID[move], step.logged.stamp.logged_at)
        if step.standing.parties and made is None:
            made = step.logged
        if step.standing.stage in ENDED and ended_at is None:
            ended_at = step.logged.stamp.logged_at
    if made is None:
        return None
    return Handoff(steps, made, moments, _received_at(case, made, steps[-1].standing), ended_at)


def _received_at(case: CaseLog, made: Logged, standing: Standing) -> datetime | None:
    """When its receiver's system had what made it, so that it could be read."""
    letter = next((letter for letter in made.record.data.letters if letter.to is standing.receiver), None)
    received = case.deliveries[made.record.sender, letter.to, letter.number].received if letter else None
    return received.at if received else None


def _told(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
