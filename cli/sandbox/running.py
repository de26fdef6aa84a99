"""A sandbox at work: a new home's server, gateway, adapters, read models and keeper in this process, on one clock."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from pathlib import Path

from nats.aio.msg import Msg

from bus import connection, node, tasks
from bus.provisioning import must_be_new
from bus.server import ANY_PORT
from bus.settings import Settings
from cli import following, keeper
from cli.agencies import OF_THE_FIELD
from cli.sandbox import speaking
from cli.sandbox.behaving import PAUSE_S, Behaviour
from cli.sandbox.clock import Ahead
from cli.sandbox.counterpart import Counterpart
from cli.sandbox.doing import Sandbox
from cli.sandbox.owing import Owing
from cli.sandbox.report import Line, Report
from cli.sandbox.watched import Watched
from contracts import protocol, subjects
from contracts.agencies import Agency
from services.adapter import Adapter, stop
from services.systems import Hook
from services.web.address import ANYWHERE, Address

FIRST = "first-command.json"
"""In the home: a command that the agency's own system could begin with."""


@contextlib.asynccontextmanager
async def at_work(
    settings: Settings,
    me: Agency,
    behaves: Mapping[Agency, Behaviour],
    say: Callable[[Line], None],
    *,
    port: int = ANY_PORT,
    pause_s: float = PAUSE_S,
    listen: Address = ANYWHERE,
    hook: Hook | None = None,
) -> AsyncIterator[Sandbox]:
    """Everything but `me`'s own system, until left; its adapter listens there, and tells that hook.

    Raises `home.not-new`, `nats.failed`, `protocol.invalid`, `address.unusable`.
    """
    must_be_new(settings.home)
    rules, clock = protocol.read(settings.protocol), Ahead()
    async with contextlib.AsyncExitStack() as running:
        server = await running.enter_async_context(node.embedded(settings, clock, port=port, without_key=me))
        service = await running.enter_async_context(node.gateway(settings, clock=clock, synthetic=True))
        own = Watched(OF_THE_FIELD[me], settings, clock, say, listen)
        report = own.report
        adapters = {agency: Adapter(kind, settings, clock) for agency, kind in OF_THE_FIELD.items() if agency is not me}
        others = {
            agency: Counterpart(adapter, behaves.get(agency, Behaviour.ACCEPT), clock, pause_s, report.failed)
            for agency, adapter in adapters.items()
        }
        started: list[Adapter] = []
        running.push_async_callback(stop, started)
        for adapter in (own, *adapters.values()):
            await adapter.start()
            started.append(adapter)
        token = own.let_in(hook)
        await node.until_active(service)
        own.counterparts = others
        owing = Owing(settings, me, rules, clock, report.duty)
        working = (asyncio.create_task(following.follow(settings)), asyncio.create_task(owing.run()))
        running.push_async_callback(tasks.end, *working)
        await running.enter_async_context(keeper.at_work(settings, clock))
        for other in others.values():
            running.push_async_callback(other.close)
            await other.open(settings)
        await _listen(settings, me, report, running)
        _write_first(settings.home, me, clock())
        ended = (service.ended, *working)
        http = own.url or ""
        yield Sandbox(settings, server.url, me, clock, own, report, others, owing, clock(), ended, http, token)


async def _listen(settings: Settings, me: Agency, report: Report, running: contextlib.AsyncExitStack) -> None:
    """Hear, beside its adapter, where that is asked to answer."""
    beside = await connection.connect(settings, me, "adapter", patient=False)
    running.push_async_callback(connection.close, beside)

    async def on_command(msg: Msg) -> None:
        report.asked(msg.reply)

    await beside.subscribe(subjects.COMMAND, cb=on_command)
    await beside.flush()


def _write_first(home: Path, me: Agency, now: datetime) -> None:
    """A request of whom it can ask first."""
    to = next(agency for agency in OF_THE_FIELD if any(speaking.offers(me, agency)))
    *_, command = speaking.request(me, to, None, now)
    (home / FIRST).write_text(json.dumps(command, indent=2) + "\n")
