"""However `barnabus up` ends: in order, and no process, server or private folder is left."""

import asyncio
import json
import os
import signal
from pathlib import Path

import pytest

from bus import connection
from cli.agencies import OF_THE_FIELD
from contracts import subjects
from tests.fault.children import naming
from tests.fault.commands import PROMPTLY_S, start, started
from tests.fault.records_system import RecordsSystem
from tests.fault.traffic import Traffic
from tests.fault.verdict import Verdict
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]

UP = "Barnabus is up"
TOLD = (signal.SIGTERM, signal.SIGINT)


async def test_up_that_is_killed_takes_its_server_with_it(tmp_path: Path) -> None:
    async with started(tmp_path, "up") as up:
        await up.says(UP)
        assert up.server
        assert await up.ends(signal.SIGKILL) == -signal.SIGKILL


@pytest.mark.parametrize(
    ("after", "how"),
    [
        ("run/server.lock", signal.SIGTERM),
        ("run/nats.url", signal.SIGINT),
        ("gateway/a.lock", signal.SIGTERM),
        ("stores/police.lock", signal.SIGINT),
    ],
)
async def test_up_that_is_told_to_end_while_it_starts_ends_in_order(
    tmp_path: Path, after: str, how: signal.Signals
) -> None:
    """Each step of its start leaves a file: it is told as soon as that is there."""
    async with started(tmp_path, "up") as up:
        await until(f"{after} is there", (up.settings.home / after).exists)
        assert await up.ends(how) == 0
    assert "Traceback" not in up.said


@pytest.mark.parametrize("how", TOLD)
async def test_up_that_is_told_to_end_under_load_keeps_what_it_accepted(tmp_path: Path, how: signal.Signals) -> None:
    async with started(tmp_path, "up") as up:
        await up.says(UP)
        systems = {agency: await RecordsSystem.connected(agency, up.settings) for agency in OF_THE_FIELD}
        running = Traffic(systems)
        running.begin()
        await running.goes_on(3)
        assert await up.ends(how) == 0
        await running.break_off()
        for system in systems.values():
            await connection.close(system.nats)
    assert "Traceback" not in up.said
    (tmp_path / "said.txt").unlink()
    async with started(tmp_path, "up") as up:
        await up.says(UP)
        await Verdict(up.settings, systems).settles()


@pytest.mark.parametrize("what", [signal.SIGKILL, signal.SIGSTOP])
async def test_up_that_is_told_to_end_while_its_server_is_dead_or_hangs_ends_in_order(
    tmp_path: Path, what: signal.Signals
) -> None:
    async with started(tmp_path, "up") as up:
        await up.says(UP)
        os.kill(up.server, what)
        assert await up.ends(signal.SIGTERM) == 0
    assert "Traceback" not in up.said


async def test_up_ends_with_its_gateway_and_says_why(tmp_path: Path) -> None:
    """A gateway that may not write any more is not replaced in silence by none at all."""
    async with started(tmp_path, "up") as up:
        await up.says(UP)
        gateway = await connection.connect(up.settings, "gateway", "gateway", patient=False)
        provisioner = await connection.connect(up.settings, "gateway", "provisioner", patient=False)
        js = provisioner.jetstream()
        config = (await js.stream_info(subjects.CASES)).config
        await js.update_stream(config, max_age=3600.0)
        # an elder gateway: this one steps back, and looks at the streams before it takes over again
        elder = json.dumps({"name": "elder", "since": "2020-01-01T00:00:00+00:00"}).encode()
        await gateway.publish(subjects.GATEWAY_ALIVE, elder)
        for nats in (gateway, provisioner):
            await connection.close(nats)
        assert await up.ends() == 1
    assert "log.misconfigured" in up.said
    assert "max_age" in up.said
    assert "Traceback" not in up.said


async def test_read_models_are_there_at_once_and_what_ends_them_ends_nothing_else(tmp_path: Path) -> None:
    def theirs() -> set[int]:
        return {pid for pid, line in naming(tmp_path).items() if "projections run" in line}

    async with started(tmp_path, "up") as up:
        await up.says(UP)
        looked = await start(tmp_path, "handoffs", "list")
        assert await asyncio.wait_for(looked.process.wait(), PROMPTLY_S) == 0, up.said
        before = theirs()
        for pid in before:
            os.kill(pid, signal.SIGKILL)
        await up.says("projections.ended")
        doctor = await start(tmp_path, "doctor")
        assert await asyncio.wait_for(doctor.process.wait(), PROMPTLY_S) == 0, up.said
        await until("they run again", lambda: len(theirs() - before) == 1)
        assert await up.ends(signal.SIGTERM) == 0
    assert "Traceback" not in up.said


async def test_a_second_up_on_one_home_is_refused_and_the_first_goes_on(tmp_path: Path) -> None:
    async with started(tmp_path, "up") as first:
        await first.says(UP)
        second = await start(tmp_path, "up")
        assert await asyncio.wait_for(second.process.wait(), PROMPTLY_S) == 1
        assert "home.in-use" in first.said
        assert "Traceback" not in first.said
        doctor = await start(tmp_path, "doctor")
        assert await asyncio.wait_for(doctor.process.wait(), PROMPTLY_S) == 0, first.said
