"""The keeper's watch: it looks every second at what was said since, and at what time alone has changed.

It decides nothing in the dark: only once all that the log has is read, as of a moment so far back that whatever was
stamped before it is in the log. What it has said it reads there too, so that it may die and come back at any moment.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol as Shape

import structlog

from bus import faults, tasks
from bus.clock import Clock
from bus.signs import FAILING
from contracts.agencies import Agency
from contracts.dated import Dated
from contracts.duties import fold, kept_open
from contracts.duties import notices as to_say
from contracts.duties.agreement import disagreements
from contracts.errors import BarnabusError
from contracts.protocol import Protocol
from services.keeper.agenda import AWAITED, Agenda, Progress
from services.keeper.application import Judged, Keeper
from services.keeper.signs import Signs

LOOK_EVERY_S = 1.0
BEHIND_THE_CLOCK = timedelta(seconds=3)
"""A gateway waits two seconds for the log: what it has stamped by then is there, or was given up."""
APART = timedelta(minutes=1)
"""A log whose last entry is stamped so far ahead of the keeper's clock: it decides nothing by either of them."""
AHEAD = timedelta(seconds=1)
"""So far ahead of the gateway's clock is too far: what is done in time would be taken for missed."""
SAID_AFTER = 10
"""So many looks in vain."""
CASES_AT_ONCE = 50
"""So many are read as of one moment, and what comes of them is recorded in one transaction."""
_log = structlog.get_logger()


class View(Shape):
    """The log as it is folded: up to a position, and its cases."""

    @property
    def position(self) -> int: ...

    @property
    def logged_at(self) -> datetime | None: ...

    def changed(self, after: int) -> list[str]:
        """The cases in which something was said, or received, after a position."""

    def open(self) -> list[str]:
        """The cases that are not closed."""

    def first_word(self) -> int | None:
        """Where the keeper spoke first; None if it never has."""

    def held_up(self) -> Collection[str]:
        """The cases in which something is not known here, so that more may have been done."""

    def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, Callable[[], list[Dated]]]]:
        """What was said in each, void or not, in the log's order, read when it is called for."""


@dataclass(slots=True)
class Looked:
    """What came of one look. `waiting` is why nothing could be decided as of `at`, if it could not."""

    at: datetime
    position: int
    cases: int = 0
    notices: int = 0
    disagreements: int = 0
    waiting: str | None = None


