"""A sandbox inside the test's own process, and a system from outside that connects to it without a key."""

import contextlib
import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import nats
from nats.aio.client import Client
from nats.aio.msg import Msg

from bus.settings import Settings
from cli.sandbox import running, speaking
from cli.sandbox.behaving import Behaviour
from cli.sandbox.doing import Sandbox
from contracts.agencies import Agency
from contracts.standing import Move
from contracts.vocabulary.asking import Service
from services.systems import Hook
from tests.builders import HEALTH
from tests.living import System, eventually

QUICK_S = 0.05


@dataclass(slots=True)
class Tried:
    """`entries` is what the sandbox said, `system` what connects from outside, with what the server kept from it."""

    sandbox: Sandbox
    system: System
    entries: list[dict[str, Any]]
    denied: list[str] = field(default_factory=list)

    async def asked(self, by: str, service: str | None = None) -> speaking.On:
        """Have a counterpart ask for something, and wait until the system has heard it."""
        made = await self.sandbox.do({"do": "ask", "by": by, "service": service})
        return await self.told_of(str(made["id"]))

    async def told_of(self, handoff_id: str) -> speaking.On:
        letter = await self.system.hears(handoff_id)
        wanted = next(one for one in self.entries if one["what"] == "heard" and one["id"] == handoff_id)
        person = letter["content"]["concerns"]["ref"]
        return speaking.On(UUID(handoff_id), letter["case_ref"], Service(wanted["service"]), person)

    async def asks(self, to: str, service: Service | None = None) -> speaking.On:
        """Ask a counterpart for something."""
        *_, command = speaking.request(self.system.agency, Agency(to), service, self.sandbox.clock())
        answer = await self.system.do(command)
        wanted = Service(command["data"].get("service", service))
        return speaking.On(UUID(answer["id"]), answer["case_ref"], wanted, command["data"]["concerns"]["ref"])

    def says(self, move: Move, on: speaking.On) -> dict[str, Any]:
        """A command of the system's own by which it makes a move."""
        return speaking.act(move, on, self.system.agency, self.sandbox.clock())[-1]

    async def hears(self, type_name: str) -> dict[str, Any]:
        """Wait until it was told a letter of this type."""
        return await eventually(lambda: next((one for one in self.system.told if one["type"] == type_name), None) or {})

    async def said(self, what: str, **codes: Any) -> dict[str, Any]:
        """Wait until the sandbox has said this."""
        wanted = {"what": what, **codes}.items()
        return await eventually(lambda: next((one for one in self.entries if wanted <= _flat(one).items()), None) or {})


def _flat(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if not isinstance(value, list)}


async def outside(url: str, agency: Agency) -> tuple[System, list[str]]:
    """As anybody's client would connect; and what the server refuses it, as it is told."""
    denied: list[str] = []

    async def on_error(error: Exception) -> None:
        denied.append(str(error))

    system = System(agency, await nats.connect(url, inbox_prefix="_INBOX.system", error_cb=on_error))
    await _listen(system.nats, "adapter.letters.>", system.told)
    await _listen(system.nats, "adapter.voided", system.voided)
    await system.nats.flush()
    return system, denied


async def _listen(client: Client, subject: str, told: list[dict[str, Any]]) -> None:
    async def heard(msg: Msg) -> None:
        told.append(json.loads(msg.data))

    await client.subscribe(subject, cb=heard)


@contextlib.asynccontextmanager
async def tried(home: Path, *, me: Agency = HEALTH, hook: Hook | None = None, **behaves: str) -> AsyncIterator[Tried]:
    entries: list[dict[str, Any]] = []
    settings = Settings(home=home, nats_url=None, alarms=None)
    by_agency = {Agency(name): Behaviour(how) for name, how in behaves.items()}
    async with running.at_work(settings, me, by_agency, entries.append, pause_s=QUICK_S, hook=hook) as sandbox:
        system, denied = await outside(sandbox.url, me)
        try:
            yield Tried(sandbox, system, entries, denied)
        finally:
            await system.nats.close()
