"""An agency's own store: one file that holds its events, its vault, its outbox and its inbox.

What belongs together is saved together: `app.save(aggregate, also=[…])` writes rows of the other tables in the
transaction of the events, or nothing at all.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from eventsourcing.persistence import StoredEvent
from eventsourcing.sqlite import SQLiteApplicationRecorder, SQLiteConnection, SQLiteCursor, SQLiteDatastore

TABLES = (
    "CREATE TABLE IF NOT EXISTS commands ("
    "id TEXT PRIMARY KEY, digest TEXT NOT NULL, handoff_id TEXT NOT NULL, case_ref TEXT NOT NULL, "
    "recorded_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS vault_keys (person TEXT PRIMARY KEY, wrapped BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS vault_items ("
    "id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES vault_keys(person), sealed BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS outbox ("
    "number INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, notification_id INTEGER, "
    "submission BLOB NOT NULL, record_digest TEXT NOT NULL, stamp TEXT)",
    "CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (number) WHERE stamp IS NULL",
    "CREATE INDEX IF NOT EXISTS outbox_notification ON outbox (notification_id)",
    "CREATE TABLE IF NOT EXISTS outbox_letters ("
    "recipient TEXT NOT NULL, number INTEGER NOT NULL, outbox_number INTEGER NOT NULL, sealed TEXT NOT NULL, "
    "received_at TEXT, opened INTEGER, PRIMARY KEY (recipient, number))",
    "CREATE TABLE IF NOT EXISTS outbox_adopted (number INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS receipts ("
    "recipient TEXT NOT NULL, position INTEGER NOT NULL, record TEXT NOT NULL, signature TEXT NOT NULL, "
    "stamp TEXT NOT NULL, PRIMARY KEY (recipient, position))",
    "CREATE TABLE IF NOT EXISTS inbox ("
    "sender TEXT NOT NULL, number INTEGER NOT NULL, record_id TEXT NOT NULL, case_ref TEXT NOT NULL, type TEXT, "
    "position INTEGER NOT NULL, logged_at TEXT NOT NULL, received_at TEXT NOT NULL, sealed_digest TEXT NOT NULL, "
    "state TEXT NOT NULL, reason TEXT, vault_item TEXT, jwe TEXT, postmark TEXT NOT NULL, "
    "after_gap INTEGER NOT NULL, opened INTEGER NOT NULL, receipted INTEGER NOT NULL DEFAULT 0, "
    "PRIMARY KEY (sender, number))",
    "CREATE INDEX IF NOT EXISTS inbox_case ON inbox (case_ref)",
    "CREATE INDEX IF NOT EXISTS inbox_unreceipted ON inbox (receipted, sender, number)",
)


class Statement(NamedTuple):
    """One write to a table beside the events. Always parameters, never values in the text."""

    sql: str
    params: tuple[Any, ...]


class SQLiteStore(SQLiteApplicationRecorder):
    """The event store of the library, with our tables beside its own."""

    def __init__(self, datastore: SQLiteDatastore, events_table_name: str = "stored_events") -> None:
        super().__init__(datastore, events_table_name)
        self._reading: SQLiteConnection | None = None

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
        """All of these or none."""
        with self.datastore.transaction(commit=True) as c:
            for statement in statements:
                c.execute(statement.sql, statement.params)

    def erase(self, *statements: Statement) -> None:
        """Deletions that leave nothing behind: SQLite would keep the bytes in free pages and in its write-ahead log."""
        with self.datastore.get_connection(commit=True) as connection:
            with connection.cursor() as c:
                c.execute("PRAGMA secure_delete=ON")
            with connection.transaction(commit=True) as c:
                for statement in statements:
                    c.execute(statement.sql, statement.params)
            with connection.cursor() as c:
                c.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def read(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """One statement on a connection kept for reading: it sees what is committed, and is no transaction to end."""
        if self._reading is None:
            self._reading = self.datastore.pool.get_connection(is_writer=False)
        cursor = self._reading.cursor()
        with cursor:
            cursor.execute(sql, params)
            return [dict(row) for row in cursor.fetchall()]

    def close(self) -> None:
        """Give the reading connection back; the library closes them all."""
        if self._reading is not None:
            self.datastore.pool.put_connection(self._reading)
            self._reading = None
