"""A home at work with the keeper in it, on a clock that a test moves forward; its watch looks when the test says so."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bus import directory
from bus.clock import wall_clock
from bus.settings import Settings
from cli.keeper import _view
from cli.log import reader
from contracts.agencies import EVERYBODY, Agency
from contracts.catalogue.accounting import KEPT_OPEN
from contracts.duties.notices import OF_DUTIES
from contracts.protocol import Protocol, read
from projections import building
from projections.engine import Projector
from projections.models import MODELS
from projections.view import LIVE, Place
from services.keeper.application import Keeper
from services.keeper.signs import Signs
from services.keeper.watching import BEHIND_THE_CLOCK, Looked, Watching
from tests.living import Living, System, eventually, letters_sent, living

SHIPPED = read()


@dataclass(slots=True)
class Ahead:
    """The wall's clock, and as far ahead of it as a test has moved it."""

    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return wall_clock() + self.by

    def reach(self, moment: datetime) -> None:
        self.by = max(self.by, moment - wall_clock())


@dataclass(frozen=True, slots=True)
class Notice:
    """One word of the keeper's as the log has it."""

    id: str
    type: str
    to: frozenset[Agency]
    codes: dict[str, Any]
    case_ref: str

    @property
    def brief(self) -> tuple[str, frozenset[Agency]]:
        """What is said, and to whom."""
        return self.type, self.to

    @property
    def due_at(self) -> datetime:
        return datetime.fromisoformat(self.codes["due_at"])


@dataclass(slots=True)
class Watch:
    """Gateway and adapters run; nothing is folded and nothing looked at but by `fold` and `look`."""

    home: Living
    clock: Ahead
    systems: dict[Agency, System]
    protocol: Protocol = SHIPPED
    watching: Watching = field(init=False)
    signs: Signs = field(init=False)
    _as_of: datetime | None = None
    _heard: int = 0

    @property
    def keeper(self) -> Keeper:
        found = self.home.application(Agency.KEEPER)
        assert isinstance(found, Keeper)
        return found

    def begin(self) -> None:
        """As a new process begins: all it knows lies in the keeper's store and in the log."""
        self.signs = Signs(self.home.settings.keeper, self.keeper.store, self._now)
        nudge = self.home.adapters[Agency.KEEPER].relay.nudge
        view = lambda: _view(self.home.settings)  # noqa: E731
        self.watching = Watching(self.keeper, self.protocol, view, self._log_end, nudge, self.signs, self._now)

    def _now(self) -> datetime:
        return self._as_of + BEHIND_THE_CLOCK if self._as_of else self.clock()

    async def _log_end(self) -> int:
        async with reader(self.home.settings) as log:
            return await log.last()

    async def fold(self) -> None:
        """The read models, up to the log's end."""
        settings = self.home.settings
        place, keyring = Place.of(settings), directory.load(settings)
        if not place.exists():
            place.begin(LIVE)
        with place.opened() as view:
            projector = Projector(view, MODELS)
            async with reader(settings) as log:
                entries = building.verified(log, keyring, projector.position + 1, await log.last())
                await projector.catch_up(entries)

    async def look(self, at: datetime | None = None) -> Looked:
        """Once everything is in the log and signed for: now, or exactly as of a later moment, which is then now."""
        await self.settled()
        await self.fold()
        if at:
            self.clock.reach(at + BEHIND_THE_CLOCK)
        self._as_of = at
        try:
            looked = await self.watching.look()
        finally:
            self._as_of = None
        assert looked.waiting is None, looked
        assert at in (None, looked.at)
        await self.settled()
        return looked

    async def looks(self, at: datetime | None = None) -> list[Notice]:
        """What the log has got of it since this was asked last: by one look as of a moment, else until that is all."""
        looked = await self.look(at)
        while looked.notices and at is None:
            looked = await self.look()
        return await self.news()

    async def news(self) -> list[Notice]:
        every = await self.notices()
        new, self._heard = every[self._heard :], len(every)
        return new

    async def notices(self) -> list[Notice]:
        """All that the keeper has ever said, in the log's order."""
        own = [entry for entry in await self.home.log() if entry.record.type in (*OF_DUTIES, KEPT_OPEN)]
        return [
            Notice(
                str(entry.record.id),
                entry.record.type,
                frozenset(letter.to for letter in entry.record.data.letters),
                dict(entry.codes),
                entry.record.subject,
            )
            for entry in own
        ]

    async def settled(self) -> None:
        """Everybody's words are in the log, and each letter is signed for."""

        def done() -> bool:
            apps = [adapter.application for adapter in self.home.adapters.values()]
            if any(app.outbox.waiting() or app.next_act(app.outbox.last_notification()) for app in apps):
                return False
            return all(row["received_at"] for app in apps for row in letters_sent(app))

        await eventually(done)


@contextlib.asynccontextmanager
async def watch(settings: Settings, protocol: Protocol = SHIPPED) -> AsyncIterator[Watch]:
    """One gateway, everybody's adapter and system, the keeper's adapter and watch, all on one clock."""
    clock = Ahead()
    async with living(settings) as home:
        await home.start_gateway(clock=clock)
        for agency in sorted(Agency):
            await home.start_adapter(agency, clock)
        found = Watch(home, clock, {agency: await home.system(agency) for agency in sorted(EVERYBODY)}, protocol)
        found.begin()
        yield found
