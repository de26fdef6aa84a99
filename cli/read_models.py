"""The read models of a home at work: a process of their own, for what they fold at once would hold up a gateway."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

import structlog

from bus import node, tasks
from bus.settings import Settings
from cli.processes import Processes
from contracts.errors import BarnabusError
from projections.view import LIVE, Place

NAME = "projections"
START_AGAIN_S = 5.0
_log = structlog.get_logger()


@contextlib.contextmanager
def writing(settings: Settings) -> Iterator[None]:
    """One writer. Raises `home.in-use`."""
    with node.locked(settings.home / "projections" / "writer.lock", "A writer of read models"):
        yield


@contextlib.asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[None]:
    """`barnabus projections run` as a child until left, started again should it end: the bus does not stop with it.

    Raises `setting.invalid`.
    """
    _there_at_once(settings, Place.of(settings))
    processes = Processes(settings)
    try:
        await processes.start(NAME, "projections", "run")
        keeping = asyncio.create_task(_keep(processes))
        try:
            yield
        finally:
            await tasks.end(keeping)
    finally:
        await processes.stop_all()


def _there_at_once(settings: Settings, place: Place) -> None:
    """An empty view, so that it can be asked before the child has come up; in a database the child makes it."""
    if place.url is None and not place.exists():
        with contextlib.suppress(BarnabusError), writing(settings):  # else somebody is making it
            place.begin(LIVE)


async def _keep(processes: Processes) -> None:
    """Until cancelled. What ends it is said once."""
    said = None
    while True:
        await processes.ended(NAME)
        try:
            processes.check(NAME)
        except BarnabusError as error:
            if error.detail != said:
                said = error.detail
                _log.warning("projections.ended", detail=said, log=str(processes.log_of(NAME)))
        await asyncio.sleep(START_AGAIN_S)
        await processes.start(NAME, "projections", "run")
