"""Reading the log: who does, where it ends, and how long what is not folded has waited there."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bus import connection, directory
from bus.log import LogReader, verify
from bus.settings import Settings
from contracts import subjects
from contracts.errors import BarnabusError
from projections.lag import LogEnd

LIMIT_S = 3.0


@contextlib.asynccontextmanager
async def reader(settings: Settings, *, patient: bool = False) -> AsyncIterator[LogReader]:
    """Reads the log as the home's reader. A patient one waits for NATS, else it raises `nats.unreachable`."""
    nats = await connection.connect(settings, "reader", "reader", patient=patient)
    try:
        yield LogReader(nats, api=subjects.API)
    finally:
        await connection.close(nats)


async def log_end(settings: Settings, position: int = 0) -> LogEnd:
    """As seen from a position. Raises `nats.unreachable`, `log.unavailable`, or `log.damaged` with the place."""
    keyring = directory.load(settings)
    try:
        async with reader(settings) as log, asyncio.timeout(LIMIT_S):
            last = await log.last()
            stamps = {}
            for place in {position + 1, last} if last > position else {last} if last else set():
                entry = await log.get(place)
                if entry is None:
                    raise BarnabusError("log.damaged", detail=f"Position {place}: the entry is gone.")
                stamps[place] = verify(entry, keyring).stamp
    except TimeoutError:
        raise BarnabusError("log.unavailable") from None
    newest, waiting = stamps.get(last), stamps.get(position + 1)
    return LogEnd(
        position=last,
        waiting_since=waiting.logged_at if waiting else None,
        synthetic_now=newest.logged_at if newest and newest.synthetic else None,
    )


async def synthetic(settings: Settings) -> bool:
    """Does the log hold made-up cases? Of a log that cannot be read the gateway says what is wrong with it."""
    try:
        return (await log_end(settings)).synthetic_now is not None
    except BarnabusError:
        return False
