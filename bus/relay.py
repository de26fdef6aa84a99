"""The relay: takes an agency's acts one by one, in order, from its own notification log to the bus's log.

Each is built once, committed to the outbox, sent, and its answer stored before the next is built; after any crash the
same bytes go again. One relay an agency. Receipts that are owed go out between acts, at the latest within a second;
behind them what must be said again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Protocol
from uuid import UUID

import structlog
from nats.aio.client import Client

from bus import asking, faults
from bus.adopting import Adopting
from bus.aside import Aside
from bus.chains import RECEIPT
from bus.clock import Clock
from bus.directory import Keyring
from bus.drafting import Drafting, waiting_as
from bus.inbox import Inbox
from bus.log import stamp_of
from bus.mending import ENDED, GivenUp, Mending, Refusable, own_id
from bus.outbox import Outbox, Waiting
from bus.saying_again import SayingAgain
from bus.signing import SigningKey
from bus.store import Statement, Store
from bus.submission import Outgoing
from bus.ways_around import WAYS_LIMIT
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Stamp
from contracts.errors import BarnabusError, Then

PAUSES_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Between tries of the same submission; the last one is repeated until the log has it."""
RECEIPT_DELAY = timedelta(milliseconds=250)
"""How long letters are gathered into one receipt."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """Where the log put an act, and why it is void there, if it is."""

    stamp: Stamp
    void: str | None


class Acts(Refusable, Protocol):
    """What the relay needs of an agency's application."""

    def on_logged(self, record_id: UUID, stamp: Stamp, also: Sequence[Statement]) -> tuple[Mapping[str, Any], ...]:
        """Note where the log put an act, with these writes in the same transaction. The own acts void by that."""


