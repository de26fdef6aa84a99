"""One duty: what is owed, by whom, until when, and what has become of it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.protocol.rules import Rule

NEXT = timedelta(microseconds=1)
"""Exactly at a limit is inside; this much more is not."""


class State(StrEnum):
    OPEN = "open"
    DUE_SOON = "due-soon"  # owed, and its time is near; at once; or, where the law names no limit, its alarm has passed
    BREACHED = "breached"  # owed still, and its limit has passed
    MET = "met"
    EXCUSED = "excused"  # its owner has said why not; a person reviews it
    WITHDRAWN = "withdrawn"  # its cause is gone


@dataclass(frozen=True, slots=True)
class Ending:
    """The record that ended a duty, or excuses it. `done_at` is by its own clock where the rule says so.

    `reason` is its code; of a withdrawal, the type of what withdrew it.
    """

    by: Agency
    record_id: UUID
    position: int
    logged_at: datetime
    done_at: datetime
    reason: str | None = None

    def document(self) -> dict[str, Any]:
        return {
            "by": self.by.value,
            "record_id": str(self.record_id),
            "position": self.position,
            "logged_at": self.logged_at.isoformat(),
            "done_at": self.done_at.isoformat(),
            "reason": self.reason,
        }


@dataclass(frozen=True, slots=True)
class Duty:
    """As of a moment. All moments are UTC.

    `owner` owes it by the rule; `holder` is who has to do it, where a bypass leads around the owner. `starts_at` lies
    ahead while the letter that begins its clock was not received, and is None if none went to its owner. `due_at` is
    None where the law names no limit. `first_due_at` is what it was before `corrected_by` moved it. `soon_at`: from
    when its state is due-soon.
    """

    id: UUID
    rule: Rule
    version: str
    trigger_id: UUID
    trigger_type: str
    trigger_by: Agency
    position: int  # of its trigger
    child: str | None
    suspect: str | None
    handoff: UUID | None
    owner: Agency
    holder: Agency
    tell: tuple[Agency, ...]
    tell_of_breach: tuple[Agency, ...]
    escalates: tuple[tuple[datetime, Agency], ...]  # while it is owed: from when it goes to whom
    opened_at: datetime  # by the log's time
    starts_at: datetime | None
    soon_at: datetime | None
    due_at: datetime | None
    first_due_at: datetime | None
    corrected_by: UUID | None
    state: State
    ending: Ending | None
    excuse: Ending | None  # also of one that was met after it was excused
    as_of: datetime

    @property
    def owed(self) -> bool:
        return self.ending is None

    @property
    def begun(self) -> bool:
        """Does its clock run?"""
        return self.starts_at is not None and self.starts_at <= self.as_of

    @property
    def expected_by(self) -> datetime | None:
        """By when the act is expected: its limit, or where the law names none, its alarm."""
        return self.due_at or self.soon_at

    @property
    def on_time(self) -> bool | None:
        """Of one that was met; None also where there is no limit."""
        if self.state is not State.MET or self.ending is None or self.due_at is None:
            return None
        return self.ending.done_at <= self.due_at

    @property
    def missed(self) -> bool:
        """Its limit passed before it was done, excused or withdrawn: nothing that comes later takes that back."""
        if self.on_time is not None:
            return not self.on_time
        return self.due_at is not None and self._until > self.due_at

    @property
    def absent(self) -> bool:
        """Expected, and never done, and nobody has said why: also of what was withdrawn only after its time."""
        if self.state in (State.MET, State.EXCUSED) or self.expected_by is None:
            return False
        return self._until > self.expected_by

    @property
    def past(self) -> timedelta | None:
        """How far past the moment by which it was expected; less than nothing before it; None where nothing says when.

        What was met is measured where it was done, what has ended otherwise where that was logged.
        """
        if self.expected_by is None:
            return None
        met = self.ending if self.state is State.MET else None
        return (met.done_at if met else self._until) - self.expected_by

    @property
    def _until(self) -> datetime:
        return self.ending.logged_at if self.ending else self.as_of

    @property
    def turns_at(self) -> datetime | None:
        """When its state changes next if nobody says anything; None if it does not."""
        moments = (self.soon_at, self.due_at + NEXT if self.due_at else None)
        later = [moment for moment in moments if moment and moment > self.as_of]
        return min(later) if self.owed and later else None

    @property
    def turns(self) -> frozenset[datetime]:
        """Every moment from which on its document says something else if nobody says anything, but for `past_s`."""
        moments = {self.starts_at}
        if self.owed:
            passed = (moment + NEXT if moment else None for moment in (self.expected_by, self.due_at))
            moments |= {self.soon_at, *passed}
        return frozenset(moment for moment in moments if moment)

    def document(self) -> dict[str, Any]:
        """As people and systems are shown it, with stable keys."""
        return {
            "id": str(self.id),
            "rule": self.rule.id,
            "says": self.rule.says,
            "version": self.version,
            "authority": self.rule.authority,
            "tag": self.rule.tag.value,
            "verified_by": self.rule.verified_by,
            "trigger": {"id": str(self.trigger_id), "type": self.trigger_type, "by": self.trigger_by.value},
            "child": self.child,
            "suspect": self.suspect,
            "handoff_id": str(self.handoff) if self.handoff else None,
            "owner": self.owner.value,
            "holder": self.holder.value,
            "state": self.state.value,
            "owed": self.owed,
            "on_time": self.on_time,
            "missed": self.missed,
            "absent": self.absent,
            "clock": self.rule.start.value,
            "no_limit": self.rule.no_limit.value if self.rule.no_limit else None,
            "opened_at": self.opened_at.isoformat(),
            "begun": self.begun,
            "starts_at": _text(self.starts_at),
            "due_at": _text(self.due_at),
            "first_due_at": _text(self.first_due_at),
            "corrected_by": str(self.corrected_by) if self.corrected_by else None,
            "expected_by": _text(self.expected_by),
            "past_s": self.past.total_seconds() if self.past is not None else None,
            "ending": self.ending.document() if self.ending else None,
            "excuse": self.excuse.document() if self.excuse else None,
        }


def _text(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
