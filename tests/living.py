"""A home at work inside the test's own process: real server, gateways, adapters, each started and stopped alone."""

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import UUID

import pytest
from nats.aio.client import Client
from nats.js import JetStreamContext

from bus import connection, directory, node
from bus.clock import Clock, wall_clock
from bus.gateway_service import GatewayService
from bus.log import Logged, LogReader, verify
from bus.server import EmbeddedServer
from bus.settings import Settings
from cli.agencies import APPLICATIONS, OF_THE_FIELD
from contracts import subjects
from contracts.agencies import Agency
from services.adapter import Adapter
from services.agency import AgencyApplication
from services.web.address import Address
from tests.builders import POLICE, SOCIAL, encoded

T = TypeVar("T")
LOOK_EVERY_S = 0.01


async def eventually(look: Callable[[], T], *, within_s: float = 15.0) -> T:
    """What `look` gives once it is true; a test fails if that takes too long."""
    end = time.monotonic() + within_s
    while not (found := look()):
        assert time.monotonic() < end, "it never came about"
        await asyncio.sleep(LOOK_EVERY_S)
    return found


@contextlib.contextmanager
def kept_back(adapter: Adapter, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Meanwhile its relay takes nothing on, and the adapter answers without waiting for a stamp."""

    async def not_yet(*_: object) -> None:
        return None

    with monkeypatch.context() as patched:
        patched.setattr(adapter.relay, "logged", not_yet)
        patched.setattr(adapter.relay, "_build_next", lambda: None)
        yield


@dataclass(slots=True)
class System:
    """An agency's own system: it hands commands to its adapter and hears what it is told."""

    agency: Agency
    nats: Client
    told: list[dict[str, Any]] = field(default_factory=list)
    voided: list[dict[str, Any]] = field(default_factory=list)

    async def ask(self, command: dict[str, Any] | bytes, *, timeout_s: float = 10.0) -> dict[str, Any]:
        raw = command if isinstance(command, bytes) else encoded(command)
        answer: dict[str, Any] = json.loads((await self.nats.request(subjects.COMMAND, raw, timeout=timeout_s)).data)
        return answer

    async def do(self, command: dict[str, Any]) -> dict[str, Any]:
        """Ask for what must be taken: the answer says it is in the log."""
        answer = await self.ask(command)
        assert answer.get("status") == "logged", answer
        return answer

    async def hears(self, letter_id: str | UUID) -> dict[str, Any]:
        """Wait until it was told of this letter."""
        return await eventually(lambda: next((told for told in self.told if told["id"] == str(letter_id)), None) or {})


@dataclass(slots=True)
class Living:
    settings: Settings
    server: EmbeddedServer
    gateways: dict[str, GatewayService] = field(default_factory=dict)
    adapters: dict[Agency, Adapter] = field(default_factory=dict)
    _running: dict[str, contextlib.AsyncExitStack] = field(default_factory=dict)
    _clients: list[Client] = field(default_factory=list)

    async def start_gateway(self, name: str = "a", clock: Clock = wall_clock, *, active: bool = True) -> GatewayService:
        stack = contextlib.AsyncExitStack()
        service = await stack.enter_async_context(node.gateway(self.settings, name, clock))
        self.gateways[name], self._running[name] = service, stack
        if active:
            await eventually(lambda: service.active or service.ended.done())
        return service

    async def stop_gateway(self, name: str = "a") -> None:
        await self._running.pop(name).aclose()
        del self.gateways[name]

    async def start_adapter(
        self, agency: Agency, clock: Clock = wall_clock, *, listen: Address | None = None
    ) -> Adapter:
        adapter = Adapter(APPLICATIONS[agency], self.settings, clock, listen=listen)
        await adapter.start()
        self.adapters[agency] = adapter
        return adapter

    async def stop_adapter(self, agency: Agency) -> None:
        await self.adapters.pop(agency).stop()

    async def connect(self, owner: str, user: str) -> Client:
        client = await connection.connect(self.settings, owner, user, patient=False)
        self._clients.append(client)
        return client

    async def system(self, agency: Agency) -> System:
        found = System(agency, await self.connect(agency, "system"))

        async def on_letter(msg: Any) -> None:
            found.told.append(json.loads(msg.data))

        async def on_void(msg: Any) -> None:
            found.voided.append(json.loads(msg.data))

        await found.nats.subscribe(f"{subjects.LETTERS}.>", cb=on_letter)
        await found.nats.subscribe(subjects.VOIDED, cb=on_void)
        await found.nats.flush()
        return found

    async def privileged(self) -> JetStreamContext:
        """Somebody who can do to the streams whatever the server allows its operator."""
        return (await self.connect("gateway", "provisioner")).jetstream()

    def application(self, agency: Agency) -> AgencyApplication:
        return self.adapters[agency].application

    async def log(self) -> list[Logged]:
        """The whole log, each entry verified, as the reader's account sees it."""
        keyring = directory.load(self.settings)
        nats = await self.connect("reader", "reader")
        reader = LogReader(nats, api=subjects.API)
        found = [verify(entry, keyring) async for entry in reader.entries(1, await reader.last())]
        await nats.close()
        return found

    async def stop(self) -> None:
        for client in self._clients:
            await client.close()
        for agency in list(self.adapters):
            await self.stop_adapter(agency)
        for name in list(self.gateways):
            await self.stop_gateway(name)


@contextlib.asynccontextmanager
async def living(settings: Settings) -> AsyncIterator[Living]:
    """Only the server runs; a test starts what it needs."""
    async with node.embedded(settings) as server:
        found = Living(settings, server)
        try:
            yield found
        finally:
            await found.stop()


@dataclass(slots=True)
class Bus:
    """Everything runs: one gateway, the adapters of police and social, and both agencies' own systems."""

    living: Living
    police: System
    social: System

    @property
    def settings(self) -> Settings:
        return self.living.settings

    def app(self, agency: Agency) -> AgencyApplication:
        return self.living.application(agency)

    async def settled(self) -> None:
        """Wait until both agencies have signed for all that was sent to them, and the signers' word has come back."""

        def signed() -> bool:
            rows = [row for agency in (POLICE, SOCIAL) for row in letters_sent(self.app(agency))]
            return all(row["received_at"] for row in rows)

        await eventually(signed)


def letters_sent(app: AgencyApplication) -> list[dict[str, Any]]:
    """What an agency's outbox knows of each letter that it sent."""
    return app.store.read("SELECT * FROM outbox_letters ORDER BY recipient, number")


@contextlib.asynccontextmanager
async def whole(settings: Settings) -> AsyncIterator[Bus]:
    async with living(settings) as home:
        await home.start_gateway()
        for agency in (POLICE, SOCIAL):
            await home.start_adapter(agency)
        yield Bus(home, await home.system(POLICE), await home.system(SOCIAL))


@dataclass(slots=True)
class Everybody:
    """One gateway, and of every agency its adapter and its own system."""

    living: Living
    systems: dict[Agency, System]

    def app(self, agency: Agency) -> AgencyApplication:
        return self.living.application(agency)


@contextlib.asynccontextmanager
async def all_agencies(settings: Settings) -> AsyncIterator[Everybody]:
    async with living(settings) as home:
        await home.start_gateway()
        for agency in OF_THE_FIELD:
            await home.start_adapter(agency)
        yield Everybody(home, {agency: await home.system(agency) for agency in OF_THE_FIELD})
