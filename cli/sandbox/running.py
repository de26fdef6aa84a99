"""A sandbox at work: a new home's server, gateway, adapters, read models and keeper in this process, on one clock."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from nats.aio.msg import Msg

from bus import connection, node, signs, tasks
from bus.clock import Clock
from bus.provisioning import must_be_new
from bus.server import ANY_PORT
from bus.settings import Settings
from cli import following, keeper
from cli.agencies import OF_THE_FIELD
from cli.sandbox import clock as clocks
from cli.sandbox import speaking
from cli.sandbox.behaving import PAUSE_S, Behaviour
from cli.sandbox.clock import Ahead
from cli.sandbox.counterpart import Counterpart
from cli.sandbox.owing import Owing
from cli.sandbox.report import Entry_, Report, read_command
from contracts import protocol, subjects
from contracts.agencies import Agency
from contracts.catalogue import COMMANDS
from contracts.errors import Refused
from contracts.standing import Standing
from contracts.vocabulary.asking import Service
from projections import owed
from services.adapter import Adapter
from services.agency import AgencyApplication

DECIDED_WITHIN_S = 15.0
DECIDED_AGAIN_S = 0.1
FIRST = "first-command.json"
"""In the home: a command that the agency's own system could begin with."""


class Watched(Adapter):
    """An agency's adapter that lets others know of each command before it is taken, and of its answer."""

    def __init__(
        self, kind: type[AgencyApplication], settings: Settings, clock: Clock, say: Callable[[Entry_], None]
    ) -> None:
        super().__init__(kind, settings, clock)
        self.counterparts: Mapping[Agency, Counterpart] = {}
        self.report = Report(kind.agency, clock, say, self._came_to)

    def _came_to(self, handoff_id: UUID) -> Standing | None:
        return self.application.standing(handoff_id)

    async def submit(self, body: bytes) -> dict[str, Any]:
        await self._crossed(body)
        answer = await super().submit(body)
        self.report.sent(body, answer)
        return answer

    async def _crossed(self, body: bytes) -> None:
        """Whoever is to cross it does so now: it has not heard of it, and this agency not of what it does."""
        command, data = read_command(body)
        move = COMMANDS[command].move if command in COMMANDS else None
        try:
            handoff_id = UUID(str(data.get("handoff_id")))
        except ValueError:
            return
        if move:
            for one in self.counterparts.values():
                await one.meet(handoff_id, move)


@dataclass(slots=True)
class Sandbox:
    settings: Settings
    url: str
    me: Agency
    clock: Ahead
    report: Report
    counterparts: Mapping[Agency, Counterpart]
    owing: Owing
    begun: datetime
    working: "tuple[asyncio.Task[None], ...]"
    """What must go on; each ends only with what stops it."""

    async def ended(self) -> None:
        """Wait until something of it ends by itself, and raise what it ended with."""
        done, _ = await asyncio.wait(self.working, return_when=asyncio.FIRST_COMPLETED)
        for one in done:
            one.result()

    async def do(self, wanted: Mapping[str, Any]) -> Mapping[str, Any]:
        """What it is told on its socket. Raises Refused, naming what there is instead."""
        match wanted:
            case {"do": "status"}:
                return self.status()
            case {"do": "behave", "agency": str(name), "behaviour": str(how)}:
                self._counterpart(name).behave(behaviour(how))
                return self.status()
            case {"do": "ask", "by": str(name), "service": service}:
                wants = _service(service) if service else None
                answer = await self._counterpart(name).ask(self.me, wants)
                return {name: answer[name] for name in ("id", "case_ref", "status", "stamp")}
            case {"do": "forward", "span": str(span)}:
                return await self.forward(span)
        raise Refused("option.invalid")

    async def forward(self, span: str) -> Mapping[str, Any]:
        """Move the clock, and wait until the keeper has decided what that makes due: `decided`, whether it has."""
        then = self.clock.forward(clocks.span(span))
        self.report.entry("forward", by=span)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DECIDED_WITHIN_S):
                while not self._decided(then):  # noqa: ASYNC110  it is a file that says so
                    await asyncio.sleep(DECIDED_AGAIN_S)
        return self.status() | {"decided": self._decided(then)}

    def _decided(self, then: datetime) -> bool:
        sign = signs.last(self.settings.keeper)
        decided = sign is not None and sign.decided_at is not None and sign.decided_at >= then
        return decided and self.owing.as_of is not None and self.owing.as_of >= then

    def status(self) -> dict[str, Any]:
        return {
            "agency": self.me.value,
            "home": str(self.settings.home),
            "url": self.url,
            "now": self.clock().isoformat(),
            "ahead_s": self.clock.by.total_seconds(),
            "behaves": {name.value: one.behaviour.value for name, one in self.counterparts.items()},
            **self.report.counts(),
            "open": self.report.open(),
            "owed": [owed.row(one) for one in self.owing.now],
        }

    def _counterpart(self, name: str) -> Counterpart:
        return self.counterparts[counterpart(self.me, name)]


