"""The vault: personal data at rest, readable with the key only, and gone for good once erased."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from bus.keys import new_vault_key
from bus.store import Statement, Store
from bus.vault import Vault, person_key
from contracts.errors import BarnabusError
from tests.builders import NAME, POLICE, ByHand, concerned, encoded, now, refer
from tests.conftest import Said
from tests.postgres import PostgresServer
from tests.unit.conftest import full_disk

KEY = new_vault_key()
CHILD = person_key("7k3q-9m2x-w4td-h6rv", "p-7k3q9m2xw4")
OTHER = person_key("7k3q-9m2x-w4td-h6rv", "p-0000000000")
VALUES = {"identity": {"full_name": NAME}, "safety": None}


@pytest.fixture
def vault(store: Store) -> Vault:
    return Vault(store, KEY)


def put(vault: Vault, store: Store, person: str = CHILD, values: object = VALUES) -> str:
    item, writes = vault.put(person, values)
    store.write(*writes)
    return item


def bytes_of(folder: Path) -> bytes:
    """Everything in a folder: a store's file itself, its write-ahead log, its shared memory."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.fixture
def disk(database: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], bytes]:
    """Everything that lies on the disk, write-ahead logs too."""
    if database == "sqlite":
        return lambda: bytes_of(tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres")
    return lambda: server.bytes_of("base", "pg_wal")


def test_what_was_put_is_given_back(vault: Vault, store: Store) -> None:
    assert vault.get(put(vault, store)) == VALUES


def test_an_item_that_was_never_stored_is_none(vault: Vault) -> None:
    item, _ = vault.put(CHILD, VALUES)
    assert vault.get(item) is None
    assert vault.get("no such item") is None


def test_erasing_a_person_erases_every_item_of_that_person_and_no_other(vault: Vault, store: Store) -> None:
    items = [put(vault, store), put(vault, store, values="more")]
    kept = put(vault, store, OTHER)
    vault.erase(CHILD)
    assert [vault.get(item) for item in items] == [None, None]
    assert vault.get(kept) == VALUES


def test_after_erasing_the_same_person_can_be_kept_anew_under_another_key(vault: Vault, store: Store) -> None:
    old = put(vault, store)
    first = store.read("SELECT wrapped FROM vault_keys")[0]["wrapped"]
    vault.erase(CHILD)
    assert vault.get(put(vault, store, values="new")) == "new"
    assert vault.get(old) is None
    assert store.read("SELECT wrapped FROM vault_keys")[0]["wrapped"] != first


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_an_erased_persons_key_is_not_left_in_the_file(vault: Vault, store: Store, tmp_path: Path) -> None:
    put(vault, store)
    wrapped = store.read("SELECT wrapped FROM vault_keys")[0]["wrapped"]
    assert wrapped in bytes_of(tmp_path)
    vault.erase(CHILD)
    store.close()  # the last connection's end folds the write-ahead log into the file
    assert wrapped not in bytes_of(tmp_path)


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_an_erased_persons_key_is_not_left_in_a_table_of_the_server(
    vault: Vault, store: Store, postgres: PostgresServer
) -> None:
    """In its write-ahead log it is, until that is used anew: docs/guarantees.md says so."""
    put(vault, store)
    wrapped = store.read("SELECT wrapped FROM vault_keys")[0]["wrapped"]
    assert wrapped in postgres.bytes_of("base")
    vault.erase(CHILD)
    assert wrapped not in postgres.bytes_of("base")
    assert wrapped in postgres.bytes_of("pg_wal")


@pytest.mark.parametrize("database", ["postgres"], indirect=True)
def test_a_person_is_erased_also_while_somebody_keeps_the_table_from_being_written_anew(
    vault: Vault, store: Store, postgres: PostgresServer, said: Said
) -> None:
    item = put(vault, store)
    store.write(Statement("SET lock_timeout = '50ms'", ()))
    with postgres.reading("barnabus_police.vault_keys"):
        vault.erase(CHILD)
    assert (vault.get(item), store.read("SELECT person FROM vault_keys")) == (None, [])
    assert [line["event"] for line in said] == ["store.not-vacuumed"]


def test_another_vault_key_opens_nothing_and_says_so(vault: Vault, store: Store) -> None:
    item = put(vault, store)
    wrong = Vault(store, new_vault_key())
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        wrong.get(item)
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        wrong.put(CHILD, VALUES)  # nothing is stored that the right key could not read


def test_an_item_moved_to_another_persons_key_or_another_id_does_not_open(vault: Vault, store: Store) -> None:
    mine, others = put(vault, store), put(vault, store, OTHER, "theirs")
    sealed = store.read("SELECT sealed FROM vault_items WHERE id = ?", others)[0]["sealed"]
    store.write(Statement("UPDATE vault_items SET sealed = ? WHERE id = ?", (sealed, mine)))
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        vault.get(mine)
    store.write(Statement("UPDATE vault_items SET person = ? WHERE id = ?", (CHILD, others)))
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        vault.get(others)


def test_a_flipped_bit_does_not_open(vault: Vault, store: Store) -> None:
    item = put(vault, store)
    sealed = bytearray(store.read("SELECT sealed FROM vault_items")[0]["sealed"])
    sealed[-1] ^= 1
    store.write(Statement("UPDATE vault_items SET sealed = ?", (bytes(sealed),)))
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        vault.get(item)


def test_nothing_of_the_plaintext_is_on_the_disk_nor_in_a_write_ahead_log(
    vault: Vault, store: Store, disk: Callable[[], bytes]
) -> None:
    put(vault, store)
    found = disk()
    assert store.read("SELECT wrapped FROM vault_keys")[0]["wrapped"] in found, "the right place was looked at"
    for word in (NAME, *NAME.split(), "full_name"):
        assert word.encode() not in found


def test_a_command_leaves_nothing_personal_in_the_agencys_store(by_hand: ByHand, disk: Callable[[], bytes]) -> None:
    """Events, commands, outbox and vault of a referral with everything in it: the name is nowhere in clear."""
    app = by_hand.application(POLICE)
    referral = refer(
        data={"safety": {"immediate_danger": "yes", "suspect_has_access": "yes", "whereabouts": "protected-place"}}
    )
    taken = app.take(encoded(referral), now())
    by_hand.log_next(app)
    found = disk()
    for word in (*NAME.split(), "2014-02-03", "protected-place", "physical-abuse"):
        assert word.encode() not in found, word
    assert taken.case_ref.encode() in found, "the file was looked at"
    app.close()


def test_vault_and_events_are_saved_together_or_not_at_all(database: str, by_hand: ByHand) -> None:
    app = by_hand.application(POLICE)
    referral = refer()
    with full_disk(app.store, "commands"), pytest.raises(BarnabusError, match=r"store\.full"):
        app.take(encoded(referral), now())
    assert app.store.read("SELECT count(*) AS n FROM vault_items")[0]["n"] == 0
    assert app.recorder.max_notification_id() is None
    taken = app.take(encoded(referral), now())
    assert app.store.read("SELECT person FROM vault_items") == [{"person": concerned(referral, taken.case_ref)}]
    app.close()


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(), lambda s: st.lists(s, max_size=3)
    )
)
@with_settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_comes_back_as_it_was(vault: Vault, store: Store, values: object) -> None:
    assert vault.get(put(vault, store, values=values)) == values
