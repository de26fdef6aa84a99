"""`barnabus keeper`: watching everybody's duties."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

import structlog

from bus import logging, node, tasks
from bus.clock import Clock, wall_clock
from bus.settings import Settings
from cli import show
from cli.log import reader
from cli.run import until_told
from contracts import protocol
from contracts.agencies import Agency
from projections.cases import Cases
from projections.letters import Letters
from projections.records import Records
from projections.snapshot import snapshot
from projections.view import reading
from projections.watched import Watched
from services.keeper.alarms import Alarms
from services.keeper.carrying import Carrier
from services.keeper.reach import read
from services.keeper.signs import Signs
from services.keeper.watching import Watching

if TYPE_CHECKING:
    from services.agency import AgencyApplication
    from services.keeper.application import Keeper

_log = structlog.get_logger()


@show.coded
def keeper() -> None:
    """Watch everybody's duties: say what is owed, what was missed, and what has ended."""
    logging.configure("keeper")
    asyncio.run(until_told(_keeper(Settings())))


async def _keeper(settings: Settings) -> None:
    async with at_work(settings):
        node.keep_what_is_loaded()
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def at_work(settings: Settings, clock: Clock = wall_clock) -> AsyncIterator[None]:
    """The keeper, until left: its adapter, which brings its notices into the log, and its watch.

    Raises `protocol.invalid`, `alarms.invalid`, `home.missing`, `home.in-use`.
    """
    from cli.agencies import APPLICATIONS  # FastStream: a third of a second that no other command should wait for
    from services.adapter import Adapter
    from services.keeper.application import Keeper

    rules = protocol.read(settings.protocol)
    reach = read(settings.alarms) if settings.alarms else None
    if reach is None:
        _log.warning("alarms.none", hint="Set BARNABUS_ALARMS, so that what is missed reaches a person.")

    def opened(application: "AgencyApplication") -> None:
        assert isinstance(application, Keeper)
        application.reach = reach  # what waited for the log since the last time is told of, too

    adapter = Adapter(APPLICATIONS[Agency.KEEPER], settings, clock, opened=opened)
    await adapter.start()
    try:
        assert isinstance(adapter.application, Keeper)
        watch = _watch(settings, adapter.application, rules, adapter.relay.nudge, clock)
        working = [asyncio.create_task(watch)]
        if reach:
            working.append(asyncio.create_task(Carrier(Alarms(adapter.application.store), reach, clock).run()))
        try:
            yield
        finally:
            await tasks.end(*working)
    finally:
        await adapter.stop()


async def _watch(
    settings: Settings,
    keeper: "Keeper",
    rules: protocol.Protocol,
    nudge: Callable[[], None],
    clock: Clock,
) -> None:
    async with reader(settings, patient=True) as log:
        signs = Signs(settings.keeper, keeper.store, clock)
        await Watching(keeper, rules, lambda: _view(settings), log.last, nudge, signs, clock).run()


@contextlib.contextmanager
def _view(settings: Settings) -> Iterator[Watched]:
    """Raises `projections.missing`, `projections.stale`, `projections.unavailable`."""
    with reading(settings, Cases(), Records(), Letters()) as view, snapshot(view) as connection:
        yield Watched.of(connection)
