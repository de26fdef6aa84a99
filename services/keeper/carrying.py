"""Carries alarms to people: what is due is sent, and what came of it is noted; nobody waits for another's server."""

import asyncio

import structlog

from bus import tasks
from bus.clock import Clock, wall_clock
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from services.keeper.alarms import Alarm, Alarms, State
from services.keeper.reach import Reach
from services.keeper.sending import send

LOOK_EVERY_S = 1.0
FAILED_AGAIN_S = 5.0
"""After the store could not be read or written."""
_log = structlog.get_logger()


class Carrier:
    def __init__(
        self, alarms: Alarms, reach: Reach, clock: Clock = wall_clock, *, look_every_s: float = LOOK_EVERY_S
    ) -> None:
        self._alarms = alarms
        self._reach = reach
        self._clock = clock
        self._look_every_s = look_every_s
        self._under_way: dict[tuple[Agency, str], asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until cancelled. On each way one alarm at a time, and on all ways at once."""
        try:
            while True:
                await self._look()
                if self._under_way:
                    await asyncio.wait(
                        self._under_way.values(), timeout=self._look_every_s, return_when=asyncio.FIRST_COMPLETED
                    )
                else:
                    await asyncio.sleep(self._look_every_s)
                self._under_way = {way: task for way, task in self._under_way.items() if not task.done()}
        finally:
            await tasks.end(*self._under_way.values())

    async def _look(self) -> None:
        try:
            due = self._alarms.due(self._clock())
        except Exception as error:  # noqa: BLE001  a store that is away comes back
            _log.error("alarms.unread", code=_code(error), exc_info=True)
            await asyncio.sleep(FAILED_AGAIN_S)
            return
        for alarm in due:
            way = (alarm.agency, alarm.way)
            if way not in self._under_way:
                self._under_way[way] = asyncio.create_task(self._carry(alarm))

    async def _carry(self, alarm: Alarm) -> None:
        """Nothing is sent whose try could not be noted first: a store that cannot be written makes no flood."""
        try:
            begun = self._alarms.begun(alarm, self._clock())
            await self._try(begun)
        except Exception as error:  # noqa: BLE001  the next try is noted already, or nothing was sent
            _log.error("alarm.unnoted", **_named(alarm), code=_code(error), exc_info=True)
            await asyncio.sleep(FAILED_AGAIN_S)

    async def _try(self, alarm: Alarm) -> None:
        try:
            await send(self._reach, alarm, self._clock())
        except Exception as error:  # noqa: BLE001  foreseen or not, it is a try that failed
            self._failed(alarm, error)
        else:
            self._alarms.sent(alarm)
            _log.info("alarm.sent", **_named(alarm))

    def _failed(self, alarm: Alarm, error: Exception) -> None:
        state = self._alarms.failed(alarm, _code(error))
        said = {"code": _code(error), "tries": alarm.tries}
        if isinstance(error, BarnabusError):
            said["detail"] = error.detail
        else:
            said["error"] = type(error).__name__
        if state is State.PARKED:
            _log.error("alarm.parked", **_named(alarm), **said)
        else:
            _log.warning("alarm.failed", **_named(alarm), **said)


def _named(alarm: Alarm) -> dict[str, str]:
    """What a log line says of an alarm: the name of its way, and never an address."""
    return {"id": str(alarm.id), "agency": alarm.agency.value, "way": alarm.way}


def _code(error: Exception) -> str:
    return error.code if isinstance(error, BarnabusError) else "internal"
