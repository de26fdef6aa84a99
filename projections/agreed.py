"""Is what the keeper said what the log says? Its notices reckoned again, and what it has not said by now."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from contracts.agencies import Agency
from contracts.dated import Dated
from contracts.duties import fold, kept_open, notices
from contracts.duties.agreement import disagreements
from contracts.duties.notices import Notice
from contracts.protocol import Protocol
from projections.owed import Among
from projections.watched import Watched

SAID_WITHIN = timedelta(minutes=5)
"""So long the keeper may take: it may have died and come back."""


@dataclass(slots=True)
class Agreed:
    """Of all cases. `wrong` are notices that do not follow from the log, `unsaid` those that it lacks; by case.

    Of `failing` cases neither can be said.
    """

    notices: int = 0
    wrong: list[tuple[str, Dated]] = field(default_factory=list)
    unsaid: list[tuple[str, Notice]] = field(default_factory=list)
    failing: dict[str, str] = field(default_factory=dict)

    @property
    def agrees(self) -> bool:
        return not (self.wrong or self.unsaid or self.failing)

    def document(self) -> dict[str, Any]:
        wrong = ({"case_ref": ref, "id": str(one.said.id), "type": one.said.type} for ref, one in self.wrong)
        unsaid = (
            {"case_ref": ref, "type": one.type, "rule": one.codes.get("rule"), "tell": [to.value for to in one.tell]}
            for ref, one in self.unsaid
        )
        return {
            "notices": self.notices,
            "agrees": self.agrees,
            "wrong": list(wrong),
            "unsaid": list(unsaid),
            "failing": self.failing,
        }


def agreed(connection: Connection, among: Among, protocol: Protocol) -> Agreed:
    """As of a moment. A keeper that has never spoken has left everything unsaid."""
    watched = Watched.of(connection)
    first = watched.first_word()  # what had ended before is not the keeper's
    since, held_up = first - 1 if first else 0, watched.held_up()

    def of(dated: list[Dated]) -> tuple[int, list[Dated], list[Notice]]:
        known = [one for one in dated if one.at <= among.at]
        spoken = sum(one.by is Agency.KEEPER for one in known)
        return spoken, list(disagreements(known, protocol)), list(_unsaid(known, protocol, among.at, since))

    reckoned = among.reckon(connection, of)
    found = Agreed(failing=reckoned.failing)
    for case_ref, (spoken, wrong, unsaid) in reckoned.found:
        found.notices += spoken
        found.wrong += [(case_ref, one) for one in wrong]
        if case_ref not in held_up:  # there the keeper waits
            found.unsaid += [(case_ref, one) for one in unsaid]
    return found


def _unsaid(dated: list[Dated], protocol: Protocol, at: datetime, since: int) -> Iterable[Notice]:
    """What had to be said `SAID_WITHIN` before, and has to be still."""
    then = {notice.id for notice in _wanted(dated, protocol, at - SAID_WITHIN, since)}
    return (notice for notice in _wanted(dated, protocol, at, since) if notice.id in then) if then else ()


def _wanted(dated: list[Dated], protocol: Protocol, at: datetime, since: int) -> Iterable[Notice]:
    """By what was said until then, beside all that the keeper has said."""
    then = [one for one in dated if one.at <= at]
    position = max((one.said.position for one in then), default=1)
    yield from notices.wanted(fold(then, protocol, at), dated, position, since)
    yield from notices.kept_open(kept_open(then, protocol, at), position, since)
