"""An agency's own store: its events, its vault, its outbox and its inbox, in SQLite or in PostgreSQL.

What belongs together is saved together: `app.save(aggregate, also=[…])` writes rows of the other tables in the
transaction of the events, or nothing at all. Tables and statements are written once, in SQLite's words; PostgreSQL's
are made from them in `bus/postgres_store.py`.
"""

from abc import abstractmethod
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from eventsourcing.persistence import ApplicationRecorder

from bus.settings import Database
from contracts.errors import BarnabusError

TABLES = (
    "CREATE TABLE IF NOT EXISTS commands ("
    "id TEXT PRIMARY KEY, digest TEXT NOT NULL, aggregate_id TEXT NOT NULL, case_ref TEXT NOT NULL, "
    "recorded_at TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS case_parts (id TEXT PRIMARY KEY, case_ref TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS case_parts_case ON case_parts (case_ref)",
    "CREATE TABLE IF NOT EXISTS bypasses ("
    "fact_id TEXT PRIMARY KEY, id TEXT NOT NULL, case_ref TEXT NOT NULL, conflicted TEXT NOT NULL, office TEXT, "
    "invoked_by TEXT NOT NULL, alternate TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS bypasses_lifted (fact_id TEXT PRIMARY KEY, id TEXT NOT NULL, case_ref TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS bypasses_case ON bypasses (case_ref)",
    "CREATE TABLE IF NOT EXISTS case_links ("
    "fact_id TEXT PRIMARY KEY, case_ref TEXT NOT NULL, other TEXT NOT NULL, reason TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS files ("
    "mark TEXT NOT NULL, case_ref TEXT NOT NULL, vault_item TEXT NOT NULL, PRIMARY KEY (mark, case_ref))",
    "CREATE TABLE IF NOT EXISTS vault_keys (person TEXT PRIMARY KEY, wrapped BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS vault_items ("
    "id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES vault_keys(person), sealed BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS outbox ("
    "number INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, notification_id INTEGER, "
    "submission BLOB NOT NULL, record_digest TEXT NOT NULL, stamp TEXT)",
    "CREATE INDEX IF NOT EXISTS outbox_waiting ON outbox (number) WHERE stamp IS NULL",
    "CREATE INDEX IF NOT EXISTS outbox_notification ON outbox (notification_id)",
    "CREATE TABLE IF NOT EXISTS outbox_aside ("
    "notification_id INTEGER PRIMARY KEY, record_id TEXT NOT NULL, type TEXT NOT NULL, case_ref TEXT NOT NULL, "
    "code TEXT NOT NULL, since TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS outbox_aside_case ON outbox_aside (case_ref)",
    "CREATE TABLE IF NOT EXISTS outbox_left_out ("
    "record_id TEXT NOT NULL, case_ref TEXT NOT NULL, agency TEXT NOT NULL, PRIMARY KEY (record_id, agency))",
    "CREATE INDEX IF NOT EXISTS outbox_left_out_case ON outbox_left_out (case_ref)",
    "CREATE TABLE IF NOT EXISTS outbox_letters ("
    "recipient TEXT NOT NULL, number INTEGER NOT NULL, outbox_number INTEGER NOT NULL, sealed TEXT NOT NULL, "
    "received_at TEXT, opened INTEGER, PRIMARY KEY (recipient, number))",
    "CREATE INDEX IF NOT EXISTS outbox_letters_unopened ON outbox_letters (outbox_number) WHERE opened = 0",
    "CREATE TABLE IF NOT EXISTS said_again ("
    "lost_id TEXT NOT NULL, recipient TEXT NOT NULL, by_id TEXT, PRIMARY KEY (lost_id, recipient))",
    "CREATE TABLE IF NOT EXISTS directory_noted (one INTEGER PRIMARY KEY CHECK (one = 1), digest TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS outbox_adopted (number INTEGER PRIMARY KEY, record_id TEXT NOT NULL UNIQUE)",
    "CREATE TABLE IF NOT EXISTS outbox_emptied (number INTEGER PRIMARY KEY)",
    # whose content was erased, by a digest under the vault's key; and cases of which nothing may be
    "CREATE TABLE IF NOT EXISTS erased (mark TEXT PRIMARY KEY)",
    "CREATE TABLE IF NOT EXISTS holds (case_ref TEXT PRIMARY KEY, since TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS receipts ("
    "recipient TEXT NOT NULL, position INTEGER NOT NULL, record TEXT NOT NULL, signature TEXT NOT NULL, "
    "stamp TEXT NOT NULL, PRIMARY KEY (recipient, position))",
    "CREATE TABLE IF NOT EXISTS inbox ("
    "sender TEXT NOT NULL, number INTEGER NOT NULL, record_id TEXT NOT NULL, case_ref TEXT NOT NULL, type TEXT, "
    "position INTEGER NOT NULL, logged_at TEXT NOT NULL, received_at TEXT NOT NULL, sealed_digest TEXT NOT NULL, "
    "state TEXT NOT NULL, reason TEXT, vault_item TEXT, jwe TEXT, postmark TEXT NOT NULL, "
    "after_gap INTEGER NOT NULL, opened INTEGER NOT NULL, receipted INTEGER NOT NULL DEFAULT 0, "
    "PRIMARY KEY (sender, number))",
    "CREATE TABLE IF NOT EXISTS inbox_awaits ("
    "sender TEXT NOT NULL, of_id TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (sender, of_id, number))",
    "CREATE INDEX IF NOT EXISTS inbox_case ON inbox (case_ref)",
    "CREATE INDEX IF NOT EXISTS inbox_record ON inbox (record_id)",
    "CREATE INDEX IF NOT EXISTS inbox_unreceipted ON inbox (receipted, sender, number)",
    # what the agency's own systems are told, and who they are
    "CREATE TABLE IF NOT EXISTS feed ("
    "number INTEGER PRIMARY KEY, id TEXT NOT NULL, type TEXT NOT NULL, sender TEXT, letter INTEGER, void TEXT)",
    "CREATE TABLE IF NOT EXISTS systems ("
    "name TEXT PRIMARY KEY, digest TEXT NOT NULL, sends TEXT NOT NULL, hears TEXT NOT NULL, added_at TEXT NOT NULL, "
    "url TEXT, secret_file TEXT, ca_file TEXT, told INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS webhook_tries ("
    "system TEXT NOT NULL, number INTEGER NOT NULL, id TEXT NOT NULL, state TEXT NOT NULL, tries INTEGER NOT NULL, "
    "next_at TEXT NOT NULL, error TEXT, PRIMARY KEY (system, number))",
    # the keeper's alone
    "CREATE TABLE IF NOT EXISTS keeper_progress ("
    "id INTEGER PRIMARY KEY, protocol TEXT NOT NULL, position INTEGER NOT NULL, since INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS keeper_agenda (case_ref TEXT PRIMARY KEY, next_at TEXT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS keeper_agenda_next ON keeper_agenda (next_at)",
    "CREATE TABLE IF NOT EXISTS keeper_unchecked (case_ref TEXT PRIMARY KEY, after INTEGER NOT NULL)",
    "CREATE TABLE IF NOT EXISTS keeper_owed ("
    "duty_id TEXT PRIMARY KEY, case_ref TEXT NOT NULL, rule TEXT NOT NULL, agency TEXT NOT NULL, state TEXT NOT NULL, "
    "expected_by TEXT)",
    "CREATE INDEX IF NOT EXISTS keeper_owed_case ON keeper_owed (case_ref)",
    "CREATE TABLE IF NOT EXISTS alarms ("
    "id TEXT PRIMARY KEY, duty_id TEXT NOT NULL, kind TEXT NOT NULL, agency TEXT NOT NULL, way TEXT NOT NULL, "
    "created_at TEXT NOT NULL, tries INTEGER NOT NULL, next_at TEXT NOT NULL, state TEXT NOT NULL, error TEXT)",
    "CREATE INDEX IF NOT EXISTS alarms_waiting ON alarms (next_at) WHERE state = 'waiting'",
    "CREATE INDEX IF NOT EXISTS alarms_parked ON alarms (created_at) WHERE state = 'parked'",
)


