"""The gateway's local file: the heads of all chains with their position, and where each sender's numbers stand.

It is a cache of a fold, caught up from the log's leader before the first decision. It is also what tells a log that
was shortened or put back from one that goes on: positions that were used once are never used again.
"""

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from bus.chains import Heads, changed, signed
from bus.directory import Keyring
from bus.log import LogReader, verify
from bus.parties import Around, Parties, Party
from bus.seal import digest as digest_of
from bus.submission import Head
from contracts import bypass, check
from contracts.agencies import Agency
from contracts.bypass import Bypass
from contracts.envelope import Record
from contracts.errors import BarnabusError

_VERSION = 6
"""Of these tables: a file of another version is made anew from the log."""
_TABLES = """
CREATE TABLE IF NOT EXISTS heads (chain TEXT PRIMARY KEY, number INTEGER NOT NULL, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS receipted (link TEXT PRIMARY KEY, number INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS places (
    sender TEXT NOT NULL, number INTEGER NOT NULL, position INTEGER NOT NULL UNIQUE, digest TEXT NOT NULL,
    record_id TEXT NOT NULL, logged_at TEXT NOT NULL, PRIMARY KEY (sender, number), UNIQUE (sender, record_id));
CREATE TABLE IF NOT EXISTS holders (
    case_ref TEXT NOT NULL, agency TEXT NOT NULL, holds INTEGER NOT NULL, since INTEGER NOT NULL,
    PRIMARY KEY (case_ref, agency)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS bypasses (
    id TEXT NOT NULL, case_ref TEXT NOT NULL, conflicted TEXT NOT NULL, office TEXT, invoked_by TEXT NOT NULL,
    since INTEGER NOT NULL, PRIMARY KEY (case_ref, id, invoked_by)) WITHOUT ROWID;
"""
_NAMES = ("heads", "receipted", "places", "holders", "bypasses")


class Place(NamedTuple):
    """Where a record stands, as this gateway saw it."""

    sender: str
    number: int
    position: int
    digest: str
    record_id: str
    logged_at: str


def places(db: sqlite3.Connection) -> tuple[Place, ...]:
    """Every place in a ledger's file; none if it is of another version."""
    if db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
        return ()
    found = db.execute("SELECT sender, number, position, digest, record_id, logged_at FROM places ORDER BY position")
    return tuple(Place(*row) for row in found)


