"""Plays scenarios over the real thing, as the agencies' own systems would: each command sent, each letter heard."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from bus import connection, tasks
from bus.settings import Settings
from cli.processes import Processes
from cli.scenario import Awaited, Scenario, Sent, Step
from cli.telling import HEADING, NARRATOR
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError

HEAR_TIMEOUT_S = 20.0
ANSWER_TIMEOUT_S = 6.0
LISTEN_S = 0.05
"""After an act, before the story goes on: most letters are heard by then, and stand where a reader looks for them."""
ASK_TIMES = 5
"""An adapter's answer waits two seconds for the log by itself."""
Say = Callable[[str, str], None]
"""Shows one line: who, and what happened."""


@dataclass(slots=True)
class Player:
    """Plays scenarios as the agencies' own systems: it sends commands and hears letters in their accounts, no more."""

    settings: Settings
    processes: Processes
    say: Say
    settled: Callable[[], Awaitable[object]]
    """Returns once the log has every act and every letter is signed for."""
    repeated: dict[Agency, int] = field(default_factory=dict)
    _systems: dict[Agency, Client] = field(default_factory=dict)
    _heard: dict[tuple[Agency, str], asyncio.Event] = field(default_factory=dict)
    _in_flight: dict[str, list[tuple[Agency, str]]] = field(default_factory=dict)
    """By the id of an act that is being asked for: what was heard of it before its own agency had its answer."""

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
        self.say(HEADING, f"{scenario.title}. {scenario.story}")
        for step in scenario.steps:
            tasks.heed()
            self.say(NARRATOR, step.say)
            await self._do(step)

    async def _do(self, step: Step) -> None:
        if sent := ((step.send,) if step.send else step.together):
            await asyncio.gather(*map(self._send, sent))
            await asyncio.sleep(LISTEN_S)
        if step.kill:
            await self.processes.kill(step.kill)
            self.say(step.kill, "adapter killed (SIGKILL)")
        if step.die_at:
            await self._restart(step.die_at.agency, kill_at=step.die_at.point)
        if step.start:
            await self._restart(step.start)
        if step.heard:
            await self._await(step.heard)
        if step.not_heard:
            await self._await_not(step.not_heard)

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
        act_id = str(sent.command.get("id"))
        self._in_flight[act_id] = []
        try:
            self.say(sent.agency, f"{sent.command.get('command', '?')}: {await self._outcome(sent)}")
        finally:
            for who, what in self._in_flight.pop(act_id, ()):
                self.say(who, what)

    async def _outcome(self, sent: Sent) -> str:
        """What a command came to. Raises the code it was refused with, or `scenario.failed`, where none is expected."""
        try:
            answer = await self._ask(sent)
        except (NatsError, TimeoutError):
            await self.processes.died(sent.agency)
            return "no answer, the adapter died (SIGKILL) with the act on disk"
        error = answer.get("error")
        if error and error["code"] != sent.expect:
            raise BarnabusError(error["code"], field=error.get("field"), detail=error.get("detail"))
        if not error and answer["void"] != sent.expect:
            came = f"{answer['void'] or 'not void'}, where {sent.expect or 'not void'} is expected"
            raise BarnabusError("scenario.failed", detail=f"{sent.agency}'s act is {came}.")
        if answer["repeated"]:
            self.repeated[sent.agency] = self.repeated.get(sent.agency, 0) + 1
        return _became(answer)

    async def _ask(self, sent: Sent) -> dict[str, Any]:
        """The adapter's answer; where a void is expected, once it is known whether the log has the act."""
        raw, system = json.dumps(sent.command).encode(), self._systems[sent.agency]
        answers: list[dict[str, Any]] = []
        while len(answers) < ASK_TIMES:
            answer = json.loads((await system.request(subjects.COMMAND, raw, timeout=ANSWER_TIMEOUT_S)).data)
            answers.append(answer)
            if "error" in answer or answer["stamp"] or answer["void"] or not sent.expect:
                break
        return answers[-1] | {"repeated": answers[0].get("repeated", False)}

    async def _await(self, awaited: Awaited) -> None:
        try:
            await asyncio.wait_for(self._event(awaited.agency, awaited.id).wait(), HEAR_TIMEOUT_S)
        except TimeoutError:
            raise BarnabusError("scenario.failed", detail=f"{awaited.agency} never heard {awaited.id}.") from None

    async def _await_not(self, unwanted: Awaited) -> None:
        await self.settled()
        if self._event(unwanted.agency, unwanted.id).is_set():
            raise BarnabusError("scenario.failed", detail=f"{unwanted.agency} heard {unwanted.id}.")
        self.say(unwanted.agency, "has heard nothing of it")

    def _told(self, act_id: str, who: Agency, what: str) -> None:
        """Shown after the act itself."""
        if act_id in self._in_flight:
            self._in_flight[act_id].append((who, what))
        else:
            self.say(who, what)

    def _event(self, agency: Agency, letter: str) -> asyncio.Event:
        return self._heard.setdefault((agency, letter), asyncio.Event())

    def _on_letter(self, agency: Agency) -> Callable[[Msg], Any]:
        async def on_letter(msg: Msg) -> None:
            letter = json.loads(msg.data)
            event = self._event(agency, letter["id"])
            if not event.is_set():
                heard = f"hears {letter['type']} from {letter['sender']} ({letter['position']})"
                self._told(letter["id"], agency, f"{heard}{_stands(letter)}")
            event.set()

        return on_letter

    def _on_void(self, agency: Agency) -> Callable[[Msg], Any]:
        async def heard(msg: Msg) -> None:
            void = json.loads(msg.data)
            self._told(void["id"], agency, f"is told that its {void['move'] or 'word'} is void: {void['reason']}")

        return heard


def _became(answer: Mapping[str, Any]) -> str:
    """What a command came to, from its answer."""
    if "error" in answer:
        return f"refused, {answer['error']['code']}"
    where = f"logged at position {answer['stamp']['position']}" if answer["stamp"] else "recorded, not logged"
    again = "; the same command as before, nothing is doubled" if answer["repeated"] else ""
    void = f"; VOID, {answer['void']}" if answer["void"] else ""
    return f"{where}{again}{void}"


def _stands(letter: Mapping[str, Any]) -> str:
    """What the handoff has come to with this letter, where its type does not say so; a fact belongs to none."""
    standing = letter["standing"]
    if standing is None:
        return ""
    move = f"{standing['whose_move']}'s move" if standing["whose_move"] else ""
    known = ("made", "acknowledged", letter["type"].rpartition(".")[2])
    stage = "" if standing["stage"] in known and move else standing["stage"]
    return f": {', '.join(filter(None, (stage, move)))}"
