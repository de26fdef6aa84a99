"""The test stand: a sandbox, the system that is tried, and all that was said; what checks do stands here."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Self
from uuid import UUID

from bus import seal
from bus.clock import wall_clock
from cli.conformance.altering import Letter
from cli.conformance.asked import Asked, Asking
from cli.conformance.target import Target
from cli.conformance.transcript import Transcript
from cli.conformance.wire import Wire
from cli.sandbox import speaking
from cli.sandbox.behaving import Behaviour
from cli.sandbox.doing import Sandbox
from cli.sandbox.report import Line
from cli.sandbox.watched import as_it_is
from contracts import web
from contracts.catalogue import COMMANDS
from contracts.releasing.consumers import Consumer
from contracts.standing import Move
from contracts.vocabulary.asking import Service
from services import webhook
from services.systems import Hook

TOLD_WITHIN_S = 5.0
"""So long a letter may take to the agency's own adapter."""


class Way(StrEnum):
    """How the system hears."""

    NATS = "nats"
    HTTP = "http"
    WEBHOOK = "webhook"


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
    hook: Hook | None = None
    works: Asking | None = None
    acted_on: dict[Asking, Asked] = field(default_factory=dict)

    @property
    def known(self) -> Asking:
        """For a check that does not look alone."""
        assert self.works, "it was seen to act on something"
        return self.works

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

    async def post_again(self, asked: Asked) -> None:
        """By webhook, as after an answer that was lost on the way."""
        application = self.sandbox.own.application
        lines = application.feed.lines(after=0, up_to=application.feed.end(), limit=application.feed.end(), types=None)
        item = next(item for item in map(application.item, lines) if item["data"]["id"] == asked.id)
        assert self.hook, "it hears by webhook"
        hook = self.hook.opened()
        async with webhook.client(hook) as opened:
            body, now = seal.dump(item), wall_clock()
            await webhook.hand(opened, hook, UUID(item["id"]), body, now, media=web.STRUCTURED)

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

    async def acted(self, *all_of: Asked, move: Move | None = None) -> bool:
        """Wait until it has acted on each, with this move or any."""

        def found() -> bool | None:
            return all(any(_is(act, move) for act in self.transcript.acts(one)) for one in all_of) or None

        return bool(await self.transcript.until(found, self.within_s, self.alive))

    def receives(self, asked: Asked, record_id: str) -> bool:
        """Does what a counterpart said go to the agency, by what that knows of the case?"""
        said = self.sandbox.counterparts[asked.asking.by].adapter.application.file(asked.case_ref).said
        found = next((one for one in said if str(one.id) == record_id), None)
        return bool(found and found.addressed and self.sandbox.me in found.addressed.receivers)

    async def goes_on(self) -> str | None:
        """Ask it for what it has acted on before: None if it does so again, or else what was seen instead."""
        asked = await self.ask(self.known)
        if await self.acted(asked):
            return None
        if self.target and not self.target.alive:
            return self.target.how_it_ended()
        return f"then it did nothing on the next {self.works} for {self.within_s:g} s"


def _is(act: Line, move: Move | None) -> bool:
    return move is None or COMMANDS[act["command"]].move is move