class Watching:
    """`read` opens the view as of one moment; `log_end` asks for the log's last position; `nudge` wakes the relay."""

    def __init__(
        self,
        keeper: Keeper,
        protocol: Protocol,
        read: Callable[[], AbstractContextManager[View]],
        log_end: Callable[[], Awaitable[int]],
        nudge: Callable[[], None],
        signs: Signs,
        clock: Clock,
    ) -> None:
        self._keeper, self._protocol, self._signs, self._clock = keeper, protocol, signs, clock
        self._read, self._log_end, self._nudge = read, log_end, nudge
        self._agenda = Agenda(keeper.store)
        self._digest = digest(protocol)
        self._tries = 0
        self._failing: set[str] = set()
        self._unchecked: dict[str, int] = {}
        self._behind: tuple[datetime, int] | None = None
        """When the log's end was asked for that the view had not reached, and where that was."""

    async def run(self) -> None:
        """Until cancelled: look every second. What keeps it from looking is said, and it goes on trying."""
        while True:
            tasks.heed()
            try:
                self._note(await self.look())
            except BarnabusError as error:
                self._waits(error.code)
            except Exception as error:  # noqa: BLE001  a dead watch would be silence
                _log.error("keeper.failed", error=type(error).__name__, exc_info=True)
                self._waits("internal")
            await asyncio.sleep(LOOK_EVERY_S)

    def _waits(self, code: str) -> None:
        """Said once it lasts: while everything starts, one thing waits for the other."""
        self._tries = self._tries + 1 if code == self._signs.waiting else 1
        if self._tries == SAID_AFTER:
            _log.warning("keeper.waiting", code=code)
        self._signs.waiting = code
        self._signs.write(counted_anew=False)

    def _note(self, looked: Looked) -> None:
        signs = self._signs
        signs.notices += looked.notices
        signs.disagreements += looked.disagreements
        if looked.waiting:
            self._waits(looked.waiting)
        if looked.waiting in (None, FAILING):  # then all other cases are decided
            signs.position, signs.decided_at, signs.waiting = looked.position, looked.at, looked.waiting
            signs.write(counted_anew=looked.cases > 0)

    async def look(self) -> Looked:
        """Once. Raises what log, view and store raise; what was recorded until then stays so."""
        now, last = self._clock(), await self._log_end()
        if self._behind:  # a busy log goes on meanwhile; a restored one may end sooner
            now, last = self._behind[0], min(self._behind[1], last)
        self._behind = None
        with self._read() as view:
            before = self._agenda.progress() or _begun(view)
            at = max(now - BEHIND_THE_CLOCK, view.logged_at or now - BEHIND_THE_CLOCK)
            looked = Looked(at, view.position)
            if view.position < last:
                looked.waiting, self._behind = "projections.behind", (now, last)
                return looked
            if view.logged_at and view.logged_at > self._clock() + APART:
                looked.waiting = "clock.behind"
                return looked
            turn, held_up = self._whose_turn(view, before, at), view.held_up()
            self._unchecked = self._agenda.unchecked()
        progress = Progress(self._digest, looked.position, before.since)
        for start in range(0, len(turn), CASES_AT_ONCE):
            await self._judge_all(turn[start : start + CASES_AT_ONCE], held_up, before, looked)
            self._signs.write(counted_anew=False)  # a long look is no silence
        if progress != before:
            self._agenda.reached(progress)
        looked.waiting = FAILING if self._failing else None
        return looked

    def _whose_turn(self, view: View, before: Progress, at: datetime) -> list[str]:
        """What time has changed goes first; where protocol or log is another, every case that is not closed."""
        anew = before.protocol != self._digest or view.position < before.position
        others = view.open() if anew else []
        return list(dict.fromkeys((*self._agenda.due(at), *view.changed(before.position), *others)))

    async def _judge_all(
        self, case_refs: Sequence[str], held_up: Collection[str], before: Progress, looked: Looked
    ) -> None:
        """What was judged is recorded at once, whatever is wrong with the next case."""
        judged = list[Judged]()
        try:
            with self._read() as view:
                if view.position < looked.position:
                    raise BarnabusError("projections.unavailable", detail="The read models went back.")
                for case_ref, read in view.cases(case_refs):
                    if case_ref in held_up:
                        judged.append(self._not_judged(case_ref, before, looked))
                        continue
                    judged.append(self._judged(case_ref, read, before, looked))
                    await asyncio.sleep(0)  # the relay, which shares the process, gets its turn
        finally:
            new = self._keeper.give(judged, looked.at, self._clock())
            looked.notices += new
            if new:
                faults.point("keeper.recorded")
                self._nudge()

    def _judged(self, case_ref: str, read: Callable[[], list[Dated]], before: Progress, looked: Looked) -> Judged:
        """What is wrong with one case holds up no other; it is said, and looked at again."""
        try:
            dated = [one for one in read() if one.said.position <= looked.position]
            judged = self._judge(case_ref, dated, before, looked)
            self._failing.discard(case_ref)
            return judged
        except Exception as error:  # noqa: BLE001
            _log.error("keeper.case-failed", case_ref=case_ref, error=type(error).__name__, exc_info=True)
            self._failing.add(case_ref)
            return self._not_judged(case_ref, before, looked)

    def _not_judged(self, case_ref: str, before: Progress, looked: Looked) -> Judged:
        writes = self._agenda.not_checked(case_ref, before.position, looked.at + AWAITED)
        return Judged(case_ref, (), writes)

    def _judge(self, case_ref: str, dated: list[Dated], before: Progress, looked: Looked) -> Judged:
        """What is to be said of a case, and when to look at it again; first its last words must be logged."""
        looked.cases += 1
        at = looked.at
        same = before.protocol == self._digest  # by another one it said something else
        unchecked = self._unchecked.get(case_ref, before.position)
        for one in disagreements(dated, self._protocol, unchecked if same else looked.position):
            looked.disagreements += 1
            _log.error("keeper.disagrees", case_ref=case_ref, type=one.said.type, id=str(one.said.id))
        self._heed_clocks(dated, before.position)
        checked = [self._agenda.checked(case_ref)] if case_ref in self._unchecked else []
        if self._keeper.waits(case_ref, dated):
            return Judged(case_ref, (), [self._agenda.again(case_ref, at + AWAITED), *checked])
        duties = fold(dated, self._protocol, at)
        void = kept_open(dated, self._protocol, at)
        notices = (
            *to_say.wanted(duties, dated, looked.position, before.since),
            *to_say.kept_open(void, looked.position, before.since),
        )
        next_at = at + AWAITED if notices else to_say.next_look(duties, dated, at)
        writes = [*self._agenda.noted(case_ref, duties, next_at), *checked]
        if notices:
            faults.point("keeper.judged")
        return Judged(case_ref, notices, writes)

    def _heed_clocks(self, dated: Iterable[Dated], after: int) -> None:
        """Its own words show by how much its clock is ahead of the gateway's, which stamps them later."""
        own = (one for one in dated if one.by is Agency.KEEPER and one.said.position > after)
        ahead = max((one.clocks.recorded - one.at for one in own), default=AHEAD)
        if ahead > AHEAD:
            _log.error("keeper.clock-ahead", seconds=round(ahead.total_seconds(), 1))


def _begun(view: View) -> Progress:
    """Before its first look, or where its store was thrown away: behind what stood there when it first spoke."""
    first = view.first_word()
    since = view.position if first is None else first - 1
    return Progress("", since, since)


def digest(protocol: Protocol) -> str:
    """Of all that it says: where that is another, what is owed may be."""
    said = "\n".join(version.model_dump_json() for version in protocol.versions)
    return hashlib.sha256(said.encode()).hexdigest()
