"""Ending tasks of our own for certain."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

TELL_AGAIN_S = 1.0
T = TypeVar("T")


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


async def outcome(work: Coroutine[Any, Any, T]) -> T:
    """What this comes to. A cancellation reaches it for certain, whatever it waits for."""
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task})
    finally:
        await end(task)
    return task.result()


def heed() -> None:
    """Between two steps: ends the task that calls this if it was cancelled and the cancellation got lost."""
    task = asyncio.current_task()
    if task and task.cancelling():
        raise asyncio.CancelledError
