"""What of the feed a system's webhook has had, what it is tried with again, and what was parked in the end.

Where a system stands lies with it in the store (`told`); here are only items whose first try has begun and which it has
not taken. A try is written down before it is made: whatever ends the process, tries stay as few and as far apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import UUID

from bus.feed import Feed
from bus.store import Statement, Store, moment
from contracts.errors import Refused
from services.systems import System

PAUSES = (
    timedelta(seconds=5),
    timedelta(seconds=30),
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(minutes=30),
    timedelta(hours=1),
)
"""Between one try and the next: an hour and three quarters in all."""
TRIES = len(PAUSES) + 1
LISTED_AT_MOST = 1_000
WAITING, PARKED = "waiting", "parked"


@dataclass(frozen=True, slots=True)
class Item:
    """An item of the feed on its way to one system. `tries` counts those begun."""

    system: str
    number: int
    id: UUID
    tries: int = 0

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(row["system"], row["number"], UUID(row["id"]), row["tries"])


class Tries:
    def __init__(self, store: Store, feed: Feed) -> None:
        self._store = store
        self._feed = feed

    def next(self, system: System, now: datetime) -> Item | None:
        """What is to be tried now: first what somebody wants sent again, then the next in order, unless that waits."""
        rows = self._store.read(
            "SELECT * FROM webhook_tries WHERE system = ? AND state = ? ORDER BY number", system.name, WAITING
        )
        due = [row for row in rows if row["next_at"] <= moment(now)]
        if due:
            return Item.of(due[0])
        if any(row["number"] > system.told for row in rows):
            return None
        end = self._feed.end()
        lines = self._feed.lines(after=system.told, up_to=end, limit=1, types=system.hears.types)
        if lines:
            return Item(system.name, lines[0].number, lines[0].id)
        if end > system.told:  # nothing of it is for this system
            self._store.write(_passed(system.name, end))
        return None

    def begun(self, item: Item, now: datetime) -> Item:
        """Notes a try that is about to be made, and when the next one is, should nothing be heard of this one."""
        begun = replace(item, tries=item.tries + 1)
        next_at = moment(now + PAUSES[min(item.tries, len(PAUSES) - 1)])
        row = (item.system, item.number, str(item.id), WAITING, begun.tries, next_at)
        insert = "INSERT INTO webhook_tries (system, number, id, state, tries, next_at) VALUES (?,?,?,?,?,?) "
        update = "ON CONFLICT (system, number) DO UPDATE SET tries = excluded.tries, next_at = excluded.next_at"
        self._store.write(Statement(insert + update, row))
        return begun

    def taken(self, item: Item) -> None:
        delete = "DELETE FROM webhook_tries WHERE system = ? AND number = ?"
        self._store.write(Statement(delete, (item.system, item.number)), _passed(item.system, item.number))

    def failed(self, item: Item, code: str) -> bool:
        """Notes how a try failed. Was it the last: is the item parked?"""
        parked = item.tries >= TRIES
        update = "UPDATE webhook_tries SET state = ?, error = ? WHERE system = ? AND number = ?"
        noted = Statement(update, (PARKED if parked else WAITING, code, item.system, item.number))
        self._store.write(noted, *([_passed(item.system, item.number)] if parked else []))
        return parked

    def parked(self) -> list[dict[str, Any]]:
        """What was parked, of all systems, in the order of the feed."""
        return self._store.read(
            "SELECT t.system, t.number, t.id, f.type, t.tries, t.error FROM webhook_tries t "
            "JOIN feed f ON f.number = t.number WHERE t.state = ? ORDER BY t.number, t.system LIMIT ?",
            PARKED,
            LISTED_AT_MOST,
        )

    def send_again(self, item_id: UUID, now: datetime) -> int:
        """Begin anew with what is parked, for every system that has it. How many. Raises `webhook.not-parked`."""
        where = "id = ? AND state = ?"
        found = self._store.read(f"SELECT system FROM webhook_tries WHERE {where}", str(item_id), PARKED)  # noqa: S608
        if not found:
            raise Refused("webhook.not-parked")
        update = f"UPDATE webhook_tries SET state = ?, tries = 0, next_at = ? WHERE {where}"  # noqa: S608
        self._store.write(Statement(update, (WAITING, moment(now), str(item_id), PARKED)))
        return len(found)


def _passed(system: str, number: int) -> Statement:
    """The write by which a system stands at a number, unless it stands further on."""
    return Statement("UPDATE systems SET told = ? WHERE name = ? AND told < ?", (number, system, number))
