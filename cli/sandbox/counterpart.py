"""A counterpart at work: another agency's own system, which hears letters and hands in commands as its script says."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bus import connection, tasks
from bus.clock import Clock
from bus.settings import Settings
from cli.sandbox import speaking
from cli.sandbox.behaving import Behaviour, crossing, next_move
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Refused
from contracts.standing import Move
from contracts.vocabulary.asking import Service
from services.adapter import Adapter
from services.handoffs import Handoff

ANSWER_WITHIN_S = 10.0
OVERTAKEN = "handoff.void"
"""What an act is refused with that comes too late, or twice."""
Failed = Callable[[Agency, str, str], None]
"""Told of a command of a counterpart that was refused: who, which, and the code."""


@dataclass(slots=True)
class Counterpart:
    """`pause_s` lies between what it hears and what it does, and between one act and the next."""

    adapter: Adapter
    behaviour: Behaviour
    clock: Clock
    pause_s: float
    failed: Failed
    _nats: Client = field(init=False)
    _cases: dict[UUID, str] = field(default_factory=dict)
    _wanted: set[UUID] = field(default_factory=set)
    _busy: dict[UUID, asyncio.Task[None]] = field(default_factory=dict)
    _crossing: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def agency(self) -> Agency:
        return self.adapter.agency

    async def open(self, settings: Settings) -> None:
        self._nats = await connection.connect(settings, self.agency, "system", patient=False)
        await self._nats.subscribe(f"{subjects.LETTERS}.>", cb=self._on_letter)
        await self._nats.flush()

    async def close(self) -> None:
        await tasks.end(*self._busy.values(), *self._crossing)
        await connection.close(self._nats)

    def behave(self, behaviour: Behaviour) -> None:
        """From now on, on all that is open too."""
        self.behaviour = behaviour
        for handoff_id in self._cases:
            self._wake(handoff_id)

    async def ask(self, to: Agency, service: Service | None) -> dict[str, Any]:
        """Ask another agency for this, or for what it can ask first; the adapter's answer.

        Raises Refused `service.not-offered`, and what its adapter refuses it with.
        """
        answer: dict[str, Any] = {}
        for command in speaking.request(self.agency, to, service, self.clock()):
            self._cases[UUID(command["id"])] = command["case_ref"]
            answer = await self.say(command)
            if "error" in answer:
                raise _error(answer)
        return answer

    async def meet(self, handoff_id: UUID, theirs: Move) -> None:
        """The other party is about to make this move: make one that crosses it, where the script says so.

        Returns once that is recorded, before anybody can have heard of it.
        """
        handoff = self._handoff(handoff_id)
        move = crossing(self.behaviour, self.agency, handoff.standing, theirs) if handoff else None
        if handoff is None or move is None:
            return
        said = speaking.act(move, _on(handoff, self.agency), self.agency, self.clock())
        raw = [json.dumps(one).encode() for one in said]
        task = asyncio.create_task(self._cross(handoff_id, raw[-1]))
        self._crossing.add(task)
        task.add_done_callback(self._crossing.discard)
        await asyncio.sleep(0)  # so far that it lies in its store; the log has it a moment later

    async def _cross(self, handoff_id: UUID, raw: bytes) -> None:
        answer = await self.adapter.submit(raw)
        self._noted(json.loads(raw), answer)
        self._wake(handoff_id)

    async def _on_letter(self, msg: Msg) -> None:
        letter = json.loads(msg.data)
        if letter["standing"]:
            handoff_id = UUID(letter["content"].get("handoff_id") or letter["id"])
            self._cases[handoff_id] = letter["case_ref"]
            self._wake(handoff_id)

    def _wake(self, handoff_id: UUID) -> None:
        self._wanted.add(handoff_id)
        if handoff_id not in self._busy:
            self._busy[handoff_id] = asyncio.create_task(self._go_on(handoff_id))

    async def _go_on(self, handoff_id: UUID) -> None:
        """Move after move, until the script has none or one is refused."""
        while handoff_id in self._wanted:
            self._wanted.discard(handoff_id)
            await asyncio.sleep(self.pause_s)
            if await self._moved(handoff_id):
                self._wanted.add(handoff_id)
        self._busy.pop(handoff_id, None)

    async def _moved(self, handoff_id: UUID) -> bool:
        handoff = self._handoff(handoff_id)
        if handoff is None:
            return False
        standing = handoff.standing
        done = {act.move for act in handoff.acts if act.by is self.agency}
        move = next_move(self.behaviour, self.agency, standing, done)
        if move is None:
            return False
        return await self.act(move, handoff_id)

    async def act(self, move: Move, handoff_id: UUID) -> bool:
        """Make a move on a handoff that is known here; whether it was taken."""
        on = self.on(handoff_id)
        if on is None:
            return False
        for command in speaking.act(move, on, self.agency, self.clock()):
            if "error" in await self.say(command):
                return False
        return True

    def on(self, handoff_id: UUID) -> speaking.On | None:
        """A handoff as far as it is known here."""
        handoff = self._handoff(handoff_id)
        return _on(handoff, self.agency) if handoff else None

    def _handoff(self, handoff_id: UUID) -> Handoff | None:
        case_ref = self._cases.get(handoff_id)
        known = self.adapter.application.handoffs_of(case_ref) if case_ref else ()
        return next((one for one in known if one.handoff_id == handoff_id), None)

    async def say(self, command: Mapping[str, Any]) -> dict[str, Any]:
        """Hand a command in; the adapter's answer."""
        raw = json.dumps(command).encode()
        try:
            answer = json.loads((await self._nats.request(subjects.COMMAND, raw, timeout=ANSWER_WITHIN_S)).data)
        except (NatsError, TimeoutError):
            answer = {"error": BarnabusError("adapter.unreachable").problem()}
        self._noted(command, answer)
        return dict(answer)

    def _noted(self, command: Mapping[str, Any], answer: Mapping[str, Any]) -> None:
        """Unless it was overtaken: then nothing is wrong with it."""
        if "error" in answer and answer["error"]["code"] != OVERTAKEN:
            self.failed(self.agency, command["command"], answer["error"]["code"])


def _on(handoff: Handoff, me: Agency) -> speaking.On:
    assert handoff.service, "its making is known"
    question = next((one for one, asked in handoff.standing.questions if asked is me), None)
    said = next((said for said in handoff.said if said.id == question), None)
    asked = (said.id, tuple(said.codes["questions"])) if said else None
    return speaking.On(handoff.handoff_id, handoff.case_ref, handoff.service, handoff.concerns, asked)


def _error(answer: Mapping[str, Any]) -> Refused:
    problem = answer["error"]
    return Refused(problem["code"], field=problem.get("field"), detail=problem.get("detail"))
