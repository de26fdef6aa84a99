"""Drives the real adapters, the real gateway and a real server through a planned year.

One act after another: it is handed in, logged, heard by all who get a letter of it, and signed for; only then does time
go on. So the same plan gives the same log, whatever the machine does meanwhile. Nothing here knows what a case is.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Any
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg

from bus import connection, node, tasks
from bus.mending import own_id
from bus.provisioning import GATEWAY, must_be_new
from bus.settings import Settings
from cli.agencies import OF_THE_FIELD
from cli.year.clocks import Clocks
from cli.year.plan import Planned
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError

if TYPE_CHECKING:
    from services.adapter import Adapter

HEARD_WITHIN_S = 30.0
ANSWER_WITHIN_S = 10.0
SIGNED_AFTER = timedelta(milliseconds=300)
"""Of simulated time: a recipient signs within a second of recording."""


@dataclass(slots=True)
class Driver:
    clocks: Clocks
    adapters: "Mapping[Agency, Adapter]"
    _systems: dict[Agency, Client] = field(default_factory=dict)
    _heard: dict[tuple[Agency, str], asyncio.Event] = field(default_factory=dict)

    async def open(self, settings: Settings) -> None:
        for agency in self.adapters:
            nats = await connection.connect(settings, agency, "system", patient=False)
            self._systems[agency] = nats
            await nats.subscribe(f"{subjects.LETTERS}.>", cb=self._on_letter(agency))
            await nats.flush()

    async def close(self) -> None:
        for nats in self._systems.values():
            await connection.close(nats)

    async def drive(self, plan: Iterable[Planned], done: Callable[[Planned], None]) -> None:
        """Raises `year.refused` for an act that an adapter refuses, or whose letter somebody cannot take in."""
        for _, crossing in groupby(plan, key=lambda one: one.crosses or one.command["id"]):
            together = list(crossing)
            await self._play(together)
            self._heard.clear()
            for planned in together:
                done(planned)

    async def _play(self, together: list[Planned]) -> None:
        """Acts that cross are all recorded before any is logged; the first is logged first."""
        _, *others = together
        self.clocks.set(max(planned.at for planned in together))
        for other in others:
            adapter = self.adapters[other.agency]
            adapter.application.take(_raw(other), self.clocks.of(other.agency)())
        to = set[Agency]()
        for planned in together:
            to |= await self._act(planned)
        for recipient in sorted(to):
            await self._sign(recipient)

    async def _act(self, planned: Planned) -> set[Agency]:
        """Hand in one act, and wait until all who get a letter of it have heard it."""
        await self._logged(planned)
        recipients = self.adapters[planned.agency].application.outbox.recipients(UUID(planned.command["id"]))
        for recipient in recipients:
            try:
                async with asyncio.timeout(HEARD_WITHIN_S):
                    await self._event(recipient, planned.command["id"]).wait()
            except TimeoutError:
                detail = _what(planned, {"code": f"not heard by {recipient}"})
                raise BarnabusError("year.refused", detail=detail) from None
        return set(recipients)

    async def _logged(self, planned: Planned) -> None:
        """On a busy machine the log has an act later than its adapter waits for that: then it is asked again."""
        nats, raw = self._systems[planned.agency], _raw(planned)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(HEARD_WITHIN_S):
                while True:
                    answer = json.loads((await nats.request(subjects.COMMAND, raw, timeout=ANSWER_WITHIN_S)).data)
                    if answer.get("error"):
                        raise BarnabusError("year.refused", detail=_what(planned, answer["error"]))
                    if answer["status"] == "logged":
                        return
        raise BarnabusError("year.refused", detail=_what(planned, {"code": "not logged"}))

    async def _sign(self, recipient: Agency) -> None:
        """Let a recipient sign for what it has heard, and wait until the log has that."""
        adapter, now = self.adapters[recipient], self.clocks.of(recipient)
        self.clocks.pass_by(SIGNED_AFTER, recipient, GATEWAY)
        while adapter.application.inbox.unreceipted(since=now()):  # one for each link
            tasks.heed()
            receipt_id = own_id(recipient, adapter.application.outbox.head().number + 1)
            adapter.relay.nudge()
            if await adapter.relay.logged(receipt_id, HEARD_WITHIN_S) is None:
                raise BarnabusError("year.refused", detail=f"{recipient} did not sign.")

    def _event(self, agency: Agency, letter: str) -> asyncio.Event:
        return self._heard.setdefault((agency, letter), asyncio.Event())

    def _on_letter(self, agency: Agency) -> Callable[[Msg], Any]:
        async def on_letter(msg: Msg) -> None:
            self._event(agency, json.loads(msg.data)["id"]).set()

        return on_letter


def _raw(planned: Planned) -> bytes:
    return json.dumps(planned.command).encode()


def _what(planned: Planned, error: Mapping[str, Any]) -> str:
    place = f" at {error['field']}" if error.get("field") else ""
    return f"{planned.agency} {planned.command['command']} ({planned.command['id']}): {error['code']}{place}."


@contextlib.asynccontextmanager
async def at_work(settings: Settings, begins: datetime) -> AsyncIterator[Driver]:
    """A new home's server, its synthetic gateway and every adapter, in this process. Raises `home.not-new`."""
    from services.adapter import Adapter, stop  # FastStream: a third of a second that nobody else should wait for

    must_be_new(settings.home)
    clocks = Clocks(begins, (GATEWAY, *OF_THE_FIELD))
    async with contextlib.AsyncExitStack() as running:
        await running.enter_async_context(node.embedded(settings, clocks.of(GATEWAY)))
        service = await running.enter_async_context(node.gateway(settings, clock=clocks.of(GATEWAY), synthetic=True))
        adapters: dict[Agency, Adapter] = {}
        running.push_async_callback(stop, adapters.values())
        for agency, kind in OF_THE_FIELD.items():
            adapter = Adapter(kind, settings, clocks.of(agency), rest_s=None)
            await adapter.start()
            adapters[agency] = adapter
        await node.until_active(service)
        driver = Driver(clocks, adapters)
        running.push_async_callback(driver.close)
        await driver.open(settings)
        yield driver
