"""The log is lost, shortened or damaged on the server's disk, and comes back from the agencies' outboxes as it was."""

import json
import shutil
from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from nats.js import JetStreamContext

from bus import restoring
from bus.settings import Settings
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.builders import POLICE, SOCIAL, refer
from tests.fault.drill import Picture, at_hand, command, goes_on, lost
from tests.living import eventually, living, whole

pytestmark = pytest.mark.fault

NEVER_RAN = ("health", "keeper", "oversight", "prosecution")
WRITE = ("reconcile", "--write", *(word for agency in NEVER_RAN for word in ("--without", agency)))
"""Police and social are all that has ever run here."""


@pytest.fixture(autouse=True)
def _of_this_home(settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    at_hand(settings, monkeypatch)


def all_of_it(settings: Settings) -> None:
    shutil.rmtree(settings.home / "nats")


def back_to_a_backup(settings: Settings) -> None:
    all_of_it(settings)
    shutil.copytree(settings.home / "backup", settings.home / "nats")


def _flip(settings: Settings) -> Path:
    """One byte of the middle of the log, in the server's own file."""
    (block,) = (settings.home / "nats").rglob("CASES/msgs/1.blk")
    data = bytearray(block.read_bytes())
    data[data.index(b"referral.made", len(data) // 3)] ^= 1
    block.write_bytes(data)
    return block


def a_byte(settings: Settings) -> None:
    """The server skips that one entry in silence."""
    _flip(settings)


def a_byte_and_the_index(settings: Settings) -> None:
    """As after a kill: the server drops everything from there on, and would use the positions again."""
    (_flip(settings).parent / "index.db").unlink()


@pytest.mark.parametrize("happened", [all_of_it, back_to_a_backup, a_byte, a_byte_and_the_index])
async def test_a_log_comes_back_as_it_was_and_traffic_goes_on(
    settings: Settings, happened: Callable[[Settings], None]
) -> None:
    async with whole(settings) as bus:
        for _ in range(2):
            await goes_on(bus)
    shutil.copytree(settings.home / "nats", settings.home / "backup")  # a running server's files come and go
    async with whole(settings) as bus:
        await goes_on(bus)
        await bus.living.stop_adapter(SOCIAL)
        waiting = (await bus.police.do(refer()))["id"]  # its letter is in the post
        before = await Picture.of(bus, but=waiting)
    happened(settings)

    looked = await command("reconcile", "--json")
    assert looked.exit_code == 1, looked.stderr
    found = json.loads(looked.stdout)
    assert found["restored"], found
    assert not found["unproven"]
    done = await command(*WRITE, "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["digest"] == found["digest"]

    async with whole(settings) as bus:
        after = await Picture.of(bus, but=waiting)
        assert (after.log[: len(before.log)], after.standings) == (before.log, before.standings)
        await eventually(lambda: bus.app(SOCIAL).inbox.letter(waiting))
        await goes_on(bus)
        log = await bus.living.log()
    assert lost(settings, log) == []


async def test_broken_off_in_the_middle_it_is_begun_again_and_nothing_that_could_be_read_is_lost(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with whole(settings) as bus:
        for _ in range(2):
            await goes_on(bus)
        before = await Picture.of(bus)
    a_byte(settings)
    writes, real = count(1), JetStreamContext.publish

    async def fails(*args: Any, **more: Any) -> Any:
        if next(writes) > 2:
            raise TimeoutError
        return await real(*args, **more)

    with monkeypatch.context() as failing:
        failing.setattr(JetStreamContext, "publish", fails)
        assert "Broken off at position 3" in (await command(*WRITE)).stderr

    stores = settings.home / "stores"
    stores.rename(settings.home / "elsewhere")
    looked = json.loads((await command("reconcile", "--json")).stdout)
    assert looked["log"]["last"] == 2
    assert len(looked["unproven"]) == 1, "what the server still gave was written down first"
    shutil.rmtree(stores, ignore_errors=True)
    (settings.home / "elsewhere").rename(stores)
    done = await command(*WRITE, "--json")
    assert done.exit_code == 0, done.stderr
    again = await command("reconcile", "--json")
    assert (again.exit_code, json.loads(again.stdout)["whole"]) == (0, True)
    async with whole(settings) as bus:
        assert await Picture.of(bus) == before
        await goes_on(bus)


async def test_adapters_run_on_while_log_and_posts_are_lost_and_restored(settings: Settings) -> None:
    async with whole(settings) as bus:
        for _ in range(2):
            await goes_on(bus)
        before = await Picture.of(bus)
        await bus.living.stop_gateway()
        recorded = await bus.police.ask(refer())
        assert recorded["status"] == "recorded"
        server = await bus.living.privileged()
        for stream in (subjects.CASES, *map(subjects.post_stream, Agency)):
            await server.delete_stream(stream)
        done = await command(*WRITE)
        assert done.exit_code == 0, done.stderr
        await bus.living.start_gateway()
        await bus.social.hears(recorded["id"])
        await goes_on(bus)
        after = await Picture.of(bus)
    assert after.log[: len(before.log)] == before.log


async def test_what_agencies_export_is_enough_where_their_stores_are_elsewhere(
    settings: Settings, tmp_path: Path
) -> None:
    async with whole(settings) as bus:
        for _ in range(2):
            await goes_on(bus)
        before = await Picture.of(bus)
    files = []
    for agency in (POLICE, SOCIAL):
        exported = await command("reconcile", "evidence", agency)
        (tmp_path / agency).write_text(exported.stdout)
        files += ["--evidence", str(tmp_path / agency)]
    all_of_it(settings)
    shutil.rmtree(settings.home / "gateway")
    (settings.home / "stores").rename(settings.home / "elsewhere")
    assert json.loads((await command("reconcile", "--json")).stdout)["positions"] == 0, "nobody knows of anything"
    done = await command(*WRITE, *files)
    assert done.exit_code == 0, done.stderr
    (settings.home / "elsewhere").rename(settings.home / "stores")
    async with whole(settings) as bus:
        assert await Picture.of(bus) == before


async def test_no_gateway_writes_to_a_log_that_ends_sooner_than_it_has_seen(settings: Settings) -> None:
    async with whole(settings) as bus:
        await goes_on(bus)
    all_of_it(settings)
    async with living(settings) as home:
        service = await home.start_gateway()
        with pytest.raises(BarnabusError, match=r"log\.damaged.*ends at position 0"):
            await service.ended


async def test_a_log_that_is_made_anew_is_not_begun_by_a_gateway_that_knows_nothing_either(
    settings: Settings, events: Callable[[], set[str]]
) -> None:
    """Server and gateway were on one disk; an agency that shows its last stamp tells them."""
    async with whole(settings) as bus:
        await goes_on(bus)
    all_of_it(settings)
    shutil.rmtree(settings.home / "gateway")
    async with living(settings) as home:
        assert (await home.start_gateway()).active
        await home.start_adapter(SOCIAL)
        await eventually(lambda: "log.damaged" in events())
        (settings.home / "stores" / "police.db").unlink()
        police = await home.system(POLICE)
        await home.start_adapter(POLICE)
        assert (await police.ask(refer()))["status"] == "recorded"
        assert await home.log() == []


async def test_evidence_of_every_agency_is_needed_or_they_are_named(settings: Settings) -> None:
    async with whole(settings) as bus:
        await goes_on(bus)
    all_of_it(settings)
    refused = await command("reconcile", "--write", "--without", "health")
    assert refused.exit_code == 1
    assert "oversight, prosecution" in refused.stderr


async def test_nothing_is_written_while_a_gateway_runs(settings: Settings) -> None:
    async with living(settings) as home:
        await home.start_gateway()
        refused = await command("reconcile", "--write")
        assert refused.exit_code == 1
        assert "home.in-use" in refused.stderr
        looked = await command("reconcile", "--json")
        assert json.loads(looked.stdout)["whole"]
        nats = await home.connect("gateway", "gateway")
        with pytest.raises(BarnabusError, match=r"home\.in-use"):  # as from another machine, where no lock says so
            await restoring.no_gateway_anywhere(nats)


async def test_while_it_is_written_no_gateway_of_any_machine_becomes_active(settings: Settings) -> None:
    async with living(settings) as home:
        service = await home.start_gateway()
        nats = await home.connect("gateway", "gateway")
        async with restoring.standing_in(nats):
            await eventually(lambda: not service.active)
        await eventually(lambda: service.active)
