"""Keeping read models up to date beside a rebuild that wants their place."""

import asyncio
from collections.abc import AsyncGenerator

from bus.clock import wall_clock
from bus.settings import Settings
from cli import following, read_models
from projections.pulse import Pulse, last
from projections.view import Place


async def endless() -> AsyncGenerator[int, None]:
    while True:
        yield 1
        await asyncio.sleep(0)


async def test_a_rebuild_is_let_in_though_a_long_log_is_still_being_folded(settings: Settings) -> None:
    folder = Place.of(settings).folder
    with read_models._wanting(settings):
        async with asyncio.timeout(20):
            taken = [one async for one in following._until_asked(settings, endless(), Pulse(folder, wall_clock))]
    assert taken, "what was taken is folded"
    assert last(folder), "it gave a sign of life"
