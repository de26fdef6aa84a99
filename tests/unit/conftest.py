"""A store of its own for each test that needs no more."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from eventsourcing.sqlite import SQLiteDatastore

from bus.store import SQLiteStore


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SQLiteStore]:
    found = SQLiteStore(SQLiteDatastore(str(tmp_path / "store.db")))
    found.create_table()
    yield found
    close(found)


def close(store: SQLiteStore) -> None:
    store.close()
    store.datastore.close()
