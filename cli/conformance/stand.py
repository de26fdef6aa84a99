"""The test stand: a sandbox, the system that is tried, and all that was said; what checks do stands here."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from uuid import UUID

from cli.conformance.altering import Letter
from cli.conformance.target import Target
from cli.conformance.transcript import Transcript
from cli.conformance.wire import Wire
from cli.sandbox import speaking
from cli.sandbox.behaving import Behaviour
from cli.sandbox.doing import Sandbox
from cli.sandbox.report import Line
from cli.sandbox.watched import as_it_is
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.releasing.consumers import Consumer
from contracts.standing import Move
from contracts.vocabulary.asking import Service

OVERTAKEN = "handoff.void"
"""An act is refused with it that another one came before: nothing is wrong with it where acts can cross."""
TOLD_WITHIN_S = 5.0
"""So long a letter may take to the agency's own adapter."""


class Way(StrEnum):
    """How the system hears."""

    NATS = "nats"
    HTTP = "http"
    WEBHOOK = "webhook"


@dataclass(frozen=True, slots=True)
class Asking:
    """What a counterpart can ask the agency for."""

    by: Agency
    type: str
    service: Service

    def __str__(self) -> str:
        return f"{self.type} ({self.service})"


@dataclass(frozen=True, slots=True)
class Asked:
    """One of them at work. `since` is how many lines had been said before."""

    asking: Asking
    id: str
    case_ref: str
    since: int


