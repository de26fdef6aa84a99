"""A store in SQLite: one file with a write-ahead log, flushed to the disk at every commit, as the library sets it."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import structlog
from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import (
    SQLiteApplicationRecorder,
    SQLiteConnection,
    SQLiteConnectionPool,
    SQLiteCursor,
    SQLiteDatastore,
)

from bus import node
from bus.store import TABLES, Statement, Store

_log = structlog.get_logger()


class _Connections(SQLiteConnectionPool):
    """What is deleted or overwritten is overwritten in the file too: SQLite would keep the bytes in free pages."""

    def _create_connection(self) -> SQLiteConnection:
        connection = super()._create_connection()
        with connection.cursor() as c:
            c.execute("PRAGMA secure_delete=ON")
        return connection


class _Datastore(SQLiteDatastore):
    def __init__(self, path: Path) -> None:
        super().__init__(str(path))
        self.pool = _Connections(db_name=str(path))


class SQLiteStore(SQLiteApplicationRecorder, Store):
    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self._reading: SQLiteConnection | None = None
        self._held = ExitStack()

    @classmethod
    def at(cls, path: Path, alone: str | None) -> Self:
        """The store in this file; a lock file beside it keeps a second holder out. Raises `home.in-use`."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with ExitStack() as opening:
            if alone:
                opening.enter_context(node.locked(path.with_suffix(".lock"), alone))
            store = cls(_Datastore(path))
            opening.callback(store.datastore.close)
            store.create_table()
            if alone:
                store.settle()  # a crash may have come between
            store._held = opening.pop_all()
        return store

    def construct_create_table_statements(self) -> list[str]:
        return [*super().construct_create_table_statements(), *TABLES]

    def _insert_events(
        self, c: SQLiteCursor, stored_events: Sequence[StoredEvent], *, also: Sequence[Statement] = (), **kwargs: Any
    ) -> Sequence[int] | None:
        returning = super()._insert_events(c, stored_events, **kwargs)
        for statement in also:
            c.execute(statement.sql, statement.params)
        return returning

    def write(self, *statements: Statement) -> None:
        with self.datastore.transaction(commit=True) as c:
            for statement in statements:
                c.execute(statement.sql, statement.params)

    def settle(self) -> None:
        """SQLite keeps what was there before in its write-ahead log until all of that is in the file."""
        with self.datastore.get_connection(commit=True) as connection, connection.cursor() as c:
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            if c.fetchone()[0]:  # somebody reads what was there before: the next time, or when it is opened again
                _log.warning("store.not-settled", hint="What was erased is in the write-ahead log until it is opened.")

    def read(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """On a connection kept for reading: it is no transaction to end."""
        if self._reading is None:
            self._reading = self.datastore.pool.get_connection(is_writer=False)
        cursor = self._reading.cursor()
        with cursor:
            cursor.execute(sql, params)
            return [dict(row) for row in cursor.fetchall()]

    def close(self) -> None:
        if self._reading is not None:
            self.datastore.pool.put_connection(self._reading)
            self._reading = None
        self._held.close()
