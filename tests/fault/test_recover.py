"""A store is put back to an old copy, or lost whole: it adopts what the log has, and its letters come again."""

import asyncio
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bus.settings import Settings
from tests.builders import POLICE, SOCIAL, on, refer
from tests.fault.drill import Picture, at_hand, command, goes_on, lost
from tests.living import Bus, eventually, letters_sent, whole

pytestmark = pytest.mark.fault


@pytest.fixture(autouse=True)
def _of_this_home(settings: Settings, quick: None, monkeypatch: pytest.MonkeyPatch) -> None:
    at_hand(settings, monkeypatch)


def _copy(settings: Settings, to: Path) -> None:
    """A backup of the file as it lies there, in the middle of traffic."""
    to.mkdir()
    for path in settings.home.glob("stores/social.db*"):
        shutil.copy(path, to)


def _remove(settings: Settings) -> None:
    for path in settings.home.glob("stores/social.db*"):
        path.unlink()


async def _all_kinds(bus: Bus) -> list[dict[str, object]]:
    """Letters both ways, acts on handoffs old and new, a question, a referral of the Centre's own."""
    commands = []
    for _ in range(2):
        made = await goes_on(bus)
        commands.append(on(SOCIAL, "referral.start", made, began_at="2026-03-11T09:00:00+01:00"))
        await bus.social.do(commands[-1])
        commands.append(refer(SOCIAL, to=POLICE))
        await bus.social.do(commands[-1])
    await bus.settled()
    return commands


async def test_a_store_comes_back_to_what_it_was_and_traffic_goes_on(settings: Settings, tmp_path: Path) -> None:
    async with whole(settings) as bus:
        await _all_kinds(bus)
        _copy(settings, tmp_path / "copy")
        commands = await _all_kinds(bus)
        before = await Picture.of(bus)
        told = letters_sent(bus.app(POLICE))
        received = bus.app(SOCIAL).inbox.letters()
        await bus.living.stop_adapter(SOCIAL)
        _remove(settings)
        for path in (tmp_path / "copy").iterdir():
            shutil.copy(path, settings.home / "stores")

        await bus.living.start_adapter(SOCIAL)
        await eventually(lambda: bus.living.adapters[SOCIAL].behind)
        assert (await bus.social.ask(refer(SOCIAL, to=POLICE)))["error"]["code"] == "adapter.behind"
        refused = await command("recover", "social", "--write")
        assert "home.in-use" in refused.stderr
        await bus.living.stop_adapter(SOCIAL)

        looked = await command("recover", "social", "--json")
        assert looked.exit_code == 1, looked.stderr
        found = json.loads(looked.stdout)
        assert found["adopted"] == sum(found["types"].values()) > 5
        assert {row["type"] for row in found["personal_data_lost"]} == {"referral.made"}
        done = await command("recover", "social", "--write", "--json")
        assert done.exit_code == 0, done.stderr
        assert json.loads(done.stdout) == found | {"written": True}
        looked = await command("recover", "social", "--json")
        assert (looked.exit_code, json.loads(looked.stdout)["adopted"]) == (0, 0)

        await bus.living.start_adapter(SOCIAL)
        await eventually(lambda: len(bus.app(SOCIAL).inbox.letters()) == len(received))
        after = await Picture.of(bus)
        assert after.standings == before.standings
        assert after.log[: len(before.log)] == before.log
        await eventually(lambda: bus.app(SOCIAL).inbox.gaps() == {})
        for known in commands:
            answer = await bus.social.do(known)
            assert answer["repeated"]
        await goes_on(bus)
        again = await Picture.of(bus)
        assert {letter: again.received[letter] for letter in before.received} == before.received
        assert letters_sent(bus.app(POLICE))[: len(told)] == told
        await bus.living.stop_adapter(SOCIAL)
        await bus.living.stop_adapter(POLICE)
        log = await bus.living.log()
    assert lost(settings, log) == []
    assert [entry.record.type for entry in log].count("store.restored") == 1


async def test_a_store_that_is_gone_is_made_anew_where_nothing_runs(settings: Settings) -> None:
    """`barnabus up` would run the adapter too: what is needed is started for as long as it takes."""
    async with whole(settings) as bus:
        await _all_kinds(bus)
        before = await Picture.of(bus)
        received = bus.app(SOCIAL).inbox.letters()
    _remove(settings)
    words = [sys.executable, "-m", "cli", "recover", "social", "--write", "--json"]
    done = await asyncio.to_thread(subprocess.run, words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["held_up_to"] == 0
    async with whole(settings) as bus:
        await eventually(lambda: len(bus.app(SOCIAL).inbox.letters()) == len(received))
        assert (await Picture.of(bus)).standings == before.standings
        await goes_on(bus)
        log = await bus.living.log()
    assert lost(settings, log) == []
