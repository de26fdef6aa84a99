"""What one agency owes now, out of the sandbox's read models: looked at twice a second, and only once all is folded."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from bus import tasks
from bus.clock import Clock
from bus.log import LogReader
from bus.settings import Settings
from cli.log import reader
from contracts.agencies import Agency
from contracts.duties.duty import Duty
from contracts.errors import BarnabusError
from contracts.protocol import Protocol
from projections import owed
from projections.cases import Cases
from projections.letters import Letters
from projections.owed import Among, Owed
from projections.records import Records
from projections.snapshot import snapshot
from projections.view import reading

LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class Owing:
    """`told` hears of each duty of this agency's at every look, with its case."""

    settings: Settings
    agency: Agency
    protocol: Protocol
    clock: Clock
    told: Callable[[Duty, str], None]
    now: list[Owed] = field(default_factory=list)
    """What it owed at the last look, what was expected first at the top."""
    as_of: datetime | None = None
    """Of the last look."""

    async def run(self) -> None:
        """Until cancelled."""
        async with reader(self.settings, patient=True) as log:
            while True:
                tasks.heed()
                with contextlib.suppress(BarnabusError):  # while everything starts, or the server comes back
                    await self._look(log)
                await asyncio.sleep(LOOK_EVERY_S)

    async def _look(self, log: LogReader) -> None:
        at, last = self.clock(), await log.last()
        with reading(self.settings, Cases(), Records(), Letters()) as view, snapshot(view) as connection:
            if owed.folded(connection).position < last:
                return  # what was done may not be in it yet
            every, _ = owed.owed(connection, Among(at), self.protocol)
        own = [one for one in every if one.duty.holder is self.agency]
        self.now = [one for one in own if one.duty.owed]
        for one in own:
            self.told(one.duty, one.case_ref)
        self.as_of = at
