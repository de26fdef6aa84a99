"""What an adapter does on and on: a failure that nobody foresaw is said, and it is tried again."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from contracts.agencies import Agency
from contracts.errors import BarnabusError

AGAIN_AFTER_S = 1.0
SAID_EVERY_S = 10.0
"""While it goes on failing alike: a store that is away for an hour is one line every ten seconds."""
_log = structlog.get_logger()


async def on_and_on(agency: Agency, failed: str, work: Callable[[], Awaitable[None]]) -> None:
    """Until cancelled; `failed` is how its failures are logged. A dead relay would be silence."""
    said, again_at = "", 0.0
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001
            if named(error) != said or time.monotonic() > again_at:
                said, again_at = named(error), time.monotonic() + SAID_EVERY_S
                _log.error(failed, agency=agency.value, error=said, exc_info=True)
            await asyncio.sleep(AGAIN_AFTER_S)


def named(error: Exception) -> str:
    """What a log line calls a failure: its code, or its type."""
    return error.code if isinstance(error, BarnabusError) else type(error).__name__
