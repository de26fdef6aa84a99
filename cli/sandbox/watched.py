"""The adapter of whoever tries its system out: others know of each command before it is taken, and of its answer.

What it tells its system can be altered or held back on the way, and an answer can be lost, to see what the system does.
"""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from bus.clock import Clock
from bus.feed import Line as FeedLine
from bus.settings import Settings
from cli.sandbox.counterpart import Counterpart
from cli.sandbox.report import Line, Report, read_command
from contracts import subjects, web
from contracts.agencies import Agency
from contracts.catalogue import COMMANDS
from contracts.envelope import dataschema
from contracts.errors import BarnabusError
from contracts.standing import Standing
from services.adapter import Adapter
from services.agency import AgencyApplication
from services.systems import ALL, Hook, Scope, System, Systems
from services.web.address import ANYWHERE, Address

OWN = "own"
"""What the system that is tried out is called among its agency's systems."""
Letter = Mapping[str, Any]
"""As it is told."""


def as_it_is(letter: Letter) -> Letter:
    return letter


class Watched(Adapter):
    def __init__(
        self,
        kind: type[AgencyApplication],
        settings: Settings,
        clock: Clock,
        say: Callable[[Line], None],
        listen: Address = ANYWHERE,
    ) -> None:
        super().__init__(kind, settings, clock, listen=listen)
        self.counterparts: Mapping[Agency, Counterpart] = {}
        self.report = Report(kind.agency, clock, say, self._came_to)
        self.altered: Callable[[Letter], Letter] = as_it_is
        """What becomes of each letter before its system is told it, by whichever way."""
        self.held: list[Letter] | None = None
        """Letters that are held back on NATS, while there is a list for them."""
        self.lose: Callable[[str], bool] | None = None
        """Whether the answer to an act on this handoff is lost, once: it is taken, and its sender not told."""

    def let_in(self, hook: Hook | None) -> str:
        """Its own system over HTTP and, with a hook, by webhook, for all that there is. Its token."""
        everything = Scope.of((ALL,), (), "")
        system = System(OWN, everything, everything, self._clock(), hook, self.application.feed.end())
        return Systems(self.application.store).add(system)

    def _came_to(self, handoff_id: UUID) -> Standing | None:
        return self.application.standing(handoff_id)

    def _open(self) -> None:
        super()._open()
        item = self.application.item

        def altered(line: FeedLine) -> dict[str, Any]:
            return self._altered(item(line))

        self.application.item = altered  # type: ignore[method-assign]  # where feed, stream and webhooks meet

    def _altered(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["type"] in (web.VOIDED, web.ERASED):
            return item
        letter = self.altered(item["data"])
        schema = dataschema(letter["type"], letter["version"])
        return item | {"type": letter["type"], "dataschema": schema, "data": dict(letter)}

    async def tell(self, subject: str, document: Letter) -> None:
        if subject == subjects.VOIDED:
            self.report.voided(document)
            await super().tell(subject, document)
            return
        self.report.heard(document)
        if self.held is not None:
            self.held.append(self.altered(document))
        else:
            await self.tell_letter(self.altered(document))

    async def tell_letter(self, letter: Letter) -> None:
        """On NATS, as it stands."""
        await super().tell(subjects.heard(letter["type"]), letter)

    async def submit(self, body: bytes) -> dict[str, Any]:
        """Raises `store.unavailable` instead of answering, where the answer is to be lost: over NATS nothing comes."""
        await self._crossed(body)
        answer = await super().submit(body)
        self.report.sent(body, answer)
        _, data = read_command(body)
        if self.lose and "handoff_id" in data and self.lose(str(data["handoff_id"])):
            self.lose = None
            raise BarnabusError("store.unavailable")
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
