"""The one engine that runs, rebuilds and verifies every read model.

Entries are folded in chunks; what rows have come to, how far that is and where all chains end is written in one
transaction, so a view that was cut off anywhere goes on from where it was. A gap in any chain stops it.
"""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Engine, Table, delete, func, insert, select, update

from bus import seal
from bus.chains import Heads, changed, signed
from bus.log import Logged
from bus.submission import Head
from contracts.catalogue import entry_of
from contracts.errors import BarnabusError, Refused
from projections import counts
from projections.readmodel import HEADS, META, PARKED, PROGRESS, SIGNED, ReadModel, State
from projections.view import snapshot

CHUNK_ENTRIES = 500
"""So many entries at most are folded in one transaction."""
KEYS_AT_ONCE = 400
"""So many rows at most are asked for in one statement: SQLite's limit on parameters is near."""
_NO_DIGEST = "0" * 64


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a view is. `digests` say what each model has come to, whatever the order in which rows were written."""

    position: int
    logged_at: str | None
    digests: Mapping[str, str]
    rows: Mapping[str, int]
    parked: int


class Projector:
    """One writer for a view. Raises `projections.stale` if it was built by another version of a fold."""

    def __init__(self, engine: Engine, models: Sequence[ReadModel]) -> None:
        self._engine = engine
        self._models = models
        self._links = set[str]()  # whose receipts the chunk in hand moves on
        with engine.begin() as connection:
            self._heads = _heads(connection)
            self._held_up = set(connection.execute(select(PARKED.c.case_ref).distinct()).scalars())
            known = {row.model: row.version for row in connection.execute(select(META.c.model, META.c.version))}
            for model in models:
                if known.setdefault(model.name, model.version) != model.version:
                    raise BarnabusError("projections.stale", detail=f"{model.name}: version {known[model.name]}.")
            fresh = [model for model in models if not _has(connection, model)]
            for model in fresh:
                if self._heads.position:
                    raise BarnabusError("projections.stale", detail=f"{model.name} is not in this view.")
                row = {"model": model.name, "version": model.version, "digest": _NO_DIGEST, "row_count": 0}
                connection.execute(insert(META).values(row))

    @property
    def position(self) -> int:
        return self._heads.position

    async def catch_up(self, entries: AsyncIterator[Logged]) -> None:
        """Fold these, which follow on from where the view is. Raises `projections.gap`, naming it; then it stands."""
        chunk = list[Logged]()
        async for logged in entries:
            chunk.append(logged)
            if len(chunk) == CHUNK_ENTRIES:
                self.apply(chunk)
                chunk = []
        if chunk:
            self.apply(chunk)

    def apply(self, chunk: Sequence[Logged]) -> None:
        """Fold these entries, all or none of them. Raises `projections.gap`."""
        with self._engine.begin() as connection:
            before = Heads(self._heads.position, dict(self._heads.heads), dict(self._heads.receipted))
            held_up = set(self._held_up)
            self._links.clear()
            try:
                foldable = [logged for logged in chunk if self._follows(connection, logged)]
                for model in self._models:
                    _fold(connection, model, foldable)
                self._note(connection, chunk)
            except BaseException:
                self._heads, self._held_up = before, held_up
                raise

    def _follows(self, connection: Connection, logged: Logged) -> bool:
        """Take one entry into the chains. Can it be folded? What is not known here is parked, with its case."""
        record, position = logged.record, logged.stamp.position
        try:
            if position != self._heads.position + 1:
                raise BarnabusError("chain.gap", field="position")
            self._heads.check(record)
        except BarnabusError as error:
            detail = f"Position {position}, {record.sender}'s number {record.number}: {error.code} at {error.field}."
            raise BarnabusError("projections.gap", detail=detail) from None
        self._links |= signed(record, self._heads.receipted).keys()
        self._heads.apply(position, record, logged.digest)
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

    def _note(self, connection: Connection, chunk: Sequence[Logged]) -> None:
        """Where everything ends now."""
        moved = {name: head for logged in chunk for name, head in changed(logged.record, logged.digest)}
        _put(connection, HEADS, "chain", {n: {"number": h.number, "digest": h.digest} for n, h in moved.items()})
        _put(connection, SIGNED, "link", {link: {"number": self._heads.receipted[link]} for link in self._links})
        last = chunk[-1].stamp
        there = connection.execute(select(PROGRESS.c.position)).scalar()
        values = {"position": last.position, "logged_at": last.logged_at.isoformat()}
        if there is None:
            connection.execute(insert(PROGRESS).values(one=1, **values))
        else:
            connection.execute(update(PROGRESS).values(values))


def check_versions(engine: Engine, models: Sequence[ReadModel]) -> None:
    """For who reads a view. Raises `projections.stale` if another version of a fold has built it."""
    with engine.connect() as connection:
        known = {row.model: row.version for row in connection.execute(select(META.c.model, META.c.version))}
    for model in models:
        if known.get(model.name, model.version) != model.version:
            raise BarnabusError("projections.stale", detail=f"{model.name}: version {known[model.name]}.")


def progress(engine: Engine, *, tallies: bool = False) -> Progress:
    """How far a view is, as one reader sees it; on demand with the digest of its tallies, all of which are read."""
    with snapshot(engine) as connection:
        row = connection.execute(select(PROGRESS.c.position, PROGRESS.c.logged_at)).first()
        meta = list(connection.execute(select(META.c.model, META.c.digest, META.c.row_count)))
        parked = connection.execute(select(func.count()).select_from(PARKED)).scalar_one()
        counted = {"tallies": counts.digest(connection)} if tallies else {}
    return Progress(
        position=row.position if row else 0,
        logged_at=row.logged_at if row else None,
        digests={one.model: one.digest for one in meta} | counted,
        rows={one.model: one.row_count for one in meta},
        parked=parked,
    )


def _heads(connection: Connection) -> Heads:
    position = connection.execute(select(PROGRESS.c.position)).scalar() or 0
    heads = {row.chain: Head(row.number, row.digest) for row in connection.execute(select(HEADS))}
    return Heads(position, heads, {row.link: row.number for row in connection.execute(select(SIGNED))})


def _has(connection: Connection, model: ReadModel) -> bool:
    return connection.execute(select(META.c.model).where(META.c.model == model.name)).first() is not None


def _fold(connection: Connection, model: ReadModel, chunk: Sequence[Logged]) -> None:
    concerned = [(key, logged) for logged in chunk for key in model.keys(logged)]
    keys = list(dict.fromkeys(key for key, _ in concerned))
    before = _states(connection, model.table, keys)
    after = dict[str, State](before)
    for key, logged in concerned:
        after[key] = model.fold(key, after.get(key), logged)
    rows = {key: {"state": state, **model.columns(state)} for key, state in after.items()}
    _put(connection, model.table, "key", rows)
    _count(connection, model, before, after)
    counts.move(connection, model, before, after)


def _states(connection: Connection, table: Table, keys: Sequence[str]) -> dict[str, State]:
    found = dict[str, State]()
    for start in range(0, len(keys), KEYS_AT_ONCE):
        asked = select(table.c.key, table.c.state).where(table.c.key.in_(keys[start : start + KEYS_AT_ONCE]))
        found |= {row.key: row.state for row in connection.execute(asked)}
    return found


def _put(connection: Connection, table: Table, key: str, rows: Mapping[str, Mapping[str, Any]]) -> None:
    """These rows, in place of those that stand under their keys."""
    names = list(rows)
    for start in range(0, len(names), KEYS_AT_ONCE):
        some = names[start : start + KEYS_AT_ONCE]
        connection.execute(delete(table).where(table.c[key].in_(some)))
        connection.execute(insert(table), [{key: name, **rows[name]} for name in some])


def _count(connection: Connection, model: ReadModel, before: Mapping[str, State], after: Mapping[str, State]) -> None:
    """The digest of all rows: a sum, so each changed row is taken out and put in, in whatever order."""
    if not after:
        return
    row = connection.execute(select(META.c.digest, META.c.row_count).where(META.c.model == model.name)).one()
    total = int(row.digest, 16) + _sum(model, after) - _sum(model, before)
    values = {"digest": f"{total % 2**256:064x}", "row_count": row.row_count + len(after) - len(before)}
    connection.execute(update(META).where(META.c.model == model.name).values(values))


def _sum(model: ReadModel, states: Mapping[str, State]) -> int:
    return sum(_row(model.name, key, state) for key, state in states.items())


def _row(name: str, key: str, state: State) -> int:
    return int.from_bytes(sha256(seal.dump([name, key, _sorted(state)])).digest(), "big")


def _sorted(value: Any) -> Any:
    """A database may give the fields of an object back in another order."""
    if isinstance(value, Mapping):
        return {name: _sorted(value[name]) for name in sorted(value)}
    return [_sorted(one) for one in value] if isinstance(value, list) else value


def differences(one: Progress, other: Progress) -> Iterable[str]:
    """The models that have come to something else."""
    return sorted(name for name in {*one.digests, *other.digests} if one.digests.get(name) != other.digests.get(name))
