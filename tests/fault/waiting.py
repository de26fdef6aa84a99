"""Waiting for what must come, within a generous time; nothing is asserted about how quickly it comes."""

import asyncio
import inspect
import time
from collections.abc import Callable

DEADLINE_S = 60.0
LOOK_EVERY_S = 0.05


async def until(what: str, look: Callable[[], object], deadline_s: float = DEADLINE_S) -> None:
    """Until `look` answers something true. Fails, saying what was waited for, once the time is over."""
    end = time.monotonic() + deadline_s
    while True:
        answer = look()
        if await answer if inspect.isawaitable(answer) else answer:
            return
        assert time.monotonic() < end, f"Waited {deadline_s:.0f} s in vain until {what}."
        await asyncio.sleep(LOOK_EVERY_S)
