"""A store in PostgreSQL: a schema of its own for each agency, with the tables and statements that SQLite has."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from typing import Any, Self

import psycopg
import structlog
from eventsourcing.persistence import ApplicationRecorder, StoredEvent, Subscription
from eventsourcing.postgres import PostgresApplicationRecorder
from psycopg.rows import DictRow
from psycopg.sql import SQL, Identifier

from bus.postgres import Datastore, lock_number
from bus.settings import Database
from bus.store import TABLES, Statement, Store
from contracts.errors import BarnabusError

_TYPES = {"BLOB": "BYTEA", "INTEGER": "BIGINT", "TEXT": 'TEXT COLLATE "C"'}
"""SQLite's types in PostgreSQL's words: numbers of 64 bits, and text in the order of its bytes."""
_log = structlog.get_logger()


class PostgresStore(PostgresApplicationRecorder, Store):
    """Events get their numbers under the library's lock on their table, so they are seen in the order of their numbers:
    the relay that has looked up to one never misses a lower one."""

    datastore: Datastore

    @classmethod
    def at(cls, place: Database, alone: str | None) -> Self:
        """Connects, takes the lock if it is to be held alone, and makes schema and tables if they are missing."""
        datastore = Datastore(place, alone)
        try:
            store = cls(datastore)
            store.create_table()
        except BaseException:
            datastore.close()
            raise
        return store

    def create_table(self) -> None:
        """In one transaction and one at a time: PostgreSQL's IF NOT EXISTS does not hold against somebody else's."""
        schema = self.datastore.schema
        with self.datastore.transaction(commit=True) as c:
            c.execute("SELECT pg_advisory_xact_lock(%s)", (lock_number("tables", schema),))
            if not c.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", (schema,)).fetchone():
                c.execute(SQL("CREATE SCHEMA {}").format(Identifier(schema)))
            found = c.execute("SELECT relname FROM pg_class WHERE relnamespace = to_regnamespace(%s)", (schema,))
            made = {row["relname"] for row in found}
            if self.events_table_name not in made:
                for statement in self.sql_create_statements:
                    c.execute(statement)
            for table in TABLES:
                if table.split()[5] not in made:  # … IF NOT EXISTS name: even that would lock what is there
                    c.execute(_ours(table))
        self.datastore.register_type_adapters()

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, also: Sequence[Statement] = (), **kwargs: Any
    ) -> Sequence[int] | None:
        """The library's own would commit what is written beside events that could not be sent at all; this does not.

        Events first: everybody who writes takes the lock on their table before any row.
        """
        with self._at_once() as (connection, pipeline), connection.cursor() as c:
            if stored_events:
                self._insert_stored_events(c, stored_events, **kwargs)
            _execute(connection, also)
            pipeline.sync()
            return self._fetch_ids_after_insert_events(c, stored_events, **kwargs) if stored_events else []

    def write(self, *statements: Statement) -> None:
        with self._at_once() as (connection, _):
            _execute(connection, statements)

    @contextmanager
    def _at_once(self) -> Iterator[tuple[psycopg.Connection[DictRow], psycopg.Pipeline]]:
        """A transaction whose statements are all on their way before the first is answered."""
        with self.datastore.get_connection() as connection, connection.pipeline() as pipeline, connection.transaction():
            yield connection, pipeline

    def settle(self) -> None:
        """What was deleted stays in its table's file until the table is written anew; of the keys that is done at once.

        The items are unreadable without them. The server's write-ahead log and its backups are out of reach here.
        """
        try:
            with self.datastore.cursor() as c:
                c.execute("VACUUM (FULL) vault_keys")
                c.execute("VACUUM vault_items")
                c.execute("VACUUM outbox")
                c.execute("VACUUM inbox")
        except BarnabusError as error:  # erased it is
            _log.warning("store.not-vacuumed", code=error.code, hint="Run VACUUM FULL on the store's vault_keys.")

    def read(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        with self.datastore.cursor() as c:
            return c.execute(_placed(sql), params).fetchall()

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Not to be had, as in SQLite: the library looks first and listens then, and misses what comes in between."""
        raise NotImplementedError

    def close(self) -> None:
        self.datastore.close()


def _execute(connection: psycopg.Connection[DictRow], statements: Sequence[Statement]) -> None:
    for statement in statements:
        connection.execute(_placed(statement.sql), statement.params)


@cache
def _placed(sql: str) -> str:
    """A statement as psycopg wants it."""
    return sql.replace("%", "%%").replace("?", "%s")


def _ours(table: str) -> str:
    return re.sub(r"\b(BLOB|INTEGER|TEXT)\b", lambda found: _TYPES[found[0]], table)
