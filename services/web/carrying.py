"""Carries the feed to webhooks: to each system in order, one item at a time, and nobody waits for another's server."""

import asyncio

import structlog

from bus import faults, seal, tasks
from bus.clock import wall_clock
from contracts import web
from contracts.errors import BarnabusError
from services.agency import AgencyApplication
from services.systems import Hook, Systems
from services.trust import NotTaken, Why
from services.web.bell import Bell
from services.web.tries import Item, Tries

LOOK_EVERY_S = 1.0
"""While nothing rings."""
FAILED_AGAIN_S = 5.0
"""After the store could not be read or written."""
_log = structlog.get_logger()


class Webhooks:
    """Goes by the wall's clock, wherever the adapter's stands: a receiver compares it with its own."""

    def __init__(self, application: AgencyApplication, bell: Bell) -> None:
        self._application = application
        self._systems = Systems(application.store)
        self._tries = Tries(application.store, application.feed)
        self._bell = bell
        self._under_way = dict[str, asyncio.Task[None]]()

    async def run(self) -> None:
        """Until cancelled."""
        try:
            while True:
                self._look()
                await self._bell.rung(LOOK_EVERY_S)
                self._under_way = {name: task for name, task in self._under_way.items() if not task.done()}
        finally:
            await tasks.end(*self._under_way.values())

    def _look(self) -> None:
        for system in self._systems.all():
            if system.webhook and system.name not in self._under_way and self._tries.next(system, wall_clock()):
                self._under_way[system.name] = asyncio.create_task(self._serve(system.name, system.webhook))

    async def _serve(self, name: str, hook: Hook) -> None:
        try:
            await self._serve_all(name, hook)
        except Exception as error:  # noqa: BLE001  a store that is away comes back; a try that was begun is noted
            if not (isinstance(error, BarnabusError) and error.code == "system.unknown"):  # it was removed meanwhile
                _log.error("webhooks.failed", system=name, error=type(error).__name__, exc_info=True)
                await asyncio.sleep(FAILED_AGAIN_S)

    async def _serve_all(self, name: str, hook: Hook) -> None:
        """All that is due for one system, over one connection, until a try fails."""
        from services import webhook  # httpx: what an adapter whose systems want no webhook should not wait for

        item = self._begun(name, hook)
        try:
            opened = hook.opened()
            async with webhook.client(opened) as client:
                while item:
                    body, now = seal.dump(self._told(item)), wall_clock()
                    await webhook.hand(client, opened, item.id, body, now, media=web.STRUCTURED)
                    faults.point("webhook.sent")
                    sent, item = item, None
                    self._tries.taken(sent)
                    _log.info("webhook.sent", system=name, id=str(sent.id), feed=sent.number)
                    item = self._begun(name, hook)
        except Exception as error:
            if item is None:
                raise
            self._failed(item, error)

    def _begun(self, name: str, hook: Hook) -> Item | None:
        """The next item, its try noted; None if there is nothing to be sent, or not to there any more."""
        system, now = self._systems.named(name), wall_clock()
        item = self._tries.next(system, now) if system.webhook == hook else None
        return self._tries.begun(item, now) if item else None

    def _told(self, item: Item) -> dict[str, object]:
        line = self._application.feed.line(item.number)
        assert line, "what is tried stands in the feed"
        return self._application.item(line)

    def _failed(self, item: Item, error: Exception) -> None:
        code, detail = _coded(error)
        parked = self._tries.failed(item, code)
        said = {"system": item.system, "id": str(item.id), "feed": item.number, "tries": item.tries}
        if parked:
            _log.error("webhook.parked", **said, code=code, detail=detail)
        else:
            _log.warning("webhook.failed", **said, code=code, detail=detail)


def _coded(error: Exception) -> tuple[str, str | None]:
    """The code of a try that failed, and what more there is to say."""
    if isinstance(error, NotTaken):
        error = _OF_WHY[error.why](error.detail)
    if isinstance(error, BarnabusError):
        return error.code, error.detail
    return "internal", type(error).__name__


_OF_WHY = {
    Why.UNREACHABLE: lambda detail: BarnabusError("webhook.unreachable", detail=detail),
    Why.UNTRUSTED: lambda detail: BarnabusError("webhook.untrusted", detail=detail),
    Why.REFUSED: lambda detail: BarnabusError("webhook.refused", detail=detail),
}
