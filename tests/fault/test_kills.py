"""Servers and processes are killed while referrals are under way on both sides, one, several, or all at once."""

import pytest

from tests.fault.house import ADAPTERS, GATEWAYS, NATS, PROCESSES, House
from tests.fault.traffic import traffic
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]


async def test_the_server_is_killed_in_full_flight_and_started_again(house: House) -> None:
    before = house.pids()
    async with traffic(house.systems) as running:
        await running.goes_on()
        await house.kill(NATS)
        await house.start_nats()
        await running.goes_on()
    await house.verdict.settles()
    assert house.pids() == before, "Nobody but the server had to be started again."


async def test_the_standby_takes_over_from_a_killed_gateway_which_comes_back_as_standby(house: House) -> None:
    first = house.active
    assert first
    other = next(name for name in GATEWAYS if name != first)
    async with traffic(house.systems) as running:
        await running.goes_on()
        await house.kill(first)
        await until(f"{other} is active", lambda: house.active == other)
        await running.goes_on()
        await house.start(first)
        await house.ready(first)
        await running.goes_on()
        assert house.active == other
    await house.verdict.settles()


async def test_both_gateways_are_killed(house: House) -> None:
    async with traffic(house.systems) as running:
        await running.goes_on()
        await house.replace(*GATEWAYS)
        await running.goes_on()
    await house.verdict.settles()


async def test_all_adapters_are_killed(house: House) -> None:
    async with traffic(house.systems) as running:
        await running.goes_on()
        await house.replace(*ADAPTERS)
        await running.goes_on()
    await house.verdict.settles()


@pytest.mark.parametrize("server_first", [True, False])
async def test_everything_is_killed_at_once_and_started_again_in_any_order(house: House, server_first: bool) -> None:
    """As in a power cut, but that what the kernel holds is not lost: no test can cut that."""
    async with traffic(house.systems) as running:
        await running.goes_on()
        await house.kill(*PROCESSES, NATS)
        if server_first:
            await house.start_nats()
        for name in PROCESSES:
            await house.start(name)
        if not server_first:
            await until("an adapter says that it waits", lambda: house.said(ADAPTERS[-1], "nats.unreachable"))
            await house.start_nats()
        await running.goes_on()
    await house.verdict.settles()
