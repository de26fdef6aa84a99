"""Letters that got lost on their way: the recipient notices and asks for them, the sender submits the same bytes again.

The gateway posts once more what its recipient has not signed for; what arrives twice is dropped by its number.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import asking
from bus.asking import Ends
from bus.inbox import Inbox
from bus.log import position_of
from bus.outbox import Outbox
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import ReceiptsAsked, ResendAsked
from contracts.errors import BarnabusError

LOOK_EVERY_S = 5.0
LOOKS_BETWEEN = (0, 1, 3, 7, 15, 31, 63)
"""How many looks pass before the same is asked for again: the sender may be away for days."""
_log = structlog.get_logger()


@dataclass(slots=True)
class Asked:
    """Letters that were asked for, and when it is time to ask for the same again."""

    numbers: frozenset[int]
    times: int = 0
    looks: int = 0

    def is_time(self) -> bool:
        """To be called once a look."""
        if self.looks < LOOKS_BETWEEN[min(self.times, len(LOOKS_BETWEEN) - 1)]:
            self.looks += 1
            return False
        self.times, self.looks = self.times + 1, 0
        return True


@dataclass(frozen=True, slots=True)
class Post:
    """Of our own post, by its sequences: up to where all is handled, and where it ends."""

    handled: int
    last: int


class Resending:
    def __init__(self, agency: Agency, inbox: Inbox, outbox: Outbox, nats: Client) -> None:
        self._agency = agency
        self._inbox = inbox
        self._outbox = outbox
        self._nats = nats
        self._js = nats.jetstream(prefix=subjects.API, timeout=asking.ANSWER_TIMEOUT_S)
        self._asked_for: dict[Agency, Asked] = {}
        self._untold: dict[Agency, Asked] = {}  # by recipient: behind which position its receipt stands

    async def run(self) -> None:
        """Until cancelled: ask for what is missing as long as it is missing.

        A gap shows by the letters behind it. The last letters of a link show by the log: what it held a look ago was
        posted by now, and once the post is handled up to here, what is not in the inbox was lost.
        """
        logged: Ends | None = None
        until: int | None = None
        while True:
            await asyncio.sleep(LOOK_EVERY_S)
            post = await self._post()
            if post:  # a post that ends sooner than it did was made anew
                until = post.last if until is None else min(until, post.last)
            seen = bool(post and until is not None and post.handled >= until)
            await self._ask_for(self._inbox.gaps(logged.inbound if seen and logged else {}))
            if seen:
                await self._hear_of(logged.outbound if logged else {})
                logged, until = await self._logged(), None

    async def want(self, sender: Agency, numbers: tuple[int, ...], *, altered: bool) -> None:
        """Ask for these at once, unless they were asked for before; an altered letter is news each time."""
        asked = self._asked_for.get(sender)
        if numbers and (altered or asked is None or not asked.numbers.issuperset(numbers)):
            await self._ask(sender, numbers)

    async def _ask_for(self, missing: Mapping[Agency, tuple[int, ...]]) -> None:
        for sender in set(self._asked_for) - set(missing):
            del self._asked_for[sender]
        for sender, numbers in missing.items():
            asked = self._asked_for.get(sender)
            if asked is None or asked.numbers != set(numbers) or asked.is_time():
                await self._ask(sender, numbers)

    async def _ask(self, sender: Agency, numbers: tuple[int, ...]) -> None:
        _log.warning("letters.missing", agency=self._agency.value, sender=sender.value, count=len(numbers))
        asked = self._asked_for.get(sender)
        if asked is None or asked.numbers != set(numbers):
            self._asked_for[sender] = Asked(frozenset(numbers))
        try:
            await asking.resend(self._nats, ResendAsked(sender=sender, numbers=numbers))
        except BarnabusError as error:
            self._asked_for.pop(sender, None)  # nobody was told: asked again at the next look
            _log.info("resend.unanswered", agency=self._agency.value, code=error.code)

    async def _post(self) -> Post | None:
        try:
            found = await self._js.consumer_info(subjects.post_stream(self._agency), subjects.ADAPTER)
        except (NatsError, TimeoutError):
            return None
        delivered = found.delivered.stream_seq if found.delivered else 0
        floor = found.ack_floor.stream_seq if found.ack_floor else 0
        return Post(floor if found.num_ack_pending else delivered, delivered + (found.num_pending or 0))

    async def _logged(self) -> Ends | None:
        try:
            return await asking.ends(self._nats, self._outbox.last_stamp())
        except BarnabusError:
            return None

    async def _hear_of(self, signed: Mapping[Agency, int]) -> None:
        """Ask for receipts that the log has, and whose notices never came or are forgotten here."""
        for recipient, number in signed.items():
            stamp = self._outbox.untold(recipient, number)
            if stamp is None:
                self._untold.pop(recipient, None)
                continue
            after = position_of(stamp)
            asked = self._untold.setdefault(recipient, Asked(frozenset({after})))
            if asked.numbers != {after}:
                asked = self._untold[recipient] = Asked(frozenset({after}))
            if asked.is_time():
                with contextlib.suppress(BarnabusError):
                    await asking.receipts(self._nats, ReceiptsAsked(recipient=recipient, after=after))

    async def answer(self, recipient: Agency, numbers: tuple[int, ...]) -> None:
        """Submit once more what this recipient misses; if that fails, it asks again."""
        for body in self._outbox.holding(recipient, numbers):
            try:
                await asking.submit(self._nats, body)
            except BarnabusError as error:
                _log.info("resend.unanswered", agency=self._agency.value, code=error.code)
                return
