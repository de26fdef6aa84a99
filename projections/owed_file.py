"""What is owed over all cases, in a private file: it is asked for a page or a count, and holds more than memory should.

It can be reckoned anew at any time, so nothing waits for the disk. One writer, and any number of readers.
"""

import sqlite3
import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from contracts.duties.duty import Duty
from contracts.errors import BarnabusError
from projections import owed
from projections.lasting import Lasting
from projections.legs import us_of
from projections.owed import STANDINGS, Choice, Folded, Owed

Row = dict[str, Any]
Key = tuple[str, str]
"""Who has to do it, and the rule by which it is owed."""
COUNTED: Mapping[str, Callable[[Duty], bool]] = {"owed": lambda duty: duty.owed, **STANDINGS}
"""By what is counted and listed; every duty is at least one of these."""
WAIT_S = 60.0
"""So long a writer waits for another one, of whom there should be none."""
_NEVER_US = 2**62
_TABLES = """
CREATE TABLE stand (one INTEGER PRIMARY KEY, stand BLOB NOT NULL);
CREATE TABLE cases (case_ref TEXT PRIMARY KEY, since_us INTEGER, until_us INTEGER, failing TEXT, rows BLOB);
CREATE INDEX cases_until ON cases (until_us);
CREATE INDEX cases_since ON cases (since_us);
CREATE INDEX cases_failing ON cases (case_ref, failing) WHERE failing IS NOT NULL;
CREATE TABLE duties (standing TEXT, expected_us INTEGER, id TEXT, case_ref TEXT, holder TEXT, rule TEXT,
    PRIMARY KEY (standing, expected_us, id, case_ref)) WITHOUT ROWID;
CREATE INDEX duties_case ON duties (case_ref, holder, rule);
CREATE INDEX duties_id ON duties (id);
CREATE TABLE counts (holder TEXT, rule TEXT, standing TEXT, n INTEGER, PRIMARY KEY (holder, rule, standing));
"""


class Stand(msgspec.Struct, frozen=True):
    """As of when it was reckoned, up to where the log was folded, and the cases in which something is not known."""

    at: datetime
    position: int
    logged_at: datetime | None
    synthetic: bool
    held_up: frozenset[str]

    @property
    def head(self) -> Row:
        return owed.head(self.at, Folded(self.position, self.logged_at, self.synthetic))


def make(path: Path) -> None:
    """An empty one: nothing is reckoned yet."""
    with _opened(path) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(_TABLES)


@contextmanager
def reading(path: Path) -> Iterator["Reader"]:
    """As of one moment, whatever is written meanwhile."""
    with _opened(path) as connection:
        connection.execute("BEGIN")
        yield Reader(connection)


@contextmanager
def writing(path: Path) -> Iterator["Writer"]:
    """All of it or nothing."""
    with _opened(path) as connection:
        connection.execute("BEGIN IMMEDIATE")
        writer = Writer(connection)
        yield writer
        writer.count()
        connection.execute("COMMIT")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    """What is not committed when this is left never was."""
    connection = sqlite3.connect(path, timeout=WAIT_S, isolation_level=None)
    try:
        connection.execute("PRAGMA synchronous=OFF")
        yield connection
    finally:
        connection.close()