def moment(at: datetime) -> str:
    """In UTC and always as long, so that text sorts as moments do."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class Statement(NamedTuple):
    """One write to a table beside the events. Always parameters, never values in the text."""

    sql: str
    params: tuple[Any, ...]


class Store(ApplicationRecorder):
    """The event store of the library, with our tables beside its own. `?` stands for a parameter, in both databases.

    Every call is one transaction. Raises the library's errors; on PostgreSQL `store.unavailable` or `store.full`, too.
    """

    @abstractmethod
    def write(self, *statements: Statement) -> None:
        """All of these or none."""

    def erase(self, *statements: Statement) -> None:
        """Deletions that leave as little behind as the database allows (docs/guarantees.md)."""
        self.write(*statements)
        self.settle()

    @abstractmethod
    def settle(self) -> None:
        """After deletions: see to it that as little of what was deleted is left behind as the database allows."""

    @abstractmethod
    def read(self, sql: str, *params: Any) -> list[dict[str, Any]]:
        """The rows of one statement, of what is committed."""

    @abstractmethod
    def close(self) -> None:
        """Give up every connection, and the hold on the store. Safe to repeat."""


def opened(place: Path | Database, *, alone: str | None = None) -> Store:
    """The store at a place, made if it is new. `alone` says who holds it against a second process of its kind.

    Raises `home.in-use` if there is one, `postgres.missing` without the driver, `store.unavailable`, `store.unsafe`.
    """
    if isinstance(place, Path):
        from bus.sqlite_store import SQLiteStore

        return SQLiteStore.at(place, alone)
    try:
        from bus.postgres_store import PostgresStore
    except ImportError:
        raise BarnabusError("postgres.missing") from None
    return PostgresStore.at(place, alone)
