"""The relay: takes an agency's acts one by one, in order, from its own notification log to the bus's log.

Each is built once, committed to the outbox, sent, and its answer stored before the next is built; after any crash the
same bytes go again. One relay an agency. Receipts that are owed go out between acts, at the latest within a second;
behind them what must be said again.
"""

import asyncio
import contextlib
import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import asking, faults, seal
from bus.aside import NOT_YET, Aside, OwnActs
from bus.chains import RECEIPT, RESTORED
from bus.clock import Clock
from bus.directory import Keyring
from bus.inbox import Inbox
from bus.log import stamp_of
from bus.outbox import Outbox, Waiting
from bus.saying_again import SayingAgain, unsaid
from bus.signing import SigningKey
from bus.store import Statement, Store
from bus.submission import RECORD_TYP, Built, Outgoing, build
from bus.ways_around import WAYS_LIMIT, another_way
from contracts import subjects
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import Stamp, Submission
from contracts.errors import BarnabusError, Then

PAUSES_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0)
"""Between tries of the same submission; the last one is repeated until the log has it."""
RECEIPT_DELAY = timedelta(milliseconds=250)
"""How long letters are gathered into one receipt."""
REFUSED = "submission.refused"
ENDED = "key.ended"
OF_THE_BUS = frozenset({RECEIPT, REFUSED, RESTORED})
"""A permanent refusal of these says that chains or keys do not fit: their numbers are never freed."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class LoggedAct:
    """Where the log put an act, and why it is void there, if it is."""

    stamp: Stamp
    void: str | None


class Acts(OwnActs, Protocol):
    """What the relay needs of an agency's application."""

    def on_logged(self, record_id: UUID, stamp: Stamp, also: Sequence[Statement]) -> tuple[Mapping[str, Any], ...]:
        """Note where the log put an act, with these writes in the same transaction. The own acts void by that."""

    def on_refused(self, record_id: UUID, code: str, also: Sequence[Statement]) -> Mapping[str, Any]:
        """Note that an act can never be logged, with these writes in the same transaction. The act, as void."""


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
        *,
        rest_s: float | None = RECEIPT_DELAY.total_seconds(),
    ) -> None:
        """`rest_s` is how long it waits to look by itself; None, as beside a clock that stands still: until nudged."""
        self._rest_s = rest_s
        self._agency = agency
        self._acts = acts
        self._store = store
        self._outbox = Outbox(store)
        self._aside = Aside(store)
        self._inbox = Inbox(store)
        self._again = SayingAgain(acts, store, directory)
        self._key = signing_key
        self._directory = directory
        self._nats = nats
        self._clock = clock
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
            waiting = self._outbox.waiting() or self._build_next()
            if waiting:
                await self._deliver(waiting)
            else:
                await self._rest()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._nudged.wait(), self._rest_s)
        except TimeoutError:
            return

    def _build_next(self) -> Waiting | None:
        owed = self._receipt_owed() or self._again.next(self._clock())
        act = None if owed else self._aside.next_act(self._acts, self._outbox, self._clock())
        if owed:
            outgoing, also = owed
            built, notification = self._build(outgoing), None
        elif act:
            notification, outgoing, also = act
            built = self._build(outgoing)
        else:
            return None
        self._store.write(*self._outbox.add(built, notification), *also)
        faults.point("relay.built" if notification else "relay.built-receipt")
        return _waiting(built, notification)

    def _receipt_owed(self) -> tuple[Outgoing, list[Statement]] | None:
        now = self._clock()
        receipt = self._inbox.unreceipted(since=now - RECEIPT_DELAY)
        if receipt is None:
            return None
        outgoing = Outgoing(
            record_id=self.own_id(self._outbox.head().number + 1),
            type=RECEIPT,
            subject=subjects.link(receipt.sender, self._agency),
            time=now,
            about=None,
            values=receipt.model_dump(mode="json"),
        )
        return outgoing, [self._inbox.receipted(receipt)]

    def own_id(self, number: int) -> UUID:
        """Of a record that no command asked for: its place in the chain is used once, so the id is too."""
        return uuid5(NAMESPACE_URL, f"barnabus:{self._agency}:{number}")

    def _build(self, outgoing: Outgoing) -> Built:
        links = {receiver: self._outbox.link(receiver) for receiver in outgoing.receivers}
        return build(outgoing, self._agency, self._outbox.head(), links, self._key(), self._directory)

    async def _deliver(self, waiting: Waiting) -> None:
        """Send the same bytes until the gateway has given an answer that ends the waiting."""
        without = set[Agency]()
        for attempt in count():
            try:
                stamp = await self._ask(waiting)
            except BarnabusError as error:
                if attempt < WAYS_LIMIT and self._goes_around(error, waiting, without):
                    waiting = self._around(waiting, without)
                elif error.then is Then.VOID and waiting.type not in OF_THE_BUS:
                    await self._free(waiting, error)
                    return
                elif error.code == ENDED and self._has_another_key(waiting):
                    if (anew := self._signed_anew(waiting)) is None:
                        return
                    waiting = anew
                    continue
                elif error.code in NOT_YET and waiting.notification_id is not None:
                    self._set_aside(waiting, waiting.notification_id, error)
                    return
                else:
                    self._note(error, waiting, first=attempt == 0)
                await asyncio.sleep(PAUSES_S[min(attempt, len(PAUSES_S) - 1)])
            else:
                faults.point("relay.answered")
                await self._settle(waiting, *stamp)
                return

    def _goes_around(self, error: BarnabusError, waiting: Waiting, without: set[Agency]) -> bool:
        """Only what was said by an act or a fact has letters that can be left out."""
        left_out = partial(self._outbox.left_out, UUID(waiting.record_id))
        return waiting.notification_id is not None and another_way(error, without, left_out)

    def _around(self, waiting: Waiting, without: AbstractSet[Agency]) -> Waiting:
        """The same act under the same number, with no letter for these."""
        assert waiting.notification_id is not None, "what holds no letters is not refused for one"
        _log.warning("submission.rerouted", agency=self._agency, record_id=waiting.record_id)
        outgoing = self._acts.act_at(waiting.notification_id, without)
        links = {receiver: self._outbox.link(receiver, below=waiting.number) for receiver in outgoing.receivers}
        head = self._outbox.head(below=waiting.number)
        built = build(outgoing, self._agency, head, links, self._key(), self._directory)
        self._store.write(*self._outbox.replace(built), *self._outbox.leave_out(outgoing, without))
        return _waiting(built, waiting.notification_id)

    def _has_another_key(self, waiting: Waiting) -> bool:
        return seal.signed_by(Submission.model_validate_json(waiting.body).signature) != self._key().kid

    def _signed_anew(self, waiting: Waiting) -> Waiting | None:
        """The same, signed by the key that counts now; None for what is taken back, and built anew by itself."""
        _log.warning("submission.signed-anew", agency=self._agency, record_id=waiting.record_id, type=waiting.type)
        if waiting.notification_id is not None:  # its letters are signed too
            return self._around(waiting, set(self._outbox.left_out(UUID(waiting.record_id))))
        submission = Submission.model_validate_json(waiting.body)
        if submission.letters:
            assert waiting.type == SAID_AGAIN, "nothing else of the bus's own has letters"
            self._store.write(*self._outbox.take_back(waiting), unsaid(UUID(waiting.record_id)))
            return None
        signature = seal.sign_detached(submission.record.encode(), self._key(), typ=RECORD_TYP)
        body = submission.model_copy(update={"signature": signature}).model_dump_json().encode()
        self._store.write(self._outbox.signed_anew(waiting.number, body))
        return replace(waiting, body=body)

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
        stuck = error.code if error.then is not Then.RETRY else None
        if first and not stuck:
            _log.warning("relay.waiting", agency=self._agency, code=error.code, record_id=waiting.record_id)
        if stuck and stuck != self.halted:
            _log.error(
                "relay.halted", agency=self._agency, code=error.code, record_id=waiting.record_id, hint=error.row.hint
            )
        self.halted = stuck

    async def _settle(self, waiting: Waiting, token: str, stamp: Stamp) -> None:
        self.halted = None
        voided = self._acts.on_logged(stamp.record_id, stamp, [self._outbox.stamped(waiting.number, token)])
        for void in voided:
            await self._tell_void(void)
        reasons = {void["id"]: str(void["reason"]) for void in voided}
        self._tell(stamp.record_id, LoggedAct(stamp, reasons.get(str(stamp.record_id))))

    async def _tell_void(self, void: Mapping[str, Any]) -> None:
        """To the agency's own system."""
        with contextlib.suppress(NatsError):
            await self._nats.publish(subjects.VOIDED, seal.dump(void))

    def _tell(self, record_id: UUID, logged: LoggedAct | None) -> None:
        watcher = self._watchers.get(record_id)
        if watcher and not watcher.done():
            watcher.set_result(logged)

    def _set_aside(self, waiting: Waiting, notification_id: int, error: BarnabusError) -> None:
        """A gateway older than this installation: nothing becomes void for that, and no other case waits."""
        about = {"agency": self._agency, "code": error.code, "record_id": waiting.record_id, "type": waiting.type}
        if self._aside.refused(waiting.type):
            _log.error("submission.set-aside", **about, hint=error.row.hint)
        kept = (waiting.record_id, waiting.type, _record(waiting)["subject"], error.code)
        put = self._aside.put(notification_id, *kept, self._clock())
        self._store.write(*self._outbox.take_back(waiting), put)
        self.halted = None

    async def _free(self, waiting: Waiting, error: BarnabusError) -> None:
        """A permanent refusal: its number is used by `submission.refused`, and the act shows as void."""
        _log.error(
            "submission.refused", agency=self._agency, code=error.code, record_id=waiting.record_id, type=waiting.type
        )
        record = _record(waiting)
        outgoing = Outgoing(
            record_id=self.own_id(waiting.number),
            type=REFUSED,
            subject=record["subject"],
            time=self._clock(),
            about=None,
            values={
                "refused_id": waiting.record_id,
                "refused_type": waiting.type,
                "code": error.code,
                "handoff_id": record["data"]["content"].get("handoff_id"),
            },
            causation_id=UUID(waiting.record_id),
        )
        previous = self._outbox.head(below=waiting.number)
        built = build(outgoing, self._agency, previous, {}, self._key(), self._directory)
        if waiting.type == SAID_AGAIN:  # no act stands behind it, and it is not tried again
            self._store.write(*self._outbox.replace(built))
            return
        void = self._acts.on_refused(UUID(waiting.record_id), error.code, self._outbox.replace(built))
        await self._tell_void(void)
        self._tell(UUID(waiting.record_id), None)


def _record(waiting: Waiting) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Submission.model_validate_json(waiting.body).record)
    return found


def _waiting(built: Built, notification_id: int | None) -> Waiting:
    record = built.record
    return Waiting(built.number, str(record.id), record.type, built.body, built.record_digest, notification_id)
