"""A process is told to end while referrals are under way: it ends by itself, in order, and leaves nothing."""

import signal
from functools import partial

import pytest

from tests.fault.children import naming
from tests.fault.house import ERROR, GATEWAYS, NATS, PROCESSES, House
from tests.fault.traffic import traffic
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

PROMPTLY_S = 15.0
"""Generous: a second or two is usual, and an adapter gives what it has in hand five seconds."""
TELLING = (signal.SIGTERM, signal.SIGINT)


async def _ends(house: House, name: str, how: signal.Signals) -> None:
    """It ends by itself with code 0, says nothing of a failure, and no process that it started is left."""
    before = house.log_of(name)
    house.signal(name, how)
    assert await house.children.end_of(name, PROMPTLY_S) == 0
    said = house.log_of(name).removeprefix(before)
    assert "Traceback" not in said, said
    assert ERROR not in said, said
    assert set(naming(house.home)) <= house.pids_of_the_others(name)


@pytest.mark.parametrize("which", ["police", "the active gateway", "the standby"])
async def test_a_process_that_is_told_to_end_under_load_ends_in_order(house: House, which: str) -> None:
    async with traffic(house.systems) as running:
        for how in TELLING:
            await until("one gateway is active", lambda: house.active)
            standby = next(name for name in GATEWAYS if name != house.active)
            name = {"the active gateway": house.active, "the standby": standby}.get(which, which)
            assert name
            await running.goes_on(3)
            await _ends(house, name, how)
            await house.start(name)
            await house.ready(name)
        await running.goes_on(3)
    await house.verdict.settles()


@pytest.mark.parametrize("how", TELLING)
async def test_processes_that_are_told_to_end_while_nats_is_away_end_in_order(
    house: House, how: signal.Signals
) -> None:
    await house.kill(NATS)
    for name in PROCESSES:
        await until(f"{name} says that NATS is away", partial(house.said, name, "nats.unreachable"))
    for name in PROCESSES:
        await _ends(house, name, how)


@pytest.mark.parametrize("how", TELLING)
async def test_processes_that_wait_for_nats_to_start_are_told_to_end_and_do(house: House, how: signal.Signals) -> None:
    await house.kill(*PROCESSES, NATS)
    for name in PROCESSES:
        await house.start(name)
    for name in PROCESSES:
        await until(f"{name} says that NATS is away", partial(house.said, name, "nats.unreachable"))
    for name in PROCESSES:
        await _ends(house, name, how)


@pytest.mark.parametrize("name", ["police", "gateway-a"])
async def test_a_second_process_of_one_name_is_refused_and_the_first_goes_on(house: House, name: str) -> None:
    first = house.children.pid(name)
    await house.start(name, under="second")
    assert await house.children.end_of("second", PROMPTLY_S) == 1
    assert "home.in-use" in house.log_of("second")
    assert "Traceback" not in house.log_of("second")
    assert house.children.pid(name) == first
    async with traffic(house.systems) as running:
        await running.goes_on(3)
    await house.verdict.settles()
