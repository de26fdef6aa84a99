"""What the console keeps of what is owed: reckoned here or in a process apart, as fresh as the log, gone with it."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from asyncio.subprocess import Process
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from bus.log import Logged
from bus.provisioning import provision
from bus.settings import Settings
from console import apart, owing
from console.app import Console
from console.scratch import Scratch
from projections.engine import Projector
from projections.models import MODELS
from projections.view import Place
from tests.benchmarks.entries import year
from tests.builders import now
from tests.consoles import accounts, console, read_models, sign_in, visited
from tests.integration.test_console import said_by_the_command

pytestmark = pytest.mark.usefixtures("commands_at_hand")
ENTRIES, MORE, SEED = 900, 60, 7


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(home=tmp_path / "home", nats_url=None)
    provision(found, now())
    read_models(found, ENTRIES)
    return found


def _more() -> list[Logged]:
    """Of the same year, what comes after what was folded."""
    return [entry.logged() for entry in islice(year(ENTRIES, SEED).entries(), ENTRIES, ENTRIES + MORE)]


def left(settings: Settings) -> list[Path]:
    return [path for path in (settings.home / "console").iterdir() if path.is_dir()]


def runs(process: int) -> bool:
    """A zombie does not: in a container, nobody may be there to take leave of it."""
    try:
        return ") Z " not in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False


async def test_many_cases_are_reckoned_by_a_process_apart_and_come_to_the_same(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(owing, "AT_HAND", 0)
    served = console(settings, accounts(settings.home))
    async with visited(served) as browser:
        await sign_in(browser)
        found = (await browser.get("/duties.json?closed=yes&limit=1000")).json()
        words = ("duties", "list", "--closed", "--limit", "1000", "--json")
        told = await said_by_the_command(settings.home, monkeypatch, *words)
        assert told["duties"]
        assert {name: found[name] for name in told} == told
    await served.close()


async def test_a_page_shows_what_has_changed_since(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(owing, "FRESH_S", 0)
    monkeypatch.setattr(owing, "OLD_S", 0)
    served = console(settings, accounts(settings.home))
    async with visited(served) as browser:
        await sign_in(browser)
        before = (await browser.get("/duties.json?limit=1000")).json()
        with Place.of(settings).opened() as view:
            Projector(view, MODELS).apply(_more())
        found = (await browser.get("/duties.json?limit=1000")).json()
        words = ("duties", "list", "--limit", "1000", "--json")
        told = await said_by_the_command(settings.home, monkeypatch, *words)
        assert found["folded"]["position"] == before["folded"]["position"] + MORE
        assert {name: found[name] for name in told} == told
        assert found["duties"] != before["duties"]
    await served.close()


async def test_the_end_of_the_console_ends_what_it_began_and_leaves_nothing_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, has_begun = list[Process](), asyncio.Event()
    begin = asyncio.create_subprocess_exec

    async def noted(*command: Any, **more: Any) -> Process:
        begun.append(await begin(*command, **more))
        has_begun.set()
        return begun[0]

    monkeypatch.setattr(asyncio, "create_subprocess_exec", noted)
    monkeypatch.setattr(owing, "AT_HAND", 0)
    served: Console = console(settings, accounts(settings.home))
    await served.look_ahead()
    await asyncio.wait_for(has_begun.wait(), 10)
    assert len(left(settings)) == 1
    await served.close()
    assert begun[0].returncode == -signal.SIGKILL
    assert left(settings) == []


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere it ends once it is done")
def test_the_process_apart_ends_with_a_console_that_was_killed() -> None:
    starts = (
        "import os, subprocess, sys, time; "
        f"p = subprocess.Popen([sys.executable, '-m', '{apart.__name__}', str(os.getpid())], stdin=subprocess.PIPE); "
        "print(p.pid, flush=True); time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", starts], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as killed:
        assert killed.stdout
        child = int(killed.stdout.readline())
        killed.kill()
    until = time.monotonic() + 10
    while runs(child) and time.monotonic() < until:
        time.sleep(0.02)
    assert not runs(child)


def test_what_a_killed_console_left_is_swept_and_what_another_one_uses_is_not(tmp_path: Path) -> None:
    used, swept = Scratch(tmp_path, "owed"), tmp_path / "owed-killed"
    path = used.file("open.db", lambda coming: coming.touch())
    swept.mkdir()
    (swept / "open.db").touch()
    other = Scratch(tmp_path, "owed")
    other.file("open.db", lambda coming: coming.touch())
    assert (path.exists(), swept.exists()) == (True, False)
    assert os.stat(path.parent).st_mode & 0o077 == 0
    for one in (used, other):
        one.end()
    assert list(tmp_path.iterdir()) == []
