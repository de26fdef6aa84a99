"""Where the log ends, and how long what is not folded has waited there."""

import asyncio

from bus import connection, directory
from bus.log import LogReader, verify
from bus.settings import Settings
from contracts import subjects
from contracts.errors import BarnabusError
from projections.lag import LogEnd

LIMIT_S = 3.0


async def log_end(settings: Settings, position: int = 0) -> LogEnd:
    """As seen from a position. Raises `nats.unreachable`, `log.unavailable`, or `log.damaged` with the place."""
    keyring = directory.load(settings)
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        async with asyncio.timeout(LIMIT_S):
            reader = LogReader(nats, api=subjects.API)
            last = await reader.last()
            stamps = {}
            for place in {position + 1, last} if last > position else {last} if last else set():
                entry = await reader.get(place)
                if entry is None:
                    raise BarnabusError("log.damaged", detail=f"Position {place}: the entry is gone.")
                stamps[place] = verify(entry, keyring).stamp
    except TimeoutError:
        raise BarnabusError("log.unavailable") from None
    finally:
        await connection.close(nats)
    newest, waiting = stamps.get(last), stamps.get(position + 1)
    return LogEnd(
        position=last,
        waiting_since=waiting.logged_at if waiting else None,
        synthetic_now=newest.logged_at if newest and newest.synthetic else None,
    )
