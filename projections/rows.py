"""The rows of one read model, as one writer changes them: each is read once and written once a chunk.

What was in hand lately is kept in memory, since a row that has changed is about to change again. The digest of all
rows is a sum of theirs, so each changed row is taken out of it and put in, in whatever order.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import msgspec
from sqlalchemy import Connection, bindparam, insert, select, update

from bus.log import Logged
from projections import counts
from projections.readmodel import META, ReadModel, State

KEYS_AT_ONCE = 400
"""So many rows at most are asked for in one statement: SQLite's limit on parameters is near."""
KEPT_ROWS = 5_000
"""So many rows at most stay in memory from one chunk to the next."""
_SORTED = msgspec.json.Encoder(order="sorted")


@dataclass(slots=True)
class Rows:
    model: ReadModel
    _kept: dict[str, tuple[State, int]] = field(default_factory=dict)  # by key: a row's state and its digest

    def fold(self, connection: Connection, chunk: Sequence[Logged]) -> None:
        """Take these entries into their rows. Whatever it raises, what is in memory has to be forgotten."""
        concerned = [(key, logged) for logged in chunk for key in self.model.keys(logged)]
        before = self._read(connection, dict.fromkeys(key for key, _ in concerned))
        after = {key: state for key, (state, _) in before.items()}
        for key, logged in concerned:
            after[key] = self.model.fold(key, after.get(key), logged)
        now = {key: (state, _digest(self.model.name, key, state)) for key, state in after.items()}
        self._write(connection, before, after)
        self._count(connection, before, now)
        counts.move(connection, self.model, {key: state for key, (state, _) in before.items()}, after)
        self._keep(now)

    def forget(self) -> None:
        self._kept.clear()

    def _read(self, connection: Connection, keys: Mapping[str, None]) -> dict[str, tuple[State, int]]:
        found = {key: self._kept[key] for key in keys if key in self._kept}
        unknown, table = [key for key in keys if key not in found], self.model.table
        for start in range(0, len(unknown), KEYS_AT_ONCE):
            some = unknown[start : start + KEYS_AT_ONCE]
            for row in connection.execute(select(table.c.key, table.c.state).where(table.c.key.in_(some))):
                found[row.key] = row.state, _digest(self.model.name, row.key, row.state)
        return found

    def _write(
        self, connection: Connection, before: Mapping[str, tuple[State, int]], after: Mapping[str, State]
    ) -> None:
        table = self.model.table
        rows = {key: {"state": state, **self.model.columns(state)} for key, state in after.items()}
        new = [{"key": key, **row} for key, row in rows.items() if key not in before]
        changed = [{"_key": key, **row} for key, row in rows.items() if key in before]
        if new:
            connection.execute(insert(table), new)
        if changed:
            connection.execute(update(table).where(table.c.key == bindparam("_key")), changed)

    def _count(
        self,
        connection: Connection,
        before: Mapping[str, tuple[State, int]],
        after: Mapping[str, tuple[State, int]],
    ) -> None:
        if not after:
            return
        row = connection.execute(select(META.c.digest, META.c.row_count).where(META.c.model == self.model.name)).one()
        total = int(row.digest, 16) + _sum(after) - _sum(before)
        values = {"digest": f"{total % 2**256:064x}", "row_count": row.row_count + len(after) - len(before)}
        connection.execute(update(META).where(META.c.model == self.model.name).values(values))

    def _keep(self, now: Mapping[str, tuple[State, int]]) -> None:
        for key, row in now.items():
            self._kept.pop(key, None)  # the latest stands last
            self._kept[key] = row
        for key in list(self._kept)[: max(len(self._kept) - KEPT_ROWS, 0)]:
            del self._kept[key]


def digest(connection: Connection, model: ReadModel) -> str:
    """Of all rows as they stand in the table; one that shows something else than its state says counts for nothing."""
    total = 0
    for row in connection.execute(select(model.table), execution_options={"yield_per": KEYS_AT_ONCE}).mappings():
        if all(row[name] == value for name, value in model.columns(row["state"]).items()):
            total += _digest(model.name, row["key"], row["state"])
    return f"{total % 2**256:064x}"


def _sum(rows: Mapping[str, tuple[State, int]]) -> int:
    return sum(digest for _, digest in rows.values())


def _digest(name: str, key: str, state: State) -> int:
    """Sorted, because a database may give the fields of an object back in another order."""
    return int.from_bytes(sha256(_SORTED.encode((name, key, state))).digest(), "big")
