"""The adapter of whoever tries its system out: others know of each command before it is taken, and of its answer."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from bus.clock import Clock
from bus.settings import Settings
from cli.sandbox.counterpart import Counterpart
from cli.sandbox.report import Line, Report, read_command
from contracts.agencies import Agency
from contracts.catalogue import COMMANDS
from contracts.standing import Standing
from services.adapter import Adapter
from services.agency import AgencyApplication
from services.systems import ALL, Hook, Scope, System, Systems
from services.web.address import ANYWHERE, Address

OWN = "own"
"""What the system that is tried out is called among its agency's systems."""


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

    def let_in(self, hook: Hook | None) -> str:
        """Its own system over HTTP and, with a hook, by webhook, for all that there is. Its token."""
        everything = Scope.of((ALL,), (), "")
        system = System(OWN, everything, everything, self._clock(), hook, self.application.feed.end())
        return Systems(self.application.store).add(system)

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