def counterpart(me: Agency, name: str) -> Agency:
    """Raises Refused `agency.unknown`, listing the counterparts."""
    others = [agency for agency in OF_THE_FIELD if agency is not me]
    if name not in others:
        raise Refused("agency.unknown", detail=f"Counterparts: {', '.join(others)}.")
    return Agency(name)


def behaviour(name: str) -> Behaviour:
    """Raises Refused `option.invalid`, listing those that there are."""
    if name not in list(Behaviour):
        raise Refused("option.invalid", field="BEHAVIOUR", detail=f"There are: {', '.join(Behaviour)}.")
    return Behaviour(name)


def _service(name: Any) -> Service:
    if name not in list(Service):
        raise Refused("option.invalid", field="--service", detail=f"There are: {', '.join(Service)}.")
    return Service(name)


@contextlib.asynccontextmanager
async def at_work(
    settings: Settings,
    me: Agency,
    behaves: Mapping[Agency, Behaviour],
    say: Callable[[Entry_], None],
    *,
    port: int = ANY_PORT,
    pause_s: float = PAUSE_S,
) -> AsyncIterator[Sandbox]:
    """Everything but `me`'s own system, until left. Raises `home.not-new`, `nats.failed`, `protocol.invalid`."""
    must_be_new(settings.home)
    rules, clock = protocol.read(settings.protocol), Ahead()
    async with contextlib.AsyncExitStack() as running:
        server = await running.enter_async_context(node.embedded(settings, clock, port=port, without_key=me))
        service = await running.enter_async_context(node.gateway(settings, clock=clock, synthetic=True))
        own = Watched(OF_THE_FIELD[me], settings, clock, say)
        report = own.report
        adapters = {agency: Adapter(kind, settings, clock) for agency, kind in OF_THE_FIELD.items() if agency is not me}
        others = {
            agency: Counterpart(adapter, behaves.get(agency, Behaviour.ACCEPT), clock, pause_s, report.failed)
            for agency, adapter in adapters.items()
        }
        for adapter in (own, *adapters.values()):
            await adapter.start()
            running.push_async_callback(adapter.stop)
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
        yield Sandbox(settings, server.url, me, clock, report, others, owing, clock(), (service.ended, *working))


async def _listen(settings: Settings, me: Agency, report: Report, running: contextlib.AsyncExitStack) -> None:
    """Hear what its own system is told, beside it."""
    nats = await connection.connect(settings, me, "system", patient=False)
    running.push_async_callback(connection.close, nats)

    async def on_letter(msg: Msg) -> None:
        report.heard(json.loads(msg.data))

    async def on_void(msg: Msg) -> None:
        report.voided(json.loads(msg.data))

    await nats.subscribe(f"{subjects.LETTERS}.>", cb=on_letter)
    await nats.subscribe(subjects.VOIDED, cb=on_void)
    await nats.flush()


def _write_first(home: Path, me: Agency, now: datetime) -> None:
    """A request of whom it can ask first."""
    to = next(agency for agency in OF_THE_FIELD if any(speaking.offers(me, agency)))
    *_, command = speaking.request(me, to, None, now)
    (home / FIRST).write_text(json.dumps(command, indent=2) + "\n")
