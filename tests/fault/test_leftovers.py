"""However `barnabus up` and `barnabus demo` end: no process, no server and no private folder of theirs is left."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fault.children import naming
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]


async def _start(home: Path, *arguments: str) -> asyncio.subprocess.Process:
    """`barnabus ARGUMENTS` over a home, with a folder of its own for what is temporary."""
    scratch = home.parent / "scratch"
    scratch.mkdir(exist_ok=True)
    environment = os.environ | {"BARNABUS_HOME": str(home), "TMPDIR": str(scratch)}
    environment.pop("BARNABUS_NATS_URL", None)
    with (home.parent / "said.txt").open("ab") as said:
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said, env=environment, start_new_session=True,
        )  # fmt: skip


@contextlib.asynccontextmanager
async def started(home: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The command while inside; on the way out everything of this home is killed, should a test have failed."""
    process = await _start(home, *arguments)
    try:
        yield process
    finally:
        for pid in naming(home.parent):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await process.wait()


async def _is_up(home: Path, process: asyncio.subprocess.Process, line: str) -> None:
    def said() -> bool:
        found = (home.parent / "said.txt").read_text()
        assert process.returncode is None, found
        return line in found

    await until(f"it says {line!r}", said)


async def _nothing_is_left(home: Path) -> None:
    await until("its processes have ended", lambda: not naming(home), 20.0)
    await until("its private folders have gone", lambda: not list((home.parent / "scratch").iterdir()), 20.0)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_however_up_ends_its_server_ends_with_it(tmp_path: Path, how: signal.Signals) -> None:
    home = tmp_path / "home"
    async with started(home, "up") as process:
        await _is_up(home, process, "Barnabus is up")
        assert any("nats-server" in line for line in naming(home).values())
        process.send_signal(how)
        code = await asyncio.wait_for(process.wait(), 15.0)
        await _nothing_is_left(home)
    assert code == (-how if how is signal.SIGKILL else 0)
    assert "Traceback" not in (tmp_path / "said.txt").read_text()


async def test_a_second_up_on_one_home_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with started(home, "up") as first:
        await _is_up(home, first, "Barnabus is up")
        second = await _start(home, "up")
        assert await asyncio.wait_for(second.wait(), 15.0) == 1
        said = (tmp_path / "said.txt").read_text()
        assert "home.in-use" in said
        assert "Traceback" not in said
        doctor = await _start(home, "doctor")
        assert await asyncio.wait_for(doctor.wait(), 15.0) == 0, (tmp_path / "said.txt").read_text()


async def test_a_demo_that_is_killed_leaves_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    async with started(home, "demo", "--home", str(home)) as process:
        await _is_up(home, process, "hears referral.made")
        assert len(naming(home)) > 4
        process.kill()
        await process.wait()
        await _nothing_is_left(home)
