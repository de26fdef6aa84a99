"""Ending tasks of our own for certain."""

import asyncio
from typing import Any

TELL_AGAIN_S = 1.0


async def end(*tasks: asyncio.Task[Any]) -> None:
    """Cancel these and wait until they have ended, however they do.

    They are told until they listen: `asyncio.wait_for` of Python 3.11 forgets a cancellation that comes together with
    what it waits for, and the task would go on for ever.
    """
    left = set(tasks)
    while left:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=TELL_AGAIN_S)
    await asyncio.gather(*tasks, return_exceptions=True)
