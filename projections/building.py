"""Building a view from the first entry on, aside from the one that people read (docs/adr/0027)."""

import gc
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager

import structlog

from bus.directory import Keyring
from bus.log import Logged, LogReader, verify
from bus.rereading import again
from contracts.errors import BarnabusError
from projections.engine import Progress, Projector, progress
from projections.models import MODELS
from projections.view import Place

AT_ONCE = 5_000
"""So many entries are folded in one transaction where nobody reads yet."""
COLLECTED_AFTER = 200_000
"""So many objects more than before, and Python looks for those that hold each other."""
_log = structlog.get_logger()


async def build(
    reader: LogReader, keyring: Keyring, place: Place, view: str, known: Progress | None, *, upto: int | None = None
) -> Progress:
    """Fold the whole log, or as far as `upto`, into a new view. Raises `projections.gap`, `log.damaged`.

    What was verified as far as `known` is only held against what was seen then. Should the log be another by now, every
    signature is verified anew, so that what is wrong is named.
    """
    last = await reader.last() if upto is None else upto
    with _seldom_collected():
        if known and not await _again(reader, place, view, known, last):
            _log.warning("projections.other-log", position=known.position)
            known = None
        if known is None:
            place.begin(view)
        with place.opened(view) as opened:
            projector = Projector(opened, MODELS)
            rest = verified(reader, keyring, projector.position + 1, last)
            await projector.catch_up(rest, chunk_entries=AT_ONCE)
            return progress(opened, tallies=True)


async def verified(reader: LogReader, keyring: Keyring, first: int, last: int) -> AsyncGenerator[Logged, None]:
    """These entries, each one's signatures verified. Raises `log.damaged`."""
    async for entry in reader.entries(first, last):
        yield verify(entry, keyring)


async def _again(reader: LogReader, place: Place, view: str, known: Progress, last: int) -> bool:
    """Fold what was verified once. Is it what it was then?"""
    if known.position > last:
        return False
    place.begin(view)
    with place.opened(view) as opened:
        projector = Projector(opened, MODELS)
        entries = (again(entry) async for entry in reader.entries(1, known.position))
        try:
            await projector.catch_up(entries, chunk_entries=AT_ONCE)
        except BarnabusError as error:
            if error.code == "log.unavailable":
                raise
            return False
        return projector.seen == known.seen


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Many objects are made here and none goes in circles: looking through them again and again takes a fifth."""
    usual = gc.get_threshold()
    gc.set_threshold(COLLECTED_AFTER)
    try:
        yield
    finally:
        gc.set_threshold(*usual)
