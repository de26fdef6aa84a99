"""Anything may be killed or hang at any moment, again and again, while referrals are under way on both sides.

The moments and the victims follow from a seed, which is shown; BARNABUS_FAULT_SEED gives another one.
"""

import asyncio
import os
import random
import time

import pytest

from tests.fault.house import NATS, PROCESSES, House
from tests.fault.traffic import traffic

pytestmark = [pytest.mark.fault, pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(240)]

KILLING_S = 20.0
PAUSE_S = (0.1, 0.9)
HANGS, HANG_S = 0.08, (0.3, 2.5)
"""How often a victim hangs for a while instead, and for how long."""
VICTIMS = (*PROCESSES, *PROCESSES, NATS)


async def test_killing_anything_at_any_moment_loses_and_doubles_nothing(house: House) -> None:
    seed = int(os.environ.get("BARNABUS_FAULT_SEED") or random.SystemRandom().randrange(10**6))
    print(f"BARNABUS_FAULT_SEED={seed}")  # noqa: T201
    dice, end = random.Random(seed), time.monotonic() + KILLING_S
    killed: list[str] = []
    async with traffic(house.systems) as running:
        while time.monotonic() < end:
            await asyncio.sleep(dice.uniform(*PAUSE_S))
            house.all_run()
            if dice.random() < HANGS:
                await house.hangs(dice.choice(VICTIMS), dice.uniform(*HANG_S))
                continue
            victims = {dice.choice(VICTIMS) for _ in range(dice.choice((1, 1, 1, 2)))}
            await house.kill(*sorted(victims))
            for name in sorted(victims):
                await (house.start_nats() if name == NATS else house.start(name))
            killed += victims
        accepted = {agency: len(system.answers) for agency, system in house.systems.items()}
        await running.goes_on()
    await house.verdict.settles()
    house.all_run()
    await house.verdict.everything_is_told(systems_too=False)
    print({name: killed.count(name) for name in sorted(set(killed))}, accepted)  # noqa: T201