class Ledger:
    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")  # a cache: what a power cut takes is read again from the log
        self._make_tables()
        self.heads = self._load()

    def _make_tables(self) -> None:
        if self._db.execute("PRAGMA user_version").fetchone()[0] != _VERSION:
            for table in _NAMES:
                self._db.execute(f"DROP TABLE IF EXISTS {table}")
            self._db.execute(f"PRAGMA user_version = {_VERSION}")
        self._db.executescript(_TABLES)

    def close(self) -> None:
        self._db.close()

    def check(self, record: Record) -> None:
        """Raises unless this record follows on in all its chains, under an id that its sender has not used."""
        self.heads.check(record)
        used = self._db.execute(
            "SELECT 1 FROM places WHERE sender = ? AND record_id = ?", (record.sender, str(record.id))
        )
        if used.fetchone():
            raise BarnabusError("record.id-reused", field="record.id")

    def parties(self, case_ref: str, sender: str) -> Parties:
        """Who is in a case and which ways lead around whom, as its refusals may tell this sender.

        The same is asked whether or not there is such a case: how long that takes tells nothing.
        """
        parties = self._db.execute("SELECT agency, holds, since FROM holders WHERE case_ref = ?", (case_ref,))
        around = self._db.execute("SELECT conflicted, office, since FROM bypasses WHERE case_ref = ?", (case_ref,))
        return Parties.seen_by(
            sender,
            [Party(Agency(name), bool(holds), since) for name, holds, since in parties],
            [Around(Bypass(bypass.conflicted(name), office), since) for name, office, since in around],
        )

    def bypasses(self, case_ref: str) -> frozenset[Bypass]:
        """The ways around somebody that are in force in a case."""
        found = self._db.execute("SELECT conflicted, office FROM bypasses WHERE case_ref = ?", (case_ref,))
        return frozenset(Bypass(bypass.conflicted(name), office) for name, office in found)

    def holders(self, case_ref: str) -> frozenset[Agency]:
        """Who holds a case: who opened it, and whoever was sent anything of it."""
        found = self._db.execute("SELECT agency FROM holders WHERE case_ref = ? AND holds = 1", (case_ref,))
        return frozenset(Agency(name) for (name,) in found)

    def aware(self, case_ref: str) -> frozenset[Agency]:
        """Who knows that a case is there: its holders, and whoever has said something in it."""
        found = self._db.execute("SELECT agency FROM holders WHERE case_ref = ?", (case_ref,))
        return frozenset(Agency(name) for (name,) in found)

    def place(self, sender: str, number: int) -> tuple[int, str] | None:
        """Position and digest of a sender's record that is in the log already."""
        if number > self.heads.of_sender(sender).number:  # any number at all may be claimed, SQLite takes 64 bits
            return None
        found = self._db.execute(
            "SELECT position, digest FROM places WHERE sender = ? AND number = ?", (sender, number)
        )
        row = found.fetchone()
        return (row[0], row[1]) if row else None

    def said(self, sender: str, record_id: UUID) -> int | None:
        """The position of a sender's record, by its id."""
        where = (sender, str(record_id))
        row = self._db.execute("SELECT position FROM places WHERE sender = ? AND record_id = ?", where).fetchone()
        return int(row[0]) if row else None

    def apply(self, position: int, record: Record, digest: str, logged_at: datetime) -> None:
        """Take one checked record in: in the file or nowhere, then in memory, so that the two never differ."""
        with self._db:
            self._db.execute("BEGIN")
            row = (record.sender, record.number, position, digest, str(record.id), logged_at.isoformat())
            self._db.execute("INSERT INTO places VALUES (?,?,?,?,?,?)", row)
            for chain, head in changed(record, digest):
                self._db.execute("INSERT OR REPLACE INTO heads VALUES (?,?,?)", (chain, head.number, head.digest))
            for link, number in signed(record, self.heads.receipted).items():
                self._db.execute("INSERT OR REPLACE INTO receipted VALUES (?,?)", (link, number))
            self._of_case(position, record)
        self.heads.apply(position, record, digest)

    def _of_case(self, position: int, record: Record) -> None:
        """Who holds its case, and which ways lead around whom from here on; nothing for what is the bus's own.

        To say something in a case makes nobody a holder but who opens it: whoever has a reference could say something.
        """
        if record.data.about is None:
            return
        opens = not self.aware(record.subject)
        # what the keeper says of a duty is nobody's decision to let an agency in
        holds = int(record.sender != Agency.KEEPER)
        # whom one that a bypass leads around has told itself, it knows of
        since = 0 if record.sender in bypass.kept_out(self.bypasses(record.subject)) else position
        told = [(record.subject, letter.to, holds, since) for letter in record.data.letters]
        upsert = (
            "INSERT INTO holders VALUES (?,?,?,?) ON CONFLICT DO UPDATE "
            "SET holds = max(holds, excluded.holds), since = min(since, excluded.since)"
        )
        self._db.executemany(upsert, [(record.subject, record.sender, int(opens), since), *told])
        if record.type not in (bypass.INVOKED, bypass.LIFTED):
            return
        codes = check.codes_of(record)
        if record.type == bypass.INVOKED:
            row = (str(record.id), record.subject, codes["conflicted"], codes["office"], record.sender, position)
            self._db.execute("INSERT INTO bypasses VALUES (?,?,?,?,?,?)", row)
        else:
            lifted = (record.subject, codes["bypass_id"])
            self._db.execute("DELETE FROM bypasses WHERE case_ref = ? AND id = ?", lifted)

    async def catch_up(self, log: LogReader, directory: Keyring) -> None:
        """Read the log from where this file ends. Raises `log.damaged` at the first entry that does not follow on.

        Raises it too if the log ends sooner than this file, or holds something else where this file ends.
        """
        last = await log.last()
        await self._compare(log, last)
        async for entry in log.entries(self.heads.position + 1, last):
            logged = verify(entry, directory)
            try:
                self.check(logged.record)
            except BarnabusError as error:
                raise BarnabusError("log.damaged", detail=f"Position {entry.position}: {error.code}.") from None
            self.apply(entry.position, logged.record, logged.digest, logged.stamp.logged_at)

    async def _compare(self, log: LogReader, last: int) -> None:
        position = self.heads.position
        if position > last:
            raise BarnabusError("log.damaged", detail=f"It ends at position {last}; {position} was seen here.")
        entry = await log.get(position) if position else None
        known = self._db.execute("SELECT digest FROM places WHERE position = ?", (position,)).fetchone()
        if position and not (entry and known and digest_of(entry.text) == known[0]):
            raise BarnabusError("log.damaged", detail=f"Position {position}: it is not what was seen here.")

    def _load(self) -> Heads:
        position = self._db.execute("SELECT coalesce(max(position), 0) FROM places").fetchone()[0]
        heads = {chain: Head(number, digest) for chain, number, digest in self._db.execute("SELECT * FROM heads")}
        receipted = dict(self._db.execute("SELECT link, number FROM receipted").fetchall())
        return Heads(position, heads, receipted)
