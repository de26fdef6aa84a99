"""The one engine that runs, rebuilds and verifies every read model.

Entries are folded in chunks; what rows have come to, how far that is and where all chains end is written in one
transaction, so a view that was cut off anywhere goes on from where it was. A gap in any chain stops it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update

from bus.chains import Heads
from bus.log import Logged
from bus.submission import Head
from contracts.catalogue import entry_of
from contracts.envelope import Stamp
from contracts.errors import BarnabusError, Refused
from projections import counts, rows
from projections.readmodel import HEADS, META, PARKED, PROGRESS, SIGNED, ReadModel, version_of
from projections.rows import KEYS_AT_ONCE, Rows
from projections.snapshot import READ_LIMIT_S, snapshot
from projections.view import of_this_version

CHUNK_ENTRIES = 500
"""So many entries at most are folded in one transaction while people read."""
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a view is. `digests` say what each model has come to, whatever the order in which rows were written."""

    position: int
    logged_at: str | None
    digests: Mapping[str, str]
    rows: Mapping[str, int]
    parked: int
    seen: str
    """A digest of every entry up to there, as it was when its signatures were verified."""


class Projector:
    """One writer for a view. Raises `projections.stale` if it was built by another version of a fold."""

    def __init__(self, engine: Engine, models: Sequence[ReadModel]) -> None:
        self._engine = engine
        self._rows = [Rows(model) for model in models]
        with engine.begin() as connection:
            of_this_version(connection)
            self._heads = _heads(connection)
            self._seen = connection.execute(select(PROGRESS.c.seen)).scalar() or _NO_DIGEST
            self._held_up = set(connection.execute(select(PARKED.c.case_ref).distinct()).scalars())
            known = {row.model: row.version for row in connection.execute(select(META.c.model, META.c.version))}
            for model in models:
                if known.setdefault(model.name, version_of(model)) != version_of(model):
                    raise BarnabusError("projections.stale", detail=f"{model.name}: version {known[model.name]}.")
            fresh = [model for model in models if not _has(connection, model)]
            for model in fresh:
                if self._heads.position:
                    raise BarnabusError("projections.stale", detail=f"{model.name} is not in this view.")
                row = {"model": model.name, "version": version_of(model), "digest": _NO_DIGEST, "row_count": 0}
                connection.execute(insert(META).values(row))

    @property
    def position(self) -> int:
        return self._heads.position

    @property
    def seen(self) -> str:
        return self._seen

    async def catch_up(self, entries: AsyncIterator[Logged], *, chunk_entries: int = CHUNK_ENTRIES) -> None:
        """Fold these, which follow on from where the view is. Raises `projections.gap`, naming it; then it stands."""
        chunk = list[Logged]()
        async for logged in entries:
            chunk.append(logged)
            if len(chunk) == chunk_entries:
                self.apply(chunk)
                chunk = []
        if chunk:
            self.apply(chunk)

    def apply(self, chunk: Sequence[Logged]) -> None:
        """Fold these entries, all or none of them. Raises `projections.gap`."""
        before = Heads(self._heads.position, dict(self._heads.heads), dict(self._heads.receipted))
        held_up, seen = set(self._held_up), self._seen
        try:
            with self._engine.begin() as connection:
                foldable = [logged for logged in chunk if self._follows(connection, logged)]
                for of_model in self._rows:
                    of_model.fold(connection, foldable)
                self._note(connection, chunk[-1].stamp, before)
        except BaseException:  # the transaction is rolled back, and so is what is in memory
            self._heads, self._held_up, self._seen = before, held_up, seen
            for of_model in self._rows:
                of_model.forget()
            raise

    def _follows(self, connection: Connection, logged: Logged) -> bool:
        """Take one entry into the chains. Can it be folded? What is not known here is parked, with its case."""
        record, position = logged.record, logged.stamp.position
        try:
            if position != self._heads.position + 1:
                raise BarnabusError("chain.gap", field="position")
            self._heads.check(record, logged.receipt)
        except BarnabusError as error:
            detail = f"Position {position}, {record.sender}'s number {record.number}: {error.code} at {error.field}."
            raise BarnabusError("projections.gap", detail=detail) from None
        self._heads.apply(position, record, logged.digest)
        self._seen = sha256((self._seen + logged.evidence).encode()).hexdigest()
        try:
            entry_of(record.type, record.version)
        except Refused as error:
            self._park(connection, logged, error.code)
            return False
        if record.subject in self._held_up:
            self._park(connection, logged, "case.held-up")
            return False
        return True

    def _park(self, connection: Connection, logged: Logged, reason: str) -> None:
        record = logged.record
        row = {"position": logged.stamp.position, "case_ref": record.subject, "type": record.type, "reason": reason}
        connection.execute(insert(PARKED).values(row))
        self._held_up.add(record.subject)

    def _note(self, connection: Connection, last: Stamp, before: Heads) -> None:
        """Where everything ends now."""
        moved = {name: head for name, head in self._heads.heads.items() if head != before.heads.get(name)}
        _put(connection, HEADS, "chain", {n: {"number": h.number, "digest": h.digest} for n, h in moved.items()})
        signed = {link: n for link, n in self._heads.receipted.items() if n != before.receipted.get(link)}
        _put(connection, SIGNED, "link", {link: {"number": number} for link, number in signed.items()})
        values = {"position": last.position, "logged_at": last.logged_at.isoformat(), "seen": self._seen}
        if not before.position:
            connection.execute(insert(PROGRESS).values(one=1, **values))
            return
        moved_on = update(PROGRESS).where(PROGRESS.c.position == before.position).values(values)
        if connection.execute(moved_on).rowcount != 1:
            raise BarnabusError("home.in-use", detail="Somebody else has folded into this view.")


