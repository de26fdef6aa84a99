"""What the sandbox said of the system so far, and a way to wait until it says something."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from cli.conformance.asked import Asked
from cli.sandbox.report import Line
from contracts.catalogue import CATALOGUE
from contracts.standing import Move

LOOK_EVERY_S = 0.1
"""While nothing is said: that a system has ended is said by nobody."""
OVERTAKEN = "handoff.void"
"""An act is refused with it that another one came before: nothing is wrong with it where acts can cross."""
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

    def acts(self, asked: Asked) -> Iterator[Line]:
        """What it said on a handoff, and was taken."""
        lines = self.lines[asked.since :]
        return (line for line in lines if line["what"] == "sent" and line["handoff_id"] == asked.id)

    def doubled(self, asked: Asked) -> str | None:
        """The type of an act that it said twice on a handoff, under two ids; None if there is none."""
        ids: dict[str, set[str]] = {}
        for act in self.acts(asked):
            ids.setdefault(act["type"], set()).add(act["id"])
        return next((name for name, under in ids.items() if len(under) > 1 and CATALOGUE[name].move in _ONCE), None)

    def refusals(self, since: int, *, crossing: bool = False) -> list[str]:
        """What was refused it since then, in words, and not before: a mistake that it always makes is no news.

        Where acts can cross, without those that were overtaken; elsewhere there is no reason why one should be.
        """
        always = {_said(line) for line in self.refused(0, since) if line["code"] != OVERTAKEN}
        lines = [line for line in self.refused(since) if not (crossing and line["code"] == OVERTAKEN)]
        return [said for said in map(_said, lines) if said not in always]

    def refused(self, since: int = 0, until: int | None = None) -> list[Line]:
        return [line for line in self.lines[since:until] if line["what"] == "refused"]


_ONCE = frozenset({Move.ACKNOWLEDGE, Move.ACCEPT, Move.DECLINE, Move.START, Move.COMPLETE})


def _said(line: Line) -> str:
    at = f" at {line['field']}" if line.get("field") else ""
    return f"{line['command']} was refused, {line['code']}{at}"
