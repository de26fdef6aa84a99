"""Whoever gets a disk or a backup: the message server's, an agency's store, the gateway's."""

import contextlib
import shutil
import sqlite3
import stat
from pathlib import Path
from typing import Any

import pytest

from bus import keys
from bus.settings import Settings
from cli.agencies import APPLICATIONS
from contracts.errors import BarnabusError
from services.systems import Systems
from tests.attack.test_administrator import a_referral_taken
from tests.builders import NAME, POLICE, SOCIAL, ByHand, refer
from tests.integration.test_privacy import found_in
from tests.living import Bus, eventually, living, whole
from tests.ways import let_in


async def test_the_message_servers_disk_holds_no_word_of_a_child(bus: Bus) -> None:
    await bus.living.stop_adapter(SOCIAL)
    await bus.police.do(refer())  # its letter lies in the post
    files = [path for path in (bus.settings.home / "nats").rglob("*.blk") if path.stat().st_size]
    assert len(files) >= 2, "log and post"
    assert found_in(bus.settings.home / "nats") == []


async def test_the_gateways_disk_holds_no_word_of_a_child_and_no_key_of_an_agency(bus: Bus) -> None:
    await a_referral_taken(bus)
    assert found_in(bus.settings.home / "gateway") == []
    assert not [path for path in (bus.settings.home / "gateway").rglob("*") if path.suffix in (".jwk", ".key", ".nk")]


async def test_a_store_without_its_vaults_key_tells_nothing(bus: Bus, settings: Settings) -> None:
    """The backup of a store, and a key that somebody made: nothing in it opens."""
    await a_referral_taken(bus)
    await bus.living.stop_adapter(SOCIAL)
    (row, *_) = _letters(settings)
    other = keys.new_vault_key()
    with contextlib.closing(
        APPLICATIONS[SOCIAL](
            settings.store(SOCIAL), other, keys.read_sealing(settings.keys(SOCIAL)), ByHand(settings).directory
        )
    ) as thief:
        with pytest.raises(BarnabusError) as refused:
            thief.letter(row)
        assert NAME not in str(refused.value)
    stored = settings.store(SOCIAL)
    assert isinstance(stored, Path)
    assert found_in(stored.parent) == []


def _letters(settings: Settings) -> list[Any]:
    with contextlib.closing(ByHand(settings).application(SOCIAL)) as app:
        return list(app.inbox.letters())


async def test_a_stores_backup_holds_no_token_that_opens_its_adapters_door(bus: Bus) -> None:
    token = let_in(bus.living, POLICE)
    stored = bus.settings.store(POLICE)
    assert isinstance(stored, Path)
    held = b"".join(path.read_bytes() for path in stored.parent.glob("police.db*"))
    assert token.encode() not in held
    assert token.rpartition(".")[2].encode() not in held
    assert Systems(bus.app(POLICE).store).bearing(f"Bearer {token}").name == "records"


def test_every_private_key_is_its_owners_alone_to_read(settings: Settings) -> None:
    files = [path for path in (settings.home / "keys").rglob("*") if path.is_file()]
    assert len(files) > 20
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert stat.S_IMODE(settings.home.stat().st_mode) == 0o700


async def test_an_agencys_store_put_back_from_an_old_backup_takes_no_commands(settings: Settings, quick: None) -> None:
    """It would speak twice under one number."""
    async with whole(settings) as bus:
        await a_referral_taken(bus)
    stored = settings.store(POLICE)
    assert isinstance(stored, Path)
    older = stored.parent.parent / "older"
    shutil.copytree(stored.parent, older)
    async with whole(settings) as bus:
        await a_referral_taken(bus)
    shutil.rmtree(stored.parent)
    older.rename(stored.parent)
    async with living(settings) as home:
        await home.start_gateway()
        adapter = await home.start_adapter(POLICE)
        await eventually(lambda: adapter.behind)
        answer = await (await home.system(POLICE)).ask(refer())
        assert answer["error"]["code"] == "adapter.behind"


async def test_items_of_a_vault_that_change_places_open_for_nobody(settings: Settings, quick: None) -> None:
    """Whoever can write a store's file gives one child's words to another's letter."""
    async with whole(settings) as bus:
        await a_referral_taken(bus)
        await a_referral_taken(bus)
    stored = settings.store(SOCIAL)
    assert isinstance(stored, Path)
    with contextlib.closing(sqlite3.connect(stored)) as db, db:
        first, second = db.execute("SELECT id, sealed FROM vault_items ORDER BY id LIMIT 2").fetchall()
        db.execute("UPDATE vault_items SET sealed = ? WHERE id = ?", (second[1], first[0]))
        db.execute("UPDATE vault_items SET sealed = ? WHERE id = ?", (first[1], second[0]))
    with contextlib.closing(ByHand(settings).application(SOCIAL)) as app:
        for item, _ in (first, second):
            with pytest.raises(BarnabusError, match=r"content\.unreadable"):
                app.vault.get(item)