@dataclass(slots=True)
class Reader:
    connection: sqlite3.Connection

    def stand(self) -> Stand | None:
        """None while nothing is reckoned."""
        found = self.connection.execute("SELECT stand FROM stand").fetchone()
        return msgspec.msgpack.decode(found[0], type=Stand) if found else None

    def counts(self) -> Mapping[Key, Counter[str]]:
        """How many are owed, and how many have come to what."""
        found = defaultdict[Key, Counter[str]](Counter)
        for holder, rule, standing, n in self.connection.execute("SELECT holder, rule, standing, n FROM counts"):
            found[holder, rule][standing] = n
        return found

    def failing(self) -> dict[str, str]:
        """The cases of which nothing can be reckoned, and by what error."""
        asked = "SELECT case_ref, failing FROM cases WHERE failing IS NOT NULL ORDER BY case_ref"
        return dict(self.connection.execute(asked).fetchall())

    def page(self, choice: Choice, after: str, limit: int, at: datetime) -> list[Row]:
        """As `owed.page` and `owed.row` have it, for a choice of one standing or none. Raises `duty.not-found`."""
        standing, *others = choice.standings or ("owed",)
        assert not others
        conditions, values = ["standing = ?"], list[Any]([standing])
        for column, wanted in (("holder", choice.agency), ("rule", choice.rule)):
            if wanted:
                conditions.append(f"{column} = ?")
                values.append(str(wanted))
        if after:
            place = self.connection.execute("SELECT expected_us FROM duties WHERE id = ?", (after,)).fetchone()
            if place is None:
                raise BarnabusError("duty.not-found", field="--after")
            conditions.append("(expected_us, id) > (?, ?)")
            values += [*place, after]
        where = " AND ".join(conditions)
        asked = f"SELECT id, case_ref FROM duties WHERE {where} ORDER BY expected_us, id LIMIT ?"  # noqa: S608
        found = self.connection.execute(asked, (*values, limit)).fetchall()
        of_cases = {case_ref: self._rows(case_ref) for case_ref in {case_ref for _, case_ref in found}}
        return [owed.as_of(of_cases[case_ref][duty_id], at) for duty_id, case_ref in found]

    def _rows(self, case_ref: str) -> dict[str, Row]:
        """By their duties' ids."""
        packed = self.connection.execute("SELECT rows FROM cases WHERE case_ref = ?", (case_ref,)).fetchone()[0]
        return {row["id"]: row for row in msgspec.json.decode(zlib.decompress(packed))}


@dataclass(slots=True)
class Writer(Reader):
    """What is put in place of what is counted at the end, by `count`."""

    _moved: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def turned(self, at: datetime) -> list[str]:
        """The cases of which what was reckoned does not hold at this moment."""
        asked = "SELECT case_ref FROM cases WHERE until_us <= ?1 OR since_us > ?1"
        return [case_ref for (case_ref,) in self.connection.execute(asked, (us_of(at),))]

    def case_refs(self) -> list[str]:
        return [case_ref for (case_ref,) in self.connection.execute("SELECT case_ref FROM cases")]

    def put(self, case_ref: str, found: Lasting) -> None:
        """In place of what was reckoned of this case before."""
        self.drop(case_ref)
        every = [Owed(case_ref, duty) for duty in found.duties]
        packed = zlib.compress(msgspec.json.encode([owed.row(one) for one in every]), 1)
        case = (case_ref, us_of(found.since), us_of(found.until), found.failing, packed)
        self.connection.execute("INSERT INTO cases VALUES (?,?,?,?,?)", case)
        rows = [row for one in every for row in _rows_of(one)]
        self.connection.executemany("INSERT INTO duties VALUES (?,?,?,?,?,?)", rows)
        self._moved.update((holder, rule, standing) for standing, _, _, _, holder, rule in rows)

    def drop(self, case_ref: str) -> None:
        """What was reckoned of this case, if anything was."""
        there = self.connection.execute("SELECT holder, rule, standing FROM duties WHERE case_ref = ?", (case_ref,))
        self._moved.subtract(there.fetchall())
        self.connection.execute("DELETE FROM duties WHERE case_ref = ?", (case_ref,))
        self.connection.execute("DELETE FROM cases WHERE case_ref = ?", (case_ref,))

    def reached(self, stand: Stand) -> None:
        self.connection.execute("INSERT OR REPLACE INTO stand VALUES (1, ?)", (msgspec.msgpack.encode(stand),))

    def count(self) -> None:
        insert = "INSERT INTO counts VALUES (?,?,?,?) ON CONFLICT DO UPDATE SET n = n + excluded.n"
        self.connection.executemany(insert, [(*key, n) for key, n in self._moved.items() if n])


def _rows_of(one: Owed) -> Iterable[tuple[str, int, str, str, str, str]]:
    duty = one.duty
    expected_us = us_of(duty.expected_by) if duty.expected_by else _NEVER_US
    of_it = (expected_us, str(duty.id), one.case_ref, duty.holder.value, duty.rule.id)
    return ((name, *of_it) for name, is_so in COUNTED.items() if is_so(duty))
