"""Alarms that wait to be sent: each once for a notice, an agency and a way, until it is sent or parked.

They lie in the keeper's own store and are saved with the notice that they are about, so that none is lost. A try is
written down before it is made: whatever ends the process, and however often, tries stay as few and as far apart.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from bus.store import Statement, Store, moment
from contracts.agencies import Agency
from contracts.errors import Refused

PAUSES = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=3),
    timedelta(hours=6),
    timedelta(hours=12),
)
"""Between one try and the next: 22 hours in all."""
TRIES = len(PAUSES) + 1
LISTED_AT_MOST = 1_000
NOBODY = "nobody"
"""The way of an alarm for an agency in which nobody was named to be reached."""


class Kind(StrEnum):
    """Of what an alarm tells, and of nothing else: no other word of a notice goes out."""

    OVERDUE = "duty.breached"
    UNANSWERED = "duty.escalated"
    TRIAL = "alarm.tried"


class State(StrEnum):
    WAITING = "waiting"
    SENT = "sent"
    PARKED = "parked"


@dataclass(frozen=True, slots=True)
class Alarm:
    """`tries` counts those begun; the next one is at `next_at`. `error` is the code of the last that failed."""

    id: UUID
    duty_id: UUID
    kind: Kind
    agency: Agency
    way: str
    created_at: datetime
    tries: int
    next_at: datetime
    state: State
    error: str | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            id=UUID(row["id"]),
            duty_id=UUID(row["duty_id"]),
            kind=Kind(row["kind"]),
            agency=Agency(row["agency"]),
            way=row["way"],
            created_at=datetime.fromisoformat(row["created_at"]),
            tries=row["tries"],
            next_at=datetime.fromisoformat(row["next_at"]),
            state=State(row["state"]),
            error=row["error"],
        )


def alarm_id(notice_id: UUID, agency: Agency, way: str) -> UUID:
    return uuid5(NAMESPACE_URL, f"barnabus:alarm:{notice_id}:{agency}:{way}")


def wanted(
    notice_id: UUID, duty_id: UUID, kind: Kind, ways: Mapping[Agency, Sequence[str]], now: datetime
) -> list[Statement]:
    """The writes by which a notice comes to be told, to be saved together with it; a second time they change nothing.

    `ways` gives for each agency that is to be told all ways to it (`Reach.ways`). Where there is none, the alarm is
    made all the same, and is parked in the end for everybody to see.
    """
    at = moment(now)
    return [
        Statement(
            "INSERT INTO alarms (id, duty_id, kind, agency, way, created_at, tries, next_at, state) "
            "VALUES (?,?,?,?,?,?,?,?,?) ON CONFLICT (id) DO NOTHING",
            (str(alarm_id(notice_id, agency, way)), str(duty_id), kind, agency, way, at, 0, at, State.WAITING),
        )
        for agency, named in ways.items()
        for way in named or (NOBODY,)
    ]


class Alarms:
    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, now: datetime) -> list[Alarm]:
        """The first that is due on each way: one that does not answer holds up nobody else's."""
        return self._alarms(
            "SELECT * FROM (SELECT alarms.*, row_number() OVER (PARTITION BY agency, way ORDER BY next_at, id) AS nth "
            "FROM alarms WHERE state = 'waiting' AND next_at <= ?) AS due WHERE nth = 1 ORDER BY next_at, id",
            moment(now),
        )

    def begun(self, alarm: Alarm, now: datetime) -> Alarm:
        """Notes a try that is about to be made, and when the next one is, should nothing be heard of this one."""
        next_at = now + PAUSES[min(alarm.tries, len(PAUSES) - 1)]
        begun = replace(alarm, tries=alarm.tries + 1, next_at=next_at)
        self._write(
            "UPDATE alarms SET tries = ?, next_at = ? WHERE id = ?", begun.tries, moment(next_at), str(alarm.id)
        )
        return begun

    def sent(self, alarm: Alarm) -> None:
        self._write("UPDATE alarms SET state = ?, error = NULL WHERE id = ?", State.SENT, str(alarm.id))

    def failed(self, alarm: Alarm, code: str) -> State:
        """Notes how a try failed. What the alarm is now: `waiting` for the next try, or `parked` after the last."""
        state = State.PARKED if alarm.tries >= TRIES else State.WAITING
        self._write("UPDATE alarms SET state = ?, error = ? WHERE id = ?", state, code, str(alarm.id))
        return state

    def waiting(self) -> list[Alarm]:
        """Those whose next try comes first."""
        return self._alarms("SELECT * FROM alarms WHERE state = 'waiting' ORDER BY next_at, id LIMIT ?", LISTED_AT_MOST)

    def parked(self) -> list[Alarm]:
        """The oldest first."""
        return self._alarms(
            "SELECT * FROM alarms WHERE state = 'parked' ORDER BY created_at, id LIMIT ?", LISTED_AT_MOST
        )

    def retry(self, alarm_id: UUID, now: datetime) -> None:
        """Begin anew with one that is parked. Raises Refused `alarm.not-found`."""
        if not self._alarms("SELECT * FROM alarms WHERE id = ? AND state = 'parked'", str(alarm_id)):
            raise Refused("alarm.not-found")
        self._write(
            "UPDATE alarms SET state = 'waiting', tries = 0, next_at = ? WHERE id = ? AND state = 'parked'",
            moment(now),
            str(alarm_id),
        )

    def _alarms(self, sql: str, *params: object) -> list[Alarm]:
        return [Alarm.of(row) for row in self._store.read(sql, *params)]

    def _write(self, sql: str, *params: object) -> None:
        self._store.write(Statement(sql, params))
