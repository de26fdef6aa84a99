"""Keeping the read models up to date with the log; a rebuild in their place is let in between."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TypeVar

import structlog
from nats.aio.msg import Msg

from bus import directory, tasks
from bus.clock import wall_clock
from bus.settings import Settings
from cli import read_models
from cli.log import reader
from contracts import subjects
from contracts.errors import BarnabusError
from projections import building, pulse
from projections.engine import Projector
from projections.models import MODELS
from projections.view import LIVE, Place

LOOK_EVERY_S = 0.25
"""So often at least it is looked whether the log has grown; what the gateway appends, it tells at once."""
T = TypeVar("T")
_log = structlog.get_logger()


async def follow(settings: Settings) -> None:
    """Until cancelled. Raises what stops it, such as `projections.gap`, and leaves that as its last sign."""
    place = Place.of(settings)
    with contextlib.ExitStack() as held:
        held.enter_context(read_models.alone(settings))
        signs = pulse.Pulse(place.folder, wall_clock)
        try:
            while True:
                await _until_wanted(settings, place, signs)
                held.close()
                while read_models.wanted(settings):
                    signs.beat()
                    await asyncio.sleep(LOOK_EVERY_S)
                held.enter_context(read_models.alone(settings))
        except Exception as error:
            signs.stop(error.code if isinstance(error, BarnabusError) else "internal")
            raise


async def _until_wanted(settings: Settings, place: Place, signs: pulse.Pulse) -> None:
    """Fold what the log gets, until somebody wants to fold it anew."""
    if not place.exists():
        place.begin(LIVE)
    keyring, grown = directory.Live(settings), asyncio.Event()

    async def heard(_: Msg) -> None:
        grown.set()

    with place.opened() as opened:
        projector = Projector(opened, MODELS)
        async with reader(settings) as log:
            await log.nats.subscribe(subjects.LOG_APPENDED, cb=heard)
            _log.info("projections.ready", position=projector.position)
            while not read_models.wanted(settings):
                tasks.heed()
                signs.beat()
                grown.clear()
                try:
                    last = await log.last()
                    if last < projector.position:
                        detail = f"The log ends at position {last}; {projector.position} was folded."
                        raise BarnabusError("projections.gap", detail=detail)
                    entries = building.verified(log, keyring, projector.position + 1, last)
                    await projector.catch_up(_until_asked(settings, entries, signs))
                except BarnabusError as error:
                    if error.code != "log.unavailable":
                        raise
                    _log.warning("projections.waiting", code=error.code)
                else:
                    if projector.position >= last:
                        signs.caught_up()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_EVERY_S):
                        await grown.wait()


async def _until_asked(settings: Settings, entries: AsyncGenerator[T, None], signs: pulse.Pulse) -> AsyncIterator[T]:
    """These, with signs of life while they come, as a long log takes long; no more of them once a rebuild waits."""
    looked = time.monotonic()
    async with contextlib.aclosing(entries):
        async for entry in entries:
            signs.beat()
            yield entry
            if time.monotonic() - looked > LOOK_EVERY_S:
                looked = time.monotonic()
                if read_models.wanted(settings):
                    return
