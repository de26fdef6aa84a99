"""Looks that were taken into cases: each was in the log before it came here, and is over after a while.

A look is the whole case as it was then. What a page shows of it (another moment, what one agency knew, one record) was
all disclosed by it, so it is one entry in the log however long somebody reads in it (docs/adr/0043).
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bus.clock import Clock
from contracts.errors import BarnabusError
from projections.case_log import CaseLog

FOR = timedelta(minutes=30)
"""So long after it began a look is over; sooner if the credential ends, or the case may be closed to it since."""
AT_ONCE = 2
"""So many cases are read at one time; a long one takes seconds of a core."""
OF_ONE, AT_MOST = 4, 16
"""Looks that are kept: of one session, and in all. The oldest gives way."""
RECORDS_AT_MOST = 60_000
"""Of all looks that are kept, beside the newest: about 15 KB of memory each, with what was worked out of them."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who wants to look at what, why, and by which credential; `emergency` is what two people have signed, or empty."""

    case_ref: str
    words: str
    purpose: str
    who: str
    credential: str
    emergency: str = ""


@dataclass(frozen=True, slots=True)
class Seen:
    """The whole case as it was when the log had the look; of made-up cases nobody is named, and nothing is logged.

    `until` is when the credential or the emergency ends.
    """

    case: CaseLog
    person: str | None = None
    purpose: str | None = None
    position: int | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """`number` is what stands for the case in addresses: the position of its first record in the log."""

    case_ref: str
    seen: Seen
    begun_at: datetime
    kept: dict[Any, Any] = field(default_factory=dict)
    """What was worked out of it for pages."""

    @property
    def number(self) -> int:
        return self.seen.case.records[0].stamp.position

    @property
    def made_up(self) -> bool:
        return self.seen.person is None

    @property
    def last(self) -> int:
        """The position up to which it shows the case."""
        return self.seen.case.records[-1].stamp.position

    @property
    def until(self) -> datetime:
        end = self.begun_at + FOR
        return min(end, self.seen.until) if self.seen.until else end

    def document(self) -> dict[str, Any]:
        return {
            "logged_at_position": self.seen.position,
            "person": self.seen.person,
            "purpose": self.seen.purpose,
            "until": self.until.isoformat(),
            "made_up": self.made_up,
        }


class Looks:
    """`look` is how a case is looked at: it raises whatever keeps it from being shown.

    `shut` says whether anything in the log since a position may have closed a case to who looks at it.
    """

    def __init__(
        self,
        look: Callable[[Asking], Awaitable[Seen]],
        shut: Callable[[str, int], Awaitable[bool]],
        clock: Clock,
    ) -> None:
        self._look, self._shut, self._clock = look, shut, clock
        self._open: dict[tuple[str, int], Look] = {}
        self._reading = asyncio.Semaphore(AT_ONCE)

    async def begin(self, session: str, asking: Asking) -> Look:
        """Raises what looking raises."""
        async with self._reading:
            seen = await self._look(asking)
        found = Look(asking.case_ref, seen, self._clock())
        self._open.pop((session, found.number), None)
        self._sweep()
        own = [key for key in self._open if key[0] == session]
        for key in own[: max(len(own) - OF_ONE + 1, 0)]:
            del self._open[key]
        while len(self._open) >= AT_MOST or self._records() > RECORDS_AT_MOST:
            del self._open[next(iter(self._open))]
        self._open[session, found.number] = found
        return found

    async def of(self, session: str, number: int) -> Look:
        """One that is not over. Raises `look.missing`: also if the case was closed to somebody since."""
        self._sweep()
        found = self._open.get((session, number))
        if found and await self._shut(found.case_ref, found.last):
            self._open.pop((session, number), None)
            found = None
        if found is None:
            raise BarnabusError("look.missing")
        return found

    def all(self, session: str) -> list[Look]:
        self._sweep()
        return [look for (whose, _), look in self._open.items() if whose == session]

    def end(self, session: str) -> None:
        for look in self.all(session):
            del self._open[session, look.number]

    def _records(self) -> int:
        return sum(len(look.seen.case.records) for look in self._open.values())

    def _sweep(self) -> None:
        now = self._clock()
        for key, look in list(self._open.items()):
            if now >= look.until:
                del self._open[key]
