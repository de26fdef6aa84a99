"""A store, in either database: what is saved together, who holds it, and how it is chosen."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError, StoredEvent

from bus.settings import Database, Settings
from bus.store import Statement, Store, opened
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL
from tests.postgres import PostgresServer

BESIDE = Statement("INSERT INTO vault_keys VALUES (?,?)", ("a person", b"wrapped"))
Place = Path | Database


def event(version: int = 1, originator: object = None) -> StoredEvent:
    return StoredEvent(originator or uuid4(), version, "topic", b"state")  # type: ignore[arg-type]


def beside(store: Store) -> list[str]:
    return [row["person"] for row in store.read("SELECT person FROM vault_keys")]


@pytest.fixture
def place(database: str, tmp_path: Path) -> Place:
    return Settings(home=tmp_path, nats_url=None).store(POLICE)


@pytest.fixture
def at_postgres(postgres: PostgresServer) -> Database:
    return Database(postgres.url(), "barnabus_police")


@pytest.fixture
def held(at_postgres: Database) -> Iterator[Store]:
    store = opened(at_postgres, alone="The adapter of police")
    yield store
    store.close()


# together or not at all


def test_events_and_what_belongs_to_them_are_saved_together(store: Store) -> None:
    assert store.insert_events([event()], also=[BESIDE]) == [1]
    assert beside(store) == ["a person"]


def test_very_many_events_are_saved_together_too(store: Store) -> None:
    """As when the keeper of duties begins on a log that is there already."""
    large = [StoredEvent(uuid4(), 1, "topic", b"x" * 2_000) for _ in range(1_000)]
    rows = [Statement("INSERT INTO case_parts (id, case_ref) VALUES (?,?)", (str(n), "a case")) for n in range(1_000)]
    assert store.insert_events(large, also=rows) == list(range(1, 1_001))
    assert store.read("SELECT count(*) AS n FROM case_parts") == [{"n": 1_000}]


def test_a_version_that_is_taken_saves_nothing_of_what_belongs_to_it(store: Store) -> None:
    taken = event()
    store.insert_events([taken])
    with pytest.raises(IntegrityError):
        store.insert_events([taken], also=[BESIDE])
    assert beside(store) == []


def test_an_event_that_cannot_even_be_sent_saves_nothing_of_what_belongs_to_it(store: Store) -> None:
    with pytest.raises(Exception):  # noqa: B017, PT011  each driver has its own
        store.insert_events([event(originator=object())], also=[BESIDE])
    assert beside(store) == []


def test_what_cannot_be_saved_beside_an_event_saves_no_event(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.insert_events([event()], also=[BESIDE, BESIDE])
    assert (store.max_notification_id(), beside(store)) == (None, [])


def test_writes_are_made_all_or_none(store: Store) -> None:
    with pytest.raises(IntegrityError):
        store.write(BESIDE, BESIDE)
    assert beside(store) == []


def test_what_is_recorded_is_there_when_the_store_is_opened_again(place: Place) -> None:
    first = opened(place)
    first.insert_events([event()], also=[BESIDE])
    first.close()
    again = opened(place)
    assert (again.max_notification_id(), beside(again)) == (1, ["a person"])
    again.close()


# who holds it


def test_a_store_that_is_held_alone_is_kept_from_a_second_holder_and_not_from_who_looks(place: Place) -> None:
    first = opened(place, alone="The adapter of police")
    with pytest.raises(BarnabusError, match=r"home\.in-use.*The adapter of police"):
        opened(place, alone="The adapter of police")
    looking = opened(place)
    looking.write(BESIDE)
    assert beside(first) == ["a person"]
    looking.close()
    first.close()
    opened(place, alone="The adapter of police").close()


def test_whose_connection_was_ended_writes_nothing_while_another_holds_the_store(
    held: Store, at_postgres: Database, postgres: PostgresServer
) -> None:
    """A server that restarts lets go of every lock, and so does one that lost its client."""
    postgres.end_sessions()
    other = opened(at_postgres, alone="The adapter of police")
    with pytest.raises(BarnabusError, match=r"home\.in-use"):
        held.write(BESIDE)
    assert beside(other) == []
    other.close()


def test_whose_connection_was_ended_goes_on_by_itself_if_nobody_else_took_the_store(
    held: Store, postgres: PostgresServer
) -> None:
    postgres.end_sessions()
    held.write(BESIDE)
    assert beside(held) == ["a person"]
    with pytest.raises(BarnabusError, match=r"home\.in-use"):
        opened(Database(postgres.url(), "barnabus_police"), alone="The adapter of police")


def test_two_agencies_in_one_database_share_no_table(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARNABUS_STORE", postgres.url())
    stores = [opened(Settings().store(agency), alone=agency) for agency in (POLICE, SOCIAL)]
    stores[0].insert_events([event()], also=[BESIDE])
    assert [store.max_notification_id() for store in stores] == [1, None]
    assert [beside(store) for store in stores] == [["a person"], []]
    for store in stores:
        store.close()


# how it is connected


def test_a_server_that_hangs_is_given_up_and_used_again_when_it_goes_on(
    held: Store, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its own time limits end nothing while it hangs; and the adapter does nothing else while it waits for it."""
    monkeypatch.setattr("bus.postgres.ANSWER_WITHIN_S", 0.3)
    with postgres.hanging(), pytest.raises(BarnabusError, match=r"store\.unavailable.*does not answer"):
        held.insert_events([event()], also=[BESIDE])
    assert held.insert_events([event()], also=[BESIDE])
    assert beside(held) == ["a person"]


