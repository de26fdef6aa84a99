"""The read models of a home at work: a process of their own, for what they fold at once would hold up a gateway."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import structlog

from bus import directory, node, tasks
from bus.settings import Settings
from cli.processes import Processes
from contracts.errors import BarnabusError
from projections.engine import Projector
from projections.models import MODELS
from projections.view import LIVE, Place

NAME = "projections"
START_AGAIN_S = 5.0
STEP_ASIDE_S = 10.0
"""So long a rebuild waits for a run to let go of the view."""
TRY_EVERY_S = 0.1
_log = structlog.get_logger()


@contextlib.contextmanager
def writing(settings: Settings) -> Iterator[None]:
    """One writer. Raises `home.in-use`."""
    with node.locked(settings.home / "projections" / "writer.lock", "A writer of read models"):
        yield


@contextlib.contextmanager
def alone(settings: Settings) -> Iterator[None]:
    """One writer, of a home that there is. Raises `home.in-use`."""
    directory.load(settings)  # says what to do where there is no home
    with writing(settings):
        yield


@contextlib.contextmanager
def rebuilding(settings: Settings) -> Iterator[None]:
    """Likewise, but a run steps aside for as long as this lasts. Raises `home.in-use` if none does in time."""
    directory.load(settings)  # before there is a lock, and so a folder, where there is no home
    until = time.monotonic() + STEP_ASIDE_S
    with contextlib.ExitStack() as held:
        for lock in (_wanting, alone):
            while True:
                try:
                    held.enter_context(lock(settings))
                    break
                except BarnabusError as error:
                    if error.code != "home.in-use" or time.monotonic() > until:
                        raise
                time.sleep(TRY_EVERY_S)
        yield


def wanted(settings: Settings) -> bool:
    """Does somebody want to fold the log anew?"""
    try:
        with _wanting(settings):
            return False
    except BarnabusError:
        return True


@contextlib.contextmanager
def _wanting(settings: Settings) -> Iterator[None]:
    with node.locked(settings.home / "projections" / "rebuild.lock", "A rebuild of read models"):
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
            with place.opened() as opened:
                Projector(opened, MODELS)  # it says of which version the view is, else readers take it for another's


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
