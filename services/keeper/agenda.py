"""When the keeper looks at which case again, and what is owed there: rows of its own store, which can be made anew."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.store import Statement, Store, moment
from contracts.duties.duty import Duty

LOOKED_AT_ONCE = 500
"""So many cases at most are due in one look; the next ones a moment later."""
AWAITED = timedelta(minutes=1)
"""Until the keeper asks again for what it waits: its own words in the log, or what is not known here yet."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the log was looked through, by which protocol; what had ended up to `since` is not the keeper's."""

    protocol: str
    position: int
    since: int


class Agenda:
    def __init__(self, store: Store) -> None:
        self._store = store

    def progress(self) -> Progress | None:
        """None before its first look."""
        rows = self._store.read("SELECT protocol, position, since FROM keeper_progress")
        return Progress(rows[0]["protocol"], rows[0]["position"], rows[0]["since"]) if rows else None

    def reached(self, progress: Progress) -> None:
        row = (progress.protocol, progress.position, progress.since)
        insert = "INSERT INTO keeper_progress (id, protocol, position, since) VALUES (1,?,?,?) ON CONFLICT (id) DO "
        update = "UPDATE SET protocol = excluded.protocol, position = excluded.position, since = excluded.since"
        self._store.write(Statement(insert + update, row))

    def due(self, at: datetime) -> list[str]:
        """The cases in which something changes by this moment, that which does so first at the top."""
        rows = self._store.read(
            f"SELECT case_ref FROM keeper_agenda WHERE next_at <= ? ORDER BY next_at LIMIT {LOOKED_AT_ONCE}",  # noqa: S608
            moment(at),
        )
        return [row["case_ref"] for row in rows]

    def noted(self, case_ref: str, duties: Iterable[Duty], next_at: datetime | None) -> Iterator[Statement]:
        """The writes by which a case was looked at: what is owed in it, and when to look again, if ever."""
        yield Statement("DELETE FROM keeper_owed WHERE case_ref = ?", (case_ref,))
        for duty in duties:
            if duty.owed:
                expected_by = moment(duty.expected_by) if duty.expected_by else None
                row = (str(duty.id), case_ref, duty.rule.id, duty.holder.value, duty.state.value, expected_by)
                yield Statement("INSERT INTO keeper_owed VALUES (?,?,?,?,?,?)", row)
        if next_at:
            yield self.again(case_ref, next_at)
        else:
            yield Statement("DELETE FROM keeper_agenda WHERE case_ref = ?", (case_ref,))

    def unchecked(self) -> dict[str, int]:
        """The cases whose notices above a position nobody has held against the fold: it could not be read meanwhile."""
        return {row["case_ref"]: row["after"] for row in self._store.read("SELECT * FROM keeper_unchecked")}

    def not_checked(self, case_ref: str, after: int, at: datetime) -> list[Statement]:
        """The writes for a case that cannot be judged: look again then, and at its notices from there on."""
        insert = "INSERT INTO keeper_unchecked (case_ref, after) VALUES (?,?) ON CONFLICT (case_ref) DO NOTHING"
        return [self.again(case_ref, at), Statement(insert, (case_ref, after))]

    def checked(self, case_ref: str) -> Statement:
        return Statement("DELETE FROM keeper_unchecked WHERE case_ref = ?", (case_ref,))

    def again(self, case_ref: str, at: datetime) -> Statement:
        """Look again at this moment, or when something new of a case is in the log before."""
        insert = "INSERT INTO keeper_agenda (case_ref, next_at) VALUES (?,?) ON CONFLICT (case_ref) DO UPDATE "
        return Statement(insert + "SET next_at = excluded.next_at", (case_ref, moment(at)))
