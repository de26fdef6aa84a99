"""How a store is connected to PostgreSQL: every option that keeps an act safe, spelled out.

An adapter works through one connection, and that connection holds the lock on the store: whatever ends it ends the
lock with it, and nothing is written through one that has not taken the lock. So no second adapter, on any machine,
can come in between, not even while the server restarts (docs/adr/0014).
"""

import hashlib
import select
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, TypeVar

import psycopg
from eventsourcing.persistence import PersistenceError
from eventsourcing.postgres import PostgresDatastore
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from bus.settings import Database
from contracts.errors import BarnabusError

CONNECT_WITHIN_S = 3
AGAIN_AFTER_S = 0.5
"""After a connection that failed nothing is tried for so long: an adapter that waits for one does nothing else."""
HOLD_WAIT_S = 0.5
"""For the server to notice that whoever held the store has left it."""
HOLD_AGAIN_S = 0.02
LOCK_WAIT_S = 2
"""For the table that numbers the events."""
STATEMENT_WITHIN_S = 5
ANSWER_WITHIN_S = 8.0
"""Longer than the server's own limits: one that has not even said so by then hangs, and the adapter with it."""
SILENT_FOR_S = 10
"""A peer that acknowledges nothing for so long is gone; also for the server, which then ends a lost machine's lock."""

Answer = TypeVar("Answer")

_PARAMETERS: dict[str, Any] = {
    "connect_timeout": CONNECT_WITHIN_S,
    "tcp_user_timeout": SILENT_FOR_S * 1000,
    "keepalives_idle": SILENT_FOR_S // 2,
    "keepalives_interval": 1,
    "keepalives_count": SILENT_FOR_S // 2,
    "application_name": "barnabus",
}
_SESSION = {
    "default_transaction_isolation": "read committed",  # the lock on the events' table gives the order
    "statement_timeout": f"{STATEMENT_WITHIN_S}s",
    "lock_timeout": f"{LOCK_WAIT_S}s",
    "idle_in_transaction_session_timeout": f"{STATEMENT_WITHIN_S}s",
    "tcp_user_timeout": f"{SILENT_FOR_S}s",
    "tcp_keepalives_idle": f"{SILENT_FOR_S // 2}",
    "tcp_keepalives_interval": "1",
    "tcp_keepalives_count": f"{SILENT_FOR_S // 2}",
    "client_min_messages": "warning",
}
_DURABLE = (
    "SELECT set_config('synchronous_commit', 'on', false) "
    "WHERE current_setting('synchronous_commit') NOT IN ('on', 'remote_apply')"
)
_AWAY = (
    psycopg.OperationalError,
    psycopg.InterfaceError,
    errors.ReadOnlySqlTransaction,  # what was the primary is a replica now
    errors.IdleInTransactionSessionTimeout,
    errors.InsufficientPrivilege,
)


class Impatient(psycopg.Connection[DictRow]):
    """A connection that is ended when the server has not answered in time."""

    def wait(self, gen: PQGen[Answer], *args: Any, **kwargs: Any) -> Answer:
        return super().wait(self._in_time(gen), *args, **kwargs)

    def _in_time(self, steps: PQGen[Answer]) -> PQGen[Answer]:
        """The same steps; psycopg comes back to them at least ten times a second."""
        end = time.monotonic() + ANSWER_WITHIN_S
        try:
            wanted = next(steps)
            while True:
                ready = yield wanted
                if time.monotonic() > end:
                    self.pgconn.finish()
                    raise psycopg.OperationalError("the server does not answer")
                wanted = steps.send(ready)
        except StopIteration as done:
            answer: Answer = done.value
            return answer


