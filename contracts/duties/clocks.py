"""When a duty begins by its rule's clock, and by when it is due; pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from contracts.dated import Word
from contracts.duties.duty import State
from contracts.duties.parties import Parties
from contracts.protocol import matching
from contracts.protocol.rules import Rule
from contracts.protocol.terms import NoLimit, Start
from contracts.protocol.version import Version


@dataclass(frozen=True, slots=True)
class Times:
    """In UTC: when it starts, from when it is due soon, until when it is due; None where that is not to be said.

    What is not received yet starts later, and so soon at the latest.
    """

    starts_at: datetime | None = None
    soon_at: datetime | None = None
    due_at: datetime | None = None

    def state(self, at: datetime) -> State:
        """What it has come to by time alone."""
        if self.due_at and at > self.due_at:
            return State.BREACHED
        return State.DUE_SOON if self.soon_at and at >= self.soon_at else State.OPEN


def starts(rule: Rule, version: Version, trigger: Word, parties: Parties) -> datetime | None:
    """When its clock begins, or will at the latest; None where a receipt begins it and no letter went to its owner."""
    match rule.start:
        case Start.INCIDENT:
            records = matching.set_off(rule, trigger)
            return trigger.moment(records.at if records else None)
        case Start.KNOWLEDGE:
            return min(trigger.clocks.known, trigger.at)
        case Start.RECEIPT:
            return _received(rule, version, trigger, parties)
        case Start.STAMP:
            return trigger.at


def _received(rule: Rule, version: Version, trigger: Word, parties: Parties) -> datetime | None:
    """By its owner. What it said itself, and what a bypass kept from it, counts from when it was logged.

    A letter that nobody signs for is taken for received after a while: else who withholds its receipts owes nothing.
    """
    owner = parties.owner(rule.owner, trigger)
    if owner is None or owner is trigger.by:
        return trigger.at
    latest = trigger.at + timedelta(hours=version.taken_for_received_hours)
    if received := trigger.received_by(owner):
        return min(received.at, latest)
    if parties.is_kept_out(owner, trigger.said.position):
        return trigger.at
    return latest if owner in trigger.to else None


def times(rule: Rule, version: Version, trigger: Word, parties: Parties) -> Times:
    """By this version of the rule; nothing is due by a version that was not in force when it began."""
    start = starts(rule, version, trigger, parties)
    if start is None or start < version.begins:
        return Times()
    start = start.astimezone(UTC)
    if rule.limit:
        due = rule.limit.limit.ends(start, version.office)
        return Times(start, due - timedelta(hours=rule.due_soon_hours) if rule.due_soon_hours else None, due)
    assert rule.alarm_hours
    alarm = start + timedelta(hours=rule.alarm_hours)
    return Times(start, start, alarm) if rule.no_limit is NoLimit.AT_ONCE else Times(start, alarm, None)
