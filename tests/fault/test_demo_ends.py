"""However `barnabus demo` and `barnabus sandbox` end: in order, and no process, server or private folder is left."""

import asyncio
import json
import re
import shutil
import signal
from pathlib import Path
from typing import Any

import httpx
import pytest

from console.roles import Role
from tests.consoles import sign_in
from tests.docs.pages import ROOT
from tests.fault.children import naming
from tests.fault.commands import PROMPTLY_S, start, started
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]


async def test_a_demo_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    async with started(tmp_path, "demo", "--home", str(tmp_path / "home")) as demo:
        await demo.says("hears referral.made")
        assert len(naming(tmp_path)) > 4
        assert await demo.ends(signal.SIGKILL) == -signal.SIGKILL


@pytest.mark.parametrize(("options", "how"), [((), signal.SIGINT), (("--once",), signal.SIGTERM)])
async def test_a_demo_that_is_told_to_end_in_the_middle_leaves_nothing(
    tmp_path: Path, options: tuple[str, ...], how: signal.Signals
) -> None:
    """Not even its temporary home. One that was to end by itself says by its code that it did not come to that."""
    async with started(tmp_path, "demo", *options) as demo:
        await demo.says("hears referral.made")
        assert await demo.ends(how) == (130 if options else 0)
    assert "What it came to" not in demo.said
    assert "Traceback" not in demo.said
    assert "nats.unreachable" not in demo.said


async def test_a_demo_lets_in_who_signs_in_as_it_prints_and_ends_its_consoles_too(tmp_path: Path) -> None:
    async with started(tmp_path, "demo", "--cases", "1", "--scenarios", str(_one_story(tmp_path))) as demo:
        await demo.says("Still running")
        said = demo.said
        stories, year = re.findall(r"http://\S+:\d+", said)
        passwords = dict(re.findall(r"^(\w+) +((?:\w{4}-){3}\w{4})  ", said, re.MULTILINE))
        assert set(passwords) == set(Role)
        assert not (await _figures(stories, "operator", passwords["operator"]))["made_up"]
        assert (await _figures(year, "oversight", passwords["oversight"]))["made_up"]
        assert await demo.ends(signal.SIGINT) == 0
    for url in (stories, year):
        with pytest.raises(httpx.ConnectError):
            httpx.get(url)
    assert "Traceback" not in demo.said


async def test_a_demo_that_is_told_to_end_while_its_console_opens_leaves_nothing(tmp_path: Path) -> None:
    at_home = ("--home", str(tmp_path / "home"))
    async with started(tmp_path, "demo", "--json", "--scenarios", str(_one_story(tmp_path)), *at_home) as demo:
        await until("it hashes passwords", (tmp_path / "home" / "console").exists)
        assert await demo.ends(signal.SIGTERM) == 0
    assert demo.said == ""


def _one_story(folder: Path) -> Path:
    stories = folder / "stories"
    stories.mkdir()
    shutil.copy(min((ROOT / "examples" / "scenarios").glob("*.json")), stories)
    return stories


async def _figures(url: str, name: str, password: str) -> Any:
    """How far they are, for somebody who signs in, once all of the log is in them."""
    async with httpx.AsyncClient(base_url=url) as browser:
        assert (await sign_in(browser, name, password)).status_code == 303
        found: dict[str, Any] = {}

        async def current() -> bool:
            found.update((await browser.get("/flow.json")).json()["projections"])
            return bool(found["current"])

        await until("all of the log is in the figures", current)
        return found


async def test_a_sandbox_that_is_told_to_end_sums_up_and_its_home_is_only_shown_from_then_on(tmp_path: Path) -> None:
    at_home = ("--home", str(tmp_path / "home"))
    async with started(tmp_path, "sandbox", "--as", "health", *at_home) as sandbox:
        await sandbox.says("barnabus sandbox ask --from")
        second = await start(tmp_path, "sandbox", "--as", "social", *at_home)
        assert await asyncio.wait_for(second.process.wait(), PROMPTLY_S) == 1
        assert "home.not-new" in sandbox.said
        asking = await start(tmp_path, "sandbox", "ask", "--from", "police")
        assert await asyncio.wait_for(asking.process.wait(), PROMPTLY_S) == 0, sandbox.said
        await sandbox.says("police → you: referral.made")
        assert await sandbox.ends(signal.SIGINT) == 0
    assert "Heard: referral.made 1" in sandbox.said
    assert "Traceback" not in sandbox.said
    async with started(tmp_path, "up") as up:
        await up.says("made-up cases, to look at only")
        assert await up.ends(signal.SIGTERM) == 0


async def test_a_sandbox_without_a_named_home_leaves_none_and_says_each_thing_on_a_line(tmp_path: Path) -> None:
    async with started(tmp_path, "sandbox", "--as", "social", "--json", "--behave", "police=silent") as sandbox:
        await sandbox.says('"what": "ready"')
        assert await sandbox.ends(signal.SIGTERM) == 0
    ready, ended = (json.loads(line) for line in sandbox.said.splitlines())
    assert (ready["what"], ready["agency"], ready["behaves"]["police"]) == ("ready", "social", "silent")
    assert (ended["what"], ended["open"]) == ("ended", [])
    assert not Path(ready["home"]).exists()