class Connections:
    """What the library's datastore takes its connections from, in place of psycopg's pool.

    A pool opens connections behind one's back and makes a caller wait for it; here the caller itself is told at once
    that the server is away. One is kept; whoever comes while it is lent gets another, unless the store is held alone.
    """

    def __init__(self, place: Database, alone: str | None) -> None:
        self._parameters = _PARAMETERS | _parsed(place.url)
        self._schema = place.schema
        self._alone = alone
        self._kept: list[Impatient] = []
        self._lent = 0
        self._away_until = 0.0

    def open(self, *_: Any) -> None:
        """Connections are made when they are needed."""

    @contextmanager
    def connection(self) -> Iterator[Impatient]:
        assert not (self._alone and self._lent), "a store that is held alone has one connection"
        self._lent += 1
        try:
            connection = self._usable() or self._connect()
            try:
                yield connection
            finally:
                self._give_back(connection)
        finally:
            self._lent -= 1

    def close(self) -> None:
        while self._kept:
            self._kept.pop().close()

    def _usable(self) -> Impatient | None:
        """The kept one, if the server has not ended it: a connection at rest has nothing to say but its end."""
        if not self._kept:
            return None
        connection = self._kept.pop()
        resting = select.poll()
        resting.register(connection.fileno(), select.POLLIN)
        if resting.poll(0):
            try:
                connection.execute("")
            except psycopg.Error:
                connection.close()
                return None
        return connection

    def _give_back(self, connection: Impatient) -> None:
        if not self._kept and connection.info.transaction_status is TransactionStatus.IDLE:
            self._kept.append(connection)
        else:
            connection.close()

    def _connect(self) -> Impatient:
        if time.monotonic() < self._away_until:
            raise BarnabusError("store.unavailable", detail="It was away a moment ago.")
        try:
            connection = Impatient.connect(**self._parameters, autocommit=True, row_factory=dict_row)
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
        except Exception:
            self._away_until = time.monotonic() + AGAIN_AFTER_S
            raise
        return connection

    def _prepare(self, connection: Impatient) -> None:
        settings = _SESSION | {"search_path": self._schema}
        connection.execute(
            "SELECT set_config(name, value, false) FROM unnest(%s::text[], %s::text[]) AS s (name, value)",
            (list(settings), list(settings.values())),
        )
        connection.execute(_DURABLE)
        unsafe = connection.execute(
            "SELECT name FROM pg_settings WHERE name IN ('fsync', 'full_page_writes') AND setting = 'off'"
        ).fetchall()
        if unsafe:
            raise BarnabusError("store.unsafe", detail=f"Off: {', '.join(row['name'] for row in unsafe)}.")
        if self._alone:
            self._hold(connection)

    def _hold(self, connection: Impatient) -> None:
        hold = "SELECT pg_try_advisory_lock(%s) AS held"
        end = time.monotonic() + HOLD_WAIT_S
        while not connection.execute(hold, (lock_number("holder", self._schema),)).fetchall()[0]["held"]:
            if time.monotonic() > end:
                raise BarnabusError("home.in-use", detail=f"{self._alone} is running already.")
            time.sleep(HOLD_AGAIN_S)


class Datastore(PostgresDatastore):
    """The library's, with our connections; what it raises says whether the server is away, and quotes no row."""

    def __init__(self, place: Database, alone: str | None = None) -> None:
        # its own pool is never opened: where the server is and how it is spoken to is for Connections to say
        super().__init__(
            dbname="", host="", port="", user="", password="", schema=place.schema, lock_timeout=LOCK_WAIT_S
        )
        self.pool: Any = Connections(place, alone)

    @contextmanager
    def get_connection(self) -> Iterator[psycopg.Connection[DictRow]]:
        try:
            with super().get_connection() as connection:
                yield connection
        except PersistenceError as error:
            cause = error.__cause__
            if not isinstance(cause, psycopg.Error):
                raise
            said = cause.diag.message_primary or str(cause).partition("\n")[0]
            if isinstance(cause, errors.DiskFull):
                raise BarnabusError("store.full", detail=said) from None
            if isinstance(cause, _AWAY):  # the library would try ten times over while the adapter stands still
                raise BarnabusError("store.unavailable", detail=said) from None
            raise type(error)(said) from None  # the server's details name the row


def lock_number(purpose: str, schema: str) -> int:
    """The number that PostgreSQL knows a lock by, within a database."""
    return int.from_bytes(hashlib.sha256(f"barnabus:{purpose}:{schema}".encode()).digest()[:8], signed=True)


def _parsed(url: str) -> dict[str, Any]:
    """The parts of an address. A password that is not %-encoded would be quoted as a host or a port that is unknown."""
    with suppress(psycopg.ProgrammingError):
        found = conninfo_to_dict(url)
        ports = str(found.get("port", "")).replace(",", "")
        if "@" not in str(found.get("host", "")) and (ports.isdigit() or not ports):
            return found
    raise BarnabusError("setting.invalid", detail="The address of a store is no PostgreSQL URL.")