def progress(
    engine: Engine, *, tallies: bool = False, rows_of: Sequence[ReadModel] = (), limit_s: float = READ_LIMIT_S
) -> Progress:
    """How far a view is, as one reader sees it; on demand with the digest of its tallies, all of which are read.

    A model's digest is the one that was kept while folding; for `rows_of` it is that of the rows themselves, each of
    which is read. Raises `projections.stale`.
    """
    with snapshot(engine, limit_s) as connection:
        of_this_version(connection)
        row = connection.execute(select(PROGRESS.c.position, PROGRESS.c.logged_at, PROGRESS.c.seen)).first()
        meta = list(connection.execute(select(META.c.model, META.c.digest, META.c.row_count)))
        parked = connection.execute(select(func.count()).select_from(PARKED)).scalar_one()
        counted = {"tallies": counts.digest(connection)} if tallies else {}
        stand = {model.name: rows.digest(connection, model) for model in rows_of}
    return Progress(
        position=row.position if row else 0,
        logged_at=row.logged_at if row else None,
        digests={one.model: one.digest for one in meta} | counted | stand,
        rows={one.model: one.row_count for one in meta},
        parked=parked,
        seen=row.seen if row else _NO_DIGEST,
    )


def _heads(connection: Connection) -> Heads:
    position = connection.execute(select(PROGRESS.c.position)).scalar() or 0
    heads = {row.chain: Head(row.number, row.digest) for row in connection.execute(select(HEADS))}
    return Heads(position, heads, {row.link: row.number for row in connection.execute(select(SIGNED))})


def _has(connection: Connection, model: ReadModel) -> bool:
    return connection.execute(select(META.c.model).where(META.c.model == model.name)).first() is not None


def _put(connection: Connection, table: Table, key: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """These rows, in place of those that stand under their keys."""
    names = list(rows)
    for start in range(0, len(names), KEYS_AT_ONCE):
        some = names[start : start + KEYS_AT_ONCE]
        connection.execute(delete(table).where(table.c[key].in_(some)))
        connection.execute(insert(table), [{key: name, **rows[name]} for name in some])


def differences(one: Progress, other: Progress) -> Iterable[str]:
    """The models that have come to something else."""
    return sorted(name for name in {*one.digests, *other.digests} if one.digests.get(name) != other.digests.get(name))
