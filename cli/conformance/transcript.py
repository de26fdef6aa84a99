"""What the sandbox said of the system so far, and a way to wait until it says something."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from cli.sandbox.report import Line

LOOK_EVERY_S = 0.1
"""While nothing is said: that a system has ended is said by nobody."""
T = TypeVar("T")


@dataclass(slots=True)
class Transcript:
    lines: list[Line] = field(default_factory=list)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, line: Line) -> None:
        self.lines.append(line)
        self._news.set()

    async def until(self, found: Callable[[], T | None], within_s: float, alive: Callable[[], bool]) -> T | None:
        """What is found, looked for whenever something is said; None if nothing is in time, or nobody is there to."""
        loop = asyncio.get_running_loop()
        ends_at = loop.time() + within_s
        while (result := found()) is None and loop.time() < ends_at and alive():
            self._news.clear()
            try:
                async with asyncio.timeout(LOOK_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                continue
        return result
