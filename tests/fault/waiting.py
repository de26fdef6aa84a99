"""Waiting for what must come, within a generous time; nothing is asserted about how quickly it comes."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, cast

DEADLINE_S = 60.0
LOOK_EVERY_S = 0.05

T = TypeVar("T")


async def until(what: str, look: Callable[[], T | Awaitable[T]], deadline_s: float = DEADLINE_S) -> T:
    """The first true answer of `look`. Fails, saying what was waited for, once the time is over."""
    end = time.monotonic() + deadline_s
    while True:
        answer = look()
        found = cast(T, await answer if inspect.isawaitable(answer) else answer)
        if found:
            return found
        assert time.monotonic() < end, f"Waited {deadline_s:.0f} s in vain until {what}."
        await asyncio.sleep(LOOK_EVERY_S)
