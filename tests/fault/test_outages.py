"""A part is away, hangs, or wakes up late: agencies go on recording, and everything catches up by itself."""

import signal
from functools import partial
from uuid import UUID

import pytest

from contracts.agencies import Agency
from tests.fault.house import GATEWAYS, NATS, House
from tests.fault.traffic import referral, traffic
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(180)]

LONGER_THAN_ANYBODY_WAITS_S = 3.0
"""For an answer of the bus: a relay and a gateway give up after 2 s."""


async def _referred(house: House) -> UUID:
    """A referral by the police that no gateway answers: it is recorded, and not logged."""
    police = house.systems[Agency.POLICE]
    act = await police.do("referral.make", referral(Agency.SOCIAL))
    assert (police.answers[act]["status"], police.answers[act]["stamp"]) == ("recorded", None)
    return act


async def _logged(house: House, act: UUID) -> bool:
    return str(act) in (await house.verdict.log()).ids(Agency.POLICE, receipts=False)


async def test_without_a_gateway_an_act_is_answered_as_recorded_and_logged_by_itself_later(house: House) -> None:
    await house.kill(*GATEWAYS)
    act = await _referred(house)
    assert not await _logged(house, act)
    await house.start("gateway-a")
    await house.verdict.settles()
    assert await _logged(house, act)


async def test_what_was_recorded_before_a_cut_is_logged_after_it_by_the_same_adapters(house: House) -> None:
    before = house.pids(*house.systems)
    await house.kill(*GATEWAYS)
    act = await _referred(house)
    await house.kill(NATS)
    for agency in house.systems:
        await until(f"{agency} says that NATS is away", partial(house.said, agency, "nats.unreachable"))
    await house.start_nats()
    await house.start("gateway-a")
    await house.verdict.settles()
    assert await _logged(house, act)
    async with traffic(house.systems) as running:
        await running.goes_on()
    await house.verdict.settles()
    assert house.pids(*house.systems) == before


async def test_a_server_that_hangs_and_goes_on_loses_and_doubles_nothing(house: House) -> None:
    """What was sent to it is still carried out when it goes on, also what its sender has given up meanwhile."""
    async with traffic(house.systems) as running:
        for _ in range(2):
            await running.goes_on()
            await house.hangs(NATS, LONGER_THAN_ANYBODY_WAITS_S)
        await running.goes_on()
    await house.verdict.settles()


async def test_a_gateway_that_hangs_and_goes_on_does_no_harm_beside_its_successor(house: House) -> None:
    first = house.active
    assert first
    other = next(name for name in GATEWAYS if name != first)
    async with traffic(house.systems) as running:
        await running.goes_on()
        house.signal(first, signal.SIGSTOP)
        try:
            await until(f"{other} is active", lambda: house.active == other)
            await running.goes_on()
        finally:
            house.signal(first, signal.SIGCONT)
        await running.goes_on()
        await until("one gateway is active", lambda: house.active)
    await house.verdict.settles()


async def test_a_gateway_that_slept_through_a_cut_learns_what_its_successor_wrote(house: House) -> None:
    """It is the elder, so the successor steps back for it; what it missed was never sent to it."""
    first = house.active
    assert first
    other = next(name for name in GATEWAYS if name != first)
    house.signal(first, signal.SIGSTOP)
    try:
        await house.kill(NATS)
        await house.start_nats()
        await until(f"{other} is active", lambda: house.active == other)
        police = house.systems[Agency.POLICE]
        act = await police.do("referral.make", referral(Agency.SOCIAL))
        await until("it is logged", lambda: _logged(house, act))
    finally:
        house.signal(first, signal.SIGCONT)
    await until(f"{first} is active again", lambda: house.active == first)
    await police.do("referral.make", referral(Agency.SOCIAL))
    await house.verdict.settles()
