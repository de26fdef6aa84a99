"""Our stores are still the recorders that the library promises: its own shipped cases hold for both.

Not here: `AggregateRecorderTestCase` wants a recorder that numbers no notifications, which ours are not;
`ProcessRecorderTestCase` and `TrackingRecorderTestCase` are about recorders that nothing of ours extends.
`optional_test_insert_subscribe` of the application recorder's: the library's SQLite recorder has no `subscribe`, and
in PostgreSQL it can miss what is inserted between its first look and its LISTEN, so ours has none either.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.persistence import ApplicationRecorder
from eventsourcing.tests import persistence as shipped

from bus.settings import Database
from bus.store import Store, opened


class _OnSQLite:
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> Iterator[None]:
        self.stores: list[Store] = []
        self.place: Path | Database = tmp_path / "store.db"
        before = set(threading.enumerate())
        yield
        for thread in set(threading.enumerate()) - before:  # a shipped case does not wait for its own readers
            thread.join()
        for store in self.stores:
            store.close()

    def create_recorder(self) -> ApplicationRecorder:
        self.stores.append(opened(self.place))
        return self.stores[-1]


class _OnPostgres(_OnSQLite):
    @pytest.fixture(autouse=True)
    def _database(self, _place: None, request: pytest.FixtureRequest) -> None:
        self.place = Database(request.getfixturevalue("postgres").url(), "barnabus_police")


class TestASQLiteStoreRecords(_OnSQLite, shipped.ApplicationRecorderTestCase):
    pass


class TestASQLiteStoreDoesNotInterleaveNotifications(_OnSQLite, shipped.NonInterleavingNotificationIDsBaseCase):
    pass


class TestAPostgresStoreRecords(_OnPostgres, shipped.ApplicationRecorderTestCase):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = False  # a transaction that failed has used up its numbers


class TestAPostgresStoreDoesNotInterleaveNotifications(_OnPostgres, shipped.NonInterleavingNotificationIDsBaseCase):
    pass
