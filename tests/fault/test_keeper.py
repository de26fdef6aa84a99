"""The keeper dies at any moment, and so does what it stands on: each notice is in the log once, and none is lacking."""

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest
import pytest_asyncio

from bus.clock import wall_clock
from cli.agencies import opened
from contracts.agencies import Agency
from contracts.protocol import read
from tests.fault.house import House, open_house
from tests.fault.kept import amiss, given
from tests.fault.traffic import CHILD, traffic
from tests.fault.waiting import until

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

POINTS = {"keeper.judged": 2, "keeper.recorded": 1}
"""Each with how often it is passed before the keeper dies there."""
KEEPER, PROJECTIONS = "keeper", "projections"
WATCHED = Path(__file__).parents[1] / "protocols" / "watched"
CONCERN = {"to": "police", "concerns": CHILD, "notified": [], "urgency": "routine"}
KILLING_S, PAUSE_S = 5.0, (0.1, 0.7)
VICTIMS = (KEEPER, KEEPER, KEEPER, PROJECTIONS, "gateway-a", "gateway-b", "social")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BARNABUS_PROTOCOL", str(WATCHED))
        async with open_house(tmp_path_factory.mktemp("home")) as house:
            yield house


@pytest_asyncio.fixture(loop_scope="module")
async def house(running: House) -> House:
    """Everything runs, whatever the test before has left, and the keeper has begun before anything is said."""
    await running.all_up()
    for name in (PROJECTIONS, KEEPER):
        if not running.children.running(name):
            await start(running, name)
    await until("the keeper looks", lambda: '"agency": "keeper"' in running.log_of(KEEPER))
    return running


async def start(house: House, name: str, kill_at: str | None = None) -> None:
    if name in (KEEPER, PROJECTIONS):
        await house.children.start(name, *((name, "run") if name == PROJECTIONS else (name,)), kill_at=kill_at)
    else:
        await house.start(name, kill_at)


async def all_is_said(house: House) -> None:
    """Until everything is in the log and signed for, and the keeper has said what follows from it, once."""
    await house.verdict.settles()
    protocol, found = read(WATCHED), list[str]()

    async def nothing_amiss() -> bool:
        entries = (await house.verdict.log()).entries
        found[:] = amiss(entries, protocol, wall_clock())
        return not found

    try:
        await until("nothing is amiss", nothing_amiss, 30.0)
    except AssertionError:
        raise AssertionError("\n".join(found[:10])) from None
    said = given((await house.verdict.log()).entries)
    assert {"duty.opened", "duty.breached", "duty.escalated"} <= set(said), said
    failures = [line for line in house.log_of(KEEPER).splitlines() if '"level": "error"' in line]
    assert not failures, failures[:3]


def recorded(house: House) -> set[str]:
    """The notices in the keeper's own store."""
    with opened(Agency.KEEPER, house.settings) as application:
        return {row["id"] for row in application.store.read("SELECT id FROM commands")}


async def logged(house: House) -> set[str]:
    return set((await house.verdict.log()).ids(Agency.KEEPER, receipts=False))


async def test_a_keeper_that_dies_at_its_points_says_all_of_it_once_it_is_back(house: House) -> None:
    for point, times in POINTS.items():
        await house.kill(KEEPER)
        for _ in range(times):
            await house.systems[Agency.SOCIAL].do("concern.report", CONCERN)
        await start(house, KEEPER, kill_at=f"{point}:{times}")
        await house.dies(KEEPER)
        left = recorded(house) - await logged(house)
        assert left or point == "keeper.judged", "what is recorded last is not sent"
        await start(house, KEEPER)
        await until("it is sent", partial(_all_logged, house, left))
    await all_is_said(house)


async def _all_logged(house: House, ids: set[str]) -> bool:
    return ids <= await logged(house)


async def test_whatever_is_killed_at_any_moment_each_notice_is_in_the_log_once_and_none_is_lacking(
    house: House,
) -> None:
    seed = int(os.environ.get("BARNABUS_FAULT_SEED") or random.SystemRandom().randrange(10**6))
    print(f"BARNABUS_FAULT_SEED={seed}")  # noqa: T201
    dice, end = random.Random(seed), time.monotonic() + KILLING_S
    await house.systems[Agency.SOCIAL].do("concern.report", CONCERN)  # of long ago: what is owed of it is missed
    async with traffic(house.systems) as running:
        while time.monotonic() < end:
            await asyncio.sleep(dice.uniform(*PAUSE_S))
            victim = dice.choice(VICTIMS)
            await house.kill(victim)
            await start(house, victim)
        await running.goes_on(2)
    await all_is_said(house)
