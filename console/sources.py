"""Out of what the console shows something: given to it from outside, for it knows neither broker nor commands."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from bus.clock import Clock
from bus.settings import Settings
from contracts.places import Places
from contracts.protocol import Protocol
from projections.lag import LogEnd
from projections.models import MODELS
from projections.view import reading


@dataclass(frozen=True, slots=True)
class Sources:
    """`rules` are the protocol's in use; `places` is the table that was named, None for the shipped ones.

    `log_end` says where the log ends, seen from a position; `examined` is what `barnabus doctor --json` shows. Both may
    raise any code, and must end in time.
    """

    settings: Settings
    rules: Protocol
    places: Places | None
    clock: Clock
    log_end: Callable[[int], Awaitable[LogEnd]]
    examined: Callable[[], Awaitable[dict[str, Any]]]

    @contextmanager
    def view(self) -> Iterator[Engine]:
        """The live one. Raises `projections.missing`, `projections.stale`, `projections.unavailable`."""
        with reading(self.settings, *MODELS) as view:
            yield view