@dataclass(slots=True)
class Stand:
    """`target` hears and answers; `asks` are the words of a program by which the system asks somebody, if there is one.

    `works` is what the system was first seen to act on: by asking for it again, whether it goes on working is seen.
    """

    sandbox: Sandbox
    transcript: Transcript
    wires: Sequence[Wire]
    target: Target | None
    asks: Target | None
    declared: Consumer | None
    way: Way
    within_s: float
    works: Asking | None = None
    acted_on: dict[Asking, Asked] = field(default_factory=dict)

    # what the system can be asked, and told

    def askings(self) -> list[Asking]:
        """Each type and service once, by the first counterpart that can ask for it, as far as the system reads it."""
        found: dict[tuple[str, Service], Asking] = {}
        for by in self.sandbox.counterparts:
            for service, entry in speaking.offers(by, self.sandbox.me):
                if self.reads(entry.type, service):
                    found.setdefault((entry.type, service), Asking(by, entry.type, service))
        return list(found.values())

    def reads(self, type_name: str, service: Service | None = None) -> bool:
        """Does it say so, or say nothing at all?"""
        if self.declared is None:
            return True
        part = self.declared.reads.get(type_name)
        among = part.codes.get("service") if part else None
        return part is not None and (service is None or among is None or service in among)

    # the system

    async def at_work(self) -> Self:
        """Started and at work, if it is not: a check begins with a system that is there."""
        if self.target and not self.target.alive:
            await self.target.start()
            if self.works:
                await self.goes_on()
        return self

    def alive(self) -> bool:
        return self.target is None or self.target.alive

    # counterparts

    async def ask(self, asking: Asking) -> Asked:
        since = len(self.transcript.lines)
        answer = await self.sandbox.counterparts[asking.by].ask(self.sandbox.me, asking.service)
        return Asked(asking, answer["id"], answer["case_ref"], since)

    async def ask_all(self, askings: Sequence[Asking]) -> list[Asked]:
        return [await self.ask(asking) for asking in askings]

    async def ask_and_lose_the_answer(self, asking: Asking) -> Asked:
        """Ask; the answer to what the system says on it first is lost."""
        before = {str(handoff_id) for handoff_id in self.sandbox.report.handoffs}
        self.sandbox.own.lose = lambda handoff_id: handoff_id not in before
        return await self.ask(asking)

    async def held(self, asking: Asking) -> tuple[Asked, Letter]:
        """Ask, with the letter held back on NATS: told is it by `tell`. Raises TimeoutError."""
        self.sandbox.own.held = []
        asked = await self.ask(asking)
        return asked, await self.held_letter(lambda letter: letter["id"] == asked.id)

    async def held_letter(self, wanted: Callable[[Letter], bool]) -> Letter:
        held = self.sandbox.own.held
        assert held is not None, "letters are held back"

        def found() -> Letter | None:
            return next(filter(wanted, held), None)

        letter = await self.transcript.until(found, TOLD_WITHIN_S, lambda: True)
        if letter is None:
            raise TimeoutError
        return letter

    async def tell(self, *letters: Letter) -> None:
        self.sandbox.own.held = None
        for letter in letters:
            await self.sandbox.own.tell_letter(letter)

    async def act(self, asked: Asked, move: Move) -> None:
        """Whoever asked makes this move on it."""
        await self.sandbox.counterparts[asked.asking.by].act(move, UUID(asked.id))

    def on(self, asked: Asked) -> speaking.On:
        found = self.sandbox.counterparts[asked.asking.by].on(UUID(asked.id))
        assert found, "who asked knows it"
        return found

    def behave(self, behaviour: Behaviour) -> None:
        for one in self.sandbox.counterparts.values():
            one.behave(behaviour)

    def as_usual(self) -> None:
        """Nothing altered, held back or lost any more."""
        own = self.sandbox.own
        own.altered, own.held, own.lose = as_it_is, None, None
        self.behave(Behaviour.ACCEPT)

    # what the system did

    def acts(self, asked: Asked) -> Iterator[Line]:
        """What it said on a handoff, and was taken."""
        lines = self.transcript.lines[asked.since :]
        return (line for line in lines if line["what"] == "sent" and line["handoff_id"] == asked.id)

    async def acted(self, *all_of: Asked, move: Move | None = None) -> bool:
        """Wait until it has acted on each, with this move or any."""

        def found() -> bool | None:
            return all(any(_is(act, move) for act in self.acts(one)) for one in all_of) or None

        return bool(await self.transcript.until(found, self.within_s, self.alive))

    def doubled(self, asked: Asked) -> str | None:
        """The type of an act that it said twice on a handoff, under two ids; None if there is none."""
        ids: dict[str, set[str]] = {}
        for act in self.acts(asked):
            ids.setdefault(act["type"], set()).add(act["id"])
        return next((name for name, under in ids.items() if len(under) > 1 and CATALOGUE[name].move in _ONCE), None)

    def refusals(self, since: int, *, crossing: bool = False) -> list[str]:
        """What was refused it since then, in words, and not before: a mistake that it always makes is no news.

        Where acts can cross, without those that were overtaken; elsewhere there is no reason why one should be.
        """
        always = {_said(line) for line in self.refused(0, since) if line["code"] != OVERTAKEN}
        lines = [line for line in self.refused(since) if not (crossing and line["code"] == OVERTAKEN)]
        return [said for said in map(_said, lines) if said not in always]

    def refused(self, since: int = 0, until: int | None = None) -> list[Line]:
        return [line for line in self.transcript.lines[since:until] if line["what"] == "refused"]

    def receives(self, asked: Asked, record_id: str) -> bool:
        """Does what a counterpart said go to the agency, by what that knows of the case?"""
        said = self.sandbox.counterparts[asked.asking.by].adapter.application.file(asked.case_ref).said
        found = next((one for one in said if str(one.id) == record_id), None)
        return bool(found and found.addressed and self.sandbox.me in found.addressed.receivers)

    async def goes_on(self) -> str | None:
        """Ask it for what it has acted on before: None if it does so again, or else what was seen instead."""
        assert self.works, "it was seen to act on something"
        asked = await self.ask(self.works)
        if await self.acted(asked):
            return None
        if self.target and not self.target.alive:
            return self.target.how_it_ended()
        return f"then it did nothing on the next {self.works} for {self.within_s:g} s"


_ONCE = frozenset({Move.ACKNOWLEDGE, Move.ACCEPT, Move.DECLINE, Move.START, Move.COMPLETE})


def _is(act: Line, move: Move | None) -> bool:
    return move is None or COMMANDS[act["command"]].move is move


def _said(line: Line) -> str:
    at = f" at {line['field']}" if line.get("field") else ""
    return f"{line['command']} was refused, {line['code']}{at}"
