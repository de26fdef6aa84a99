"""A store of its own for each test that needs no more, in each kind of database."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from eventsourcing.sqlite import SQLiteCursor

from bus.settings import STORE, Settings
from bus.sqlite_store import SQLiteStore
from bus.store import Statement, Store, opened
from projections.view import LIVE, Place
from services.agency import AgencyApplication
from tests.builders import POLICE, SOCIAL, ByHand
from tests.carried import Carried

DATABASES = ("sqlite", "postgres")


@pytest.fixture(params=DATABASES)
def database(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run the test once with every agency's store in SQLite and once in PostgreSQL, chosen as an operator would."""
    kind = str(request.param)
    monkeypatch.setenv(STORE, request.getfixturevalue("postgres").url() if kind == "postgres" else kind)
    return kind


@pytest.fixture
def store(database: str, tmp_path: Path) -> Iterator[Store]:
    found = opened(Settings(home=tmp_path, nats_url=None).store(POLICE))
    yield found
    found.close()


@pytest.fixture
def agencies(by_hand: ByHand, tmp_path: Path) -> Iterator[Carried]:
    """Every agency over a store of its own; the test carries the post."""
    found = Carried(by_hand, tmp_path)
    yield found
    found.close()


@pytest.fixture
def police(by_hand: ByHand) -> Iterator[AgencyApplication]:
    app = by_hand.application(POLICE)
    yield app
    app.close()


@pytest.fixture
def social(by_hand: ByHand) -> Iterator[AgencyApplication]:
    app = by_hand.application(SOCIAL)
    yield app
    app.close()


@pytest.fixture
def wide_terminal(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands go to this test's home, and nothing that they say is wrapped."""
    monkeypatch.setenv("BARNABUS_HOME", str(settings.home))
    monkeypatch.setenv("COLUMNS", "400")
    monkeypatch.setattr("cli.show.err._width", 400)


@contextmanager
def full_disk(store: Store, table: str) -> Iterator[None]:
    """While it lasts, no row more goes into this table of the store: there is no room on the disk."""
    if not isinstance(store, SQLiteStore):
        full = "BEGIN RAISE disk_full; END"
        store.write(
            Statement(f"CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS '{full}'", ()),
            Statement(f"CREATE TRIGGER full_disk BEFORE INSERT ON {table} EXECUTE FUNCTION full_disk()", ()),
        )
        yield
        store.write(Statement("DROP FUNCTION full_disk CASCADE", ()))
        return
    real = SQLiteCursor.execute

    def execute(cursor: SQLiteCursor, sql: str, *params: Any) -> None:
        if sql.startswith(f"INSERT INTO {table} "):
            raise sqlite3.OperationalError("database or disk is full")
        real(cursor, sql, *params)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(SQLiteCursor, "execute", execute)
        yield


@pytest.fixture(params=DATABASES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """An empty view of read models, in either database."""
    url = request.getfixturevalue("postgres").url() if request.param == "postgres" else None
    found = Place(tmp_path, url)
    found.begin(LIVE)
    return found
