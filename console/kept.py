"""What takes long to find out, kept for a moment: one look at a time, however many ask."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Hashable
from typing import Any, Generic, TypeVar

from bus import tasks

T = TypeVar("T")
K = TypeVar("K", bound=Hashable)


class Kept(Generic[T]):
    """Shown without a look for `fresh_s`; and until it is `old_s` old without waiting for the next one."""

    def __init__(self, look: Callable[[], Awaitable[T]], fresh_s: float, old_s: float) -> None:
        self._look, self._fresh_s, self._old_s = look, fresh_s, old_s
        self._found: tuple[T, float] | None = None
        self._error: Exception | None = None
        self._looking: asyncio.Task[None] | None = None

    async def found(self, wait_s: float) -> T | None:
        """What the look comes to, or after waiting for so long what the last one did; None if there was none.

        Raises what the look raised.
        """
        if self._found and self._age_s() < self._fresh_s:
            return self._found[0]
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(self._look_again())
        if self._found and self._age_s() < self._old_s:
            return self._found[0]
        looking = self._looking
        await asyncio.wait({looking}, timeout=wait_s)
        if looking.done() and self._error:
            raise self._error
        return self._found[0] if self._found else None

    async def end(self) -> None:
        if self._looking:
            await tasks.end(self._looking)

    def _age_s(self) -> float:
        return time.monotonic() - self._found[1] if self._found else float("inf")

    async def _look_again(self) -> None:
        begun_s = time.monotonic()
        try:
            self._found, self._error = (await self._look(), begun_s), None
        except Exception as error:  # noqa: BLE001  whoever waits is told
            self._found, self._error = None, error


class Shared(Generic[K, T]):
    """One look for everybody who asks for the same, also later: what is asked for has to say of which state it is.

    The oldest of `most` gives way.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._looks: dict[K, asyncio.Task[T]] = {}

    async def found(self, key: K, look: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Raises what the look raises; who asks after that has it looked at anew."""
        task = self._looks.get(key)
        if task is None:
            while len(self._looks) >= self._most:
                del self._looks[next(iter(self._looks))]
            task = self._looks[key] = asyncio.create_task(look())
        try:
            return await asyncio.shield(task)
        except Exception:
            if self._looks.get(key) is task:
                del self._looks[key]
            raise

    async def end(self) -> None:
        for task in self._looks.values():
            await tasks.end(task)