def test_a_server_that_would_lose_what_it_has_confirmed_is_refused(
    at_postgres: Database, postgres: PostgresServer
) -> None:
    postgres.execute("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
    try:
        postgres.until_set("fsync", "off")
        with pytest.raises(BarnabusError, match=r"store\.unsafe.*fsync"):
            opened(at_postgres)
    finally:
        postgres.execute("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()")
        postgres.until_set("fsync", "on")


def test_a_commit_waits_for_the_disk_whatever_the_role_is_set_to(
    at_postgres: Database, postgres: PostgresServer
) -> None:
    setting = "SELECT current_setting('synchronous_commit') AS it"
    for given, found in (("off", "on"), ("local", "on"), ("remote_apply", "remote_apply")):
        postgres.execute(f"ALTER ROLE postgres SET synchronous_commit = {given}")
        store = opened(at_postgres)
        assert store.read(setting) == [{"it": found}]
        store.close()
    postgres.execute("ALTER ROLE postgres RESET synchronous_commit")


def test_a_role_that_may_not_make_its_schema_is_told_so(postgres: PostgresServer) -> None:
    postgres.execute("CREATE ROLE poor LOGIN", "REVOKE CREATE ON DATABASE postgres FROM PUBLIC")
    with pytest.raises(BarnabusError, match=r"store\.unavailable.*permission denied"):
        opened(Database(postgres.url().replace("postgres@", "poor@"), "barnabus_police"))
    postgres.execute("CREATE SCHEMA barnabus_police AUTHORIZATION poor")
    opened(Database(postgres.url().replace("postgres@", "poor@"), "barnabus_police")).close()
    postgres.execute("DROP SCHEMA barnabus_police CASCADE", "DROP ROLE poor")


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("postgresql://police:s3cret@127.0.0.1:1/barnabus", "store.unavailable"),
        ("postgresql://police:s3cret@127.0.0.1:port/barnabus", "setting.invalid"),
        ("postgresql://police:s3cret@127.0.0.1/barnabus?no_such=s3cret", "setting.invalid"),
        ("postgresql://police:all@s3cret@127.0.0.1/barnabus", "setting.invalid"),
        ("postgresql://police:s3cret/all@127.0.0.1/barnabus", "setting.invalid"),
    ],
)
def test_a_database_that_cannot_be_reached_is_said_without_its_password(url: str, code: str) -> None:
    place = Database(url, "barnabus_police")
    with pytest.raises(BarnabusError) as raised:
        opened(place)
    assert raised.value.code == code
    for said in (str(raised.value), repr(place), repr(raised.value), str(raised.value.problem())):
        assert "s3cret" not in said
    assert raised.value.__cause__ is None


def test_a_connection_that_dies_says_nothing_of_the_row_that_it_was_about(store: Store) -> None:
    store.write(BESIDE)
    with pytest.raises(IntegrityError) as raised:
        store.write(BESIDE)
    assert "a person" not in str(raised.value)


# without PostgreSQL


def test_without_its_driver_postgres_is_refused_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "bus.postgres_store", None)
    with pytest.raises(BarnabusError, match=r"postgres\.missing.*barnabus\[postgres\]"):
        opened(Database("postgresql://", "barnabus_police"))


def test_without_its_driver_everything_else_is_there(tmp_path: Path) -> None:
    program = (
        "import sys; sys.modules.update(psycopg=None, psycopg_pool=None); "
        "import cli.main; from pathlib import Path; from bus.store import opened; opened(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "store.db")], check=True)
