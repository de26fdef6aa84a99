"""`barnabus up` and `barnabus demo` are told to end in the middle of their work: in order, nothing is left."""

import asyncio
import contextlib
import os
import signal
from pathlib import Path

import pytest

from bus.settings import Settings
from cli.agencies import APPLICATIONS
from contracts.agencies import Agency
from tests.fault.children import naming
from tests.fault.records_system import RecordsSystem
from tests.fault.test_leftovers import _is_up, _nothing_is_left, started
from tests.fault.traffic import Traffic
from tests.fault.verdict import Verdict

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

PROMPTLY_S = 30.0
"""Generous: a second or two is usual; a server that hangs is given five before it is killed."""
UP = "Barnabus is up"


def _server_of(home: Path) -> int:
    (pid,) = (pid for pid, line in naming(home).items() if "nats-server" in line and "leash.py" not in line)
    return pid


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
async def test_up_that_is_told_to_end_under_load_keeps_what_it_accepted(tmp_path: Path, how: signal.Signals) -> None:
    home = tmp_path / "home"
    settings = Settings(home=home, nats_url=None)
    async with started(home, "up") as process:
        await _is_up(home, process, UP)
        systems = {agency: await RecordsSystem.connected(agency, settings) for agency in APPLICATIONS}
        running = Traffic(systems)
        running.lanes += [
            asyncio.create_task(running.lane(*way))
            for way in ((Agency.POLICE, Agency.SOCIAL), (Agency.SOCIAL, Agency.POLICE))
        ]
        await running.goes_on(3)
        process.send_signal(how)
        assert await asyncio.wait_for(process.wait(), PROMPTLY_S) == 0
        for lane in running.lanes:
            lane.cancel()
        await asyncio.gather(*running.lanes, return_exceptions=True)
        for system in systems.values():
            with contextlib.suppress(OSError):  # it may hold bytes for a socket that is gone
                await system.nats.close()
        await _nothing_is_left(home)
    said = tmp_path / "said.txt"
    assert "Traceback" not in said.read_text()
    said.unlink()
    async with started(home, "up") as process:
        await _is_up(home, process, UP)
        await Verdict(settings, systems).settles()


@pytest.mark.parametrize("what", [signal.SIGKILL, signal.SIGSTOP])
async def test_up_that_is_told_to_end_while_its_server_is_dead_or_hangs_ends_in_order(
    tmp_path: Path, what: signal.Signals
) -> None:
    home = tmp_path / "home"
    async with started(home, "up") as process:
        await _is_up(home, process, UP)
        os.kill(_server_of(home), what)
        process.send_signal(signal.SIGTERM)
        assert await asyncio.wait_for(process.wait(), PROMPTLY_S) == 0
        await _nothing_is_left(home)
    assert "Traceback" not in (tmp_path / "said.txt").read_text()


@pytest.mark.parametrize(("options", "how"), [((), signal.SIGINT), (("--once",), signal.SIGTERM)])
async def test_a_demo_that_is_told_to_end_in_the_middle_leaves_nothing(
    tmp_path: Path, options: tuple[str, ...], how: signal.Signals
) -> None:
    """Not even its temporary home. One that was to end by itself says by its code that it did not come to that."""
    home = tmp_path / "home"
    async with started(home, "demo", *options) as process:
        await _is_up(home, process, "hears referral.made")
        process.send_signal(how)
        code = await asyncio.wait_for(process.wait(), PROMPTLY_S)
        await _nothing_is_left(tmp_path / "scratch")  # its home lies there, and every process is told of it
    said = (tmp_path / "said.txt").read_text()
    assert "What it came to" not in said
    assert "Traceback" not in said
    assert code == (130 if options else 0)