class Relay:
    def __init__(
        self,
        agency: Agency,
        acts: Acts,
        store: Store,
        signing_key: SigningKey,
        directory: Keyring,
        nats: Client,
        clock: Clock,
        tell_void: Callable[[Mapping[str, Any]], Awaitable[None]],
        *,
        rest_s: float | None = RECEIPT_DELAY.total_seconds(),
        adopting: Adopting | None = None,
    ) -> None:
        """`tell_void` tells the agency's own systems of an act that counts for nothing.

        `rest_s` is how long it waits to look by itself; None, as beside a clock that stands still: until nudged.

        With `adopting` it also says by which directory the agency goes, once that has become another.
        """
        self._adopting = adopting
        self._rest_s = rest_s
        self._agency = agency
        self._acts = acts
        self._store = store
        self._outbox = Outbox(store)
        self._aside = Aside(store)
        self._inbox = Inbox(store)
        self._again = SayingAgain(acts, store, directory)
        self._drafting = Drafting(agency, self._outbox, signing_key, directory)
        self._mending = Mending(acts, store, self._drafting, self._aside, clock)
        self._directory = directory
        self._nats = nats
        self._clock = clock
        self._tell_void = tell_void
        self._nudged = asyncio.Event()
        self._watchers: dict[UUID, asyncio.Future[LoggedAct | None]] = {}
        self._ended = False
        self.halted: str | None = None
        """The code that keeps this relay from going on, if one does."""

    def nudge(self) -> None:
        """Something was saved: look now."""
        self._nudged.set()

    async def logged(self, record_id: UUID, timeout_s: float) -> LoggedAct | None:
        """Where the log put an act, if that is known within this time; None too once it was refused."""
        if self._ended:
            return None
        watcher = self._watchers.setdefault(record_id, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(asyncio.shield(watcher), timeout_s)
        except TimeoutError:
            return None
        finally:
            self._watchers.pop(record_id, None)

    def let_go(self) -> None:
        """It runs no more: nobody need wait for a stamp."""
        self._ended = True
        for watcher in self._watchers.values():
            if not watcher.done():
                watcher.set_result(None)

    async def run(self) -> None:
        """Until cancelled: send what waits, build what is next, wait for more."""
        while True:
            self._nudged.clear()
            try:
                waiting = self._outbox.waiting() or self._build_next()
                await (self._deliver(waiting) if waiting else self._rest())
            except BarnabusError as error:
                if error.code != ENDED:
                    raise
                self._halt(error, None)  # nothing can be signed until there is a key that counts
                await asyncio.sleep(PAUSES_S[-1])

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._nudged.wait(), self._rest_s)
        except TimeoutError:
            return

    def _build_next(self) -> Waiting | None:
        owed = self._receipt_owed() or self._adopted() or self._again.next(self._clock())
        act = None if owed else self._aside.next_act(self._acts, self._outbox, self._clock())
        if owed:
            outgoing, also = owed
            built, notification = self._drafting.next(outgoing), None
        elif act:
            notification, outgoing, also = act
            built = self._drafting.next(outgoing)
        else:
            return None
        self._store.write(*self._outbox.add(built, notification), *also)
        faults.point("relay.built" if notification else "relay.built-receipt")
        return waiting_as(built, notification)

    def _adopted(self) -> tuple[Outgoing, list[Statement]] | None:
        return self._adopting.next(self._drafting, self._clock()) if self._adopting else None

    def _receipt_owed(self) -> tuple[Outgoing, list[Statement]] | None:
        now = self._clock()
        receipt = self._inbox.unreceipted(since=now - RECEIPT_DELAY)
        if receipt is None:
            return None
        outgoing = Outgoing(
            record_id=own_id(self._agency, self._outbox.head().number + 1),
            type=RECEIPT,
            subject=subjects.link(receipt.sender, self._agency),
            time=now,
            about=None,
            values=receipt.model_dump(mode="json"),
        )
        return outgoing, [self._inbox.receipted(receipt)]

    async def _deliver(self, waiting: Waiting) -> None:
        """Send the same bytes until the gateway has given an answer that ends the waiting."""
        without = set[Agency]()
        for attempt in count():
            try:
                stamp = await self._ask(waiting)
            except BarnabusError as error:
                other = self._mending.after(error, waiting, without if attempt < WAYS_LIMIT else None)
                if isinstance(other, GivenUp):
                    await self._give_up(waiting, other)
                    return
                if other:
                    waiting = other
                else:
                    self._note(error, waiting, first=attempt == 0)
                await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            else:
                faults.point("relay.answered")
                await self._settle(waiting, *stamp)
                return

    async def _give_up(self, waiting: Waiting, given_up: GivenUp) -> None:
        self.halted = None
        if given_up.void is not None:
            await self._tell_void(given_up.void)
            self._tell(UUID(waiting.record_id), None)

    async def _ask(self, waiting: Waiting) -> tuple[str, Stamp]:
        token = await asking.submit(self._nats, waiting.body)
        stamp = stamp_of(token, self._directory)
        if (str(stamp.record_id), stamp.record, stamp.account) != (
            waiting.record_id,
            waiting.record_digest,
            self._agency,
        ):
            raise BarnabusError("signature.invalid", detail="The stamp speaks of another record.")
        return token, stamp

    def _note(self, error: BarnabusError, waiting: Waiting, *, first: bool) -> None:
        """Say once that the log cannot be reached, and at every new reason why the gateway will not have it."""
        if error.then is not Then.RETRY:
            self._halt(error, waiting)
            return
        if first:
            _log.warning("relay.waiting", agency=self._agency, code=error.code, record_id=waiting.record_id)
        self.halted = None

    def _halt(self, error: BarnabusError, waiting: Waiting | None) -> None:
        if error.code != self.halted:
            record_id = waiting.record_id if waiting else None
            _log.error("relay.halted", agency=self._agency, code=error.code, record_id=record_id, hint=error.row.hint)
        self.halted = error.code

    async def _settle(self, waiting: Waiting, token: str, stamp: Stamp) -> None:
        self.halted = None
        voided = self._acts.on_logged(stamp.record_id, stamp, [self._outbox.stamped(waiting.number, token)])
        for void in voided:
            await self._tell_void(void)
        reasons = {void["id"]: str(void["reason"]) for void in voided}
        self._tell(stamp.record_id, LoggedAct(stamp, reasons.get(str(stamp.record_id))))

    def _tell(self, record_id: UUID, logged: LoggedAct | None) -> None:
        watcher = self._watchers.get(record_id)
        if watcher and not watcher.done():
            watcher.set_result(logged)
