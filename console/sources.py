"""Out of what the console shows something: given to it from outside, for it knows neither broker nor commands."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Engine

from bus.clock import Clock
from bus.settings import Settings
from console.looks import Asking, Seen
from contracts.places import Places
from contracts.protocol import Protocol
from projections.lag import LogEnd
from projections.models import MODELS
from projections.view import reading

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sources:
    """`rules` are the protocol's in use; `places` is the table that was named, None for the shipped ones.

    All calls may raise any code, and must end in time. `log_end` says where the log ends, seen from a position;
    `examined` is what `barnabus doctor --json` shows; `look` shows a case once the log has it who looks; `prove`
    fetches one record of a case anew, and the receipts at these places, and says whether their signatures hold;
    `parked` is what `barnabus parked list --json` shows.
    """

    settings: Settings
    rules: Protocol
    places: Places | None
    clock: Clock
    log_end: Callable[[int], Awaitable[LogEnd]]
    examined: Callable[[], Awaitable[dict[str, Any]]]
    look: Callable[[Asking], Awaitable[Seen]]
    prove: Callable[[str, int, Sequence[int]], Awaitable[Mapping[str, Any]]]
    parked: Callable[[], Awaitable[dict[str, Any]]]
    checkout: Path | None = None

    @contextmanager
    def view(self) -> Iterator[Engine]:
        """The live one. Raises `projections.missing`, `projections.stale`, `projections.unavailable`."""
        with reading(self.settings, *MODELS) as view:
            yield view

    async def read(self, read: Callable[[Engine], T]) -> T:
        """In a thread of its own: nobody else waits for a database."""

        def look() -> T:
            with self.view() as view:
                return read(view)

        return await asyncio.to_thread(look)
