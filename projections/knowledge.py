"""What one agency knew of a case at one moment: what it had said, what its system held, and what a person had seen.

By whose clock each is: what an agency said counts from when it recorded it, by its own word; what reached it, from when
its system signed for having it, by its own clock too; what a person saw, from that agency's next act on the handoff.
The log proves that these words were said, and not that the clocks were right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.catalogue.post import SAID_AGAIN
from projections.case_log import CaseLog, Delivery, handoff_of


@dataclass(frozen=True, slots=True)
class Known:
    """One event as an agency had it. `seen_at` is None while nothing of its own says that a person saw it."""

    logged: Logged
    own: bool
    held_at: datetime
    opened: bool
    tiers: tuple[str, ...]
    seen_at: datetime | None

    def document(self) -> dict[str, Any]:
        return _event(self.logged) | {
            "own": self.own,
            "held_at": self.held_at.isoformat(),
            "opened": self.opened,
            "tiers": list(self.tiers),
            "seen_at": self.seen_at.isoformat() if self.seen_at else None,
        }


@dataclass(frozen=True, slots=True)
class Knowledge:
    """`waiting` had been sent to it and its system had not got it; `unsent` existed and no letter of it went there."""

    known: tuple[Known, ...]
    waiting: tuple[Logged, ...]
    unsent: tuple[Logged, ...]

    def document(self) -> dict[str, Any]:
        return {
            "known": [one.document() for one in self.known],
            "waiting": [_event(one) for one in self.waiting],
            "unsent": [_event(one) for one in self.unsent],
        }


def knowledge(case: CaseLog, agency: Agency, at: datetime) -> Knowledge:
    """What this agency knew of the case at this moment, and what was there that it did not know."""
    known, waiting, unsent = list[Known](), list[Logged](), list[Logged]()
    touched = _own_acts(case, agency, at)
    for logged in case.records:
        if not entry_of(logged.record.type).word:
            continue  # the bus's own: what it says again is shown at what it says
        one = _known(case, logged, agency, touched)
        if one and one.held_at <= at:
            known.append(one)
        elif logged.stamp.logged_at <= at:
            sent = any(letter.to is agency for letter in logged.record.data.letters)
            (waiting if sent else unsent).append(logged)
    return Knowledge(tuple(known), tuple(waiting), tuple(unsent))


def as_known(case: CaseLog, known: Knowledge) -> CaseLog:
    """The case out of what was known and could be opened: what it would have come to there."""
    return case.of(one.logged for one in known.known if one.opened)


def _known(
    case: CaseLog, logged: Logged, agency: Agency, touched: Mapping[UUID, list[tuple[int, datetime]]]
) -> Known | None:
    """An event as this agency came to have it; None if it never did."""
    record = logged.record
    if record.sender == agency:
        recorded = record.data.about.clocks.recorded if record.data.about else record.time
        return Known(logged, True, recorded, True, (), recorded)
    letter = next((letter for letter in record.data.letters if letter.to is agency), None)
    delivery = case.deliveries[record.sender, agency, letter.number] if letter else None
    if delivery is None or delivery.received_at is None:
        return None
    held_at, opened = _opened(delivery)
    entry = entry_of(record.type)
    codes = logged.codes
    acts = touched.get(handoff_of(record, codes), []) if entry.acts(codes) else []
    seen_at = next((moment for position, moment in acts if position > logged.stamp.position), None)
    return Known(logged, False, held_at, opened, delivery.tiers, seen_at)


def _opened(delivery: Delivery) -> tuple[datetime, bool]:
    """When its system had it so that it could be read: the first time, or when it was said again."""
    again = delivery
    while again.said_again and not again.opened and again.said_again.received_at:
        again = again.said_again
    assert again.received_at
    return again.received_at, bool(again.opened)


def _own_acts(case: CaseLog, agency: Agency, at: datetime) -> dict[UUID, list[tuple[int, datetime]]]:
    """By handoff, this agency's own acts until then: to act on something is to have seen it."""
    found: dict[UUID, list[tuple[int, datetime]]] = {}
    for logged in case.records:
        record = logged.record
        entry = entry_of(record.type)
        if record.sender != agency or record.type == SAID_AGAIN or not entry.word or record.data.about is None:
            continue
        codes = logged.codes
        if entry.acts(codes) and record.data.about.clocks.recorded <= at:
            acted = (logged.stamp.position, record.data.about.clocks.recorded)
            found.setdefault(handoff_of(record, codes), []).append(acted)
    return found


def _event(logged: Logged) -> dict[str, Any]:
    record = logged.record
    return {
        "position": logged.stamp.position,
        "logged_at": logged.stamp.logged_at.isoformat(),
        "sender": record.sender,
        "type": record.type,
        "id": str(record.id),
        "recorded": record.data.about.clocks.recorded.isoformat() if record.data.about else None,
    }
