"""Scenarios: JSON commands as agencies' systems would send them, played step by step over the real thing.

A step says what happens (`say`) and does one thing: `send` one command, send several `together`, `kill` a process,
let one die at a named point (`die_at`), `start` it again, or await what is `heard`.
"""

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from pydantic import ValidationError

from bus import connection, tasks
from bus.settings import Settings
from cli.processes import Processes
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Refused
from contracts.tiers import Frozen

HEAR_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 6.0
Say = Callable[[str, str], None]
"""Shows one line: who, and what happened."""


class Sent(Frozen):
    agency: Agency
    command: dict[str, Any]
    expect: str | None = None  # a code, where the refusal is the point


class Awaited(Frozen):
    agency: Agency
    id: str


class DieAt(Frozen):
    agency: Agency
    point: str


class Step(Frozen):
    say: str
    send: Sent | None = None
    together: tuple[Sent, ...] = ()
    kill: Agency | None = None
    die_at: DieAt | None = None
    start: Agency | None = None
    heard: Awaited | None = None


class Scenario(Frozen):
    title: str
    story: str
    steps: tuple[Step, ...]


def read_all(folder: Path) -> list[Scenario]:
    """The scenarios of a folder by file name. Raises `file.unreadable`, naming the file."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(Scenario.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            raise Refused("file.unreadable", detail=f"{path}: {type(error).__name__}.") from None
    if not found:
        raise Refused("file.unreadable", detail=f"No scenarios in {folder}.")
    return found


@dataclass(slots=True)
class Player:
    """Plays scenarios as the agencies' own systems: it sends commands and hears letters in their accounts, no more."""

    settings: Settings
    processes: Processes
    say: Say
    repeated: dict[Agency, int] = field(default_factory=dict)
    _systems: dict[Agency, Client] = field(default_factory=dict)
    _heard: dict[tuple[Agency, str], asyncio.Event] = field(default_factory=dict)

    async def open(self, agencies: tuple[Agency, ...]) -> None:
        for agency in agencies:
            nats = await connection.connect(self.settings, agency, "system", patient=False)
            self._systems[agency] = nats
            await nats.subscribe(f"{subjects.LETTERS}.>", cb=self._on_letter(agency))
            await nats.subscribe(subjects.VOIDED, cb=self._on_void(agency))
            await nats.flush()

    async def close(self) -> None:
        for nats in self._systems.values():
            await connection.close(nats)

    async def play(self, scenario: Scenario) -> None:
        self.say("", f"{scenario.title}. {scenario.story}")
        for step in scenario.steps:
            tasks.heed()
            self.say("·", step.say)
            await self._do(step)

    async def _do(self, step: Step) -> None:
        if step.send:
            await self._send(step.send)
        if step.together:
            await asyncio.gather(*map(self._send, step.together))
        if step.kill:
            await self.processes.kill(step.kill)
            self.say(step.kill, "adapter killed (SIGKILL)")
        if step.die_at:
            await self._restart(step.die_at.agency, kill_at=step.die_at.point)
        if step.start:
            await self._restart(step.start)
        if step.heard:
            await self._await(step.heard)

    async def _restart(self, agency: Agency, kill_at: str | None = None) -> None:
        if self.processes.running(agency):
            await self.processes.kill(agency)
        await self.processes.start(agency, "adapter", agency, kill_at=kill_at)
        await self.answers(agency)
        self.say(agency, "adapter is running")

    async def answers(self, agency: Agency) -> None:
        """Wait until an agency's adapter answers. Raises `process.ended` or `adapter.unreachable`."""
        for _ in range(400):
            self.processes.check(agency)
            try:
                await self._systems[agency].request(subjects.COMMAND, b"", timeout=1.0)
            except (NatsError, TimeoutError):
                await asyncio.sleep(0.05)
            else:
                return
        raise BarnabusError("adapter.unreachable", detail=f"Agency: {agency}.")

    async def _send(self, sent: Sent) -> None:
        name = sent.command.get("command", "?")
        try:
            raw = json.dumps(sent.command).encode()
            answer = json.loads(
                (await self._systems[sent.agency].request(subjects.COMMAND, raw, timeout=ANSWER_TIMEOUT_S)).data
            )
        except (NatsError, TimeoutError):
            await self.processes.died(sent.agency)
            self.say(sent.agency, f"{name}: no answer, the adapter died (SIGKILL) with the act on disk")
            return
        if "error" in answer:
            code = answer["error"]["code"]
            if code != sent.expect:
                raise BarnabusError(code, field=answer["error"].get("field"), detail=answer["error"].get("detail"))
            self.say(sent.agency, f"{name}: refused, {code}")
            return
        if answer["repeated"]:
            self.repeated[sent.agency] = self.repeated.get(sent.agency, 0) + 1
        where = f"logged at position {answer['stamp']['position']}" if answer["stamp"] else "recorded, not yet logged"
        again = "; the same command as before, nothing is doubled" if answer["repeated"] else ""
        void = f"; VOID, {answer['void']}" if answer["void"] else ""
        self.say(sent.agency, f"{name}: {where}{again}{void}")

    async def _await(self, awaited: Awaited) -> None:
        try:
            await asyncio.wait_for(self._event(awaited.agency, awaited.id).wait(), HEAR_TIMEOUT_S)
        except TimeoutError:
            raise BarnabusError("letter.not-found", detail=f"{awaited.agency} never heard {awaited.id}.") from None

    def _event(self, agency: Agency, letter: str) -> asyncio.Event:
        return self._heard.setdefault((agency, letter), asyncio.Event())

    def _on_letter(self, agency: Agency) -> Callable[[Msg], Any]:
        async def heard(msg: Msg) -> None:
            letter = json.loads(msg.data)
            event = self._event(agency, letter["id"])
            if not event.is_set():
                standing = letter["standing"]
                waits = f", waits for {standing['whose_move']}" if standing["whose_move"] else ""
                self.say(
                    agency,
                    f"hears {letter['type']} from {letter['sender']} (position {letter['position']}): "
                    f"{standing['stage']}{waits}",
                )
            event.set()

        return heard

    def _on_void(self, agency: Agency) -> Callable[[Msg], Any]:
        async def heard(msg: Msg) -> None:
            void = json.loads(msg.data)
            self.say(agency, f"is told that its {void['move']} is void: {void['reason']}")

        return heard
