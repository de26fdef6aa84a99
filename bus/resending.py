"""Letters that got lost on their way: the recipient notices and asks for them, the sender submits the same bytes again.

The gateway posts once more what its recipient has not signed for; what arrives twice is dropped by its number.
"""

import asyncio
from collections.abc import Mapping

import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import asking
from bus.inbox import Inbox
from bus.outbox import Outbox
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import ResendAsked
from contracts.errors import BarnabusError

ASK_EVERY_S = 5.0
_log = structlog.get_logger()


class Resending:
    def __init__(self, agency: Agency, inbox: Inbox, outbox: Outbox, nats: Client) -> None:
        self._agency = agency
        self._inbox = inbox
        self._outbox = outbox
        self._nats = nats
        self._js = nats.jetstream(prefix="bus", timeout=asking.ANSWER_TIMEOUT_S)
        self._asked_for: dict[Agency, set[int]] = {}

    async def run(self) -> None:
        """Until cancelled: ask for what is missing as long as it is missing.

        A gap shows by the letters behind it. The last letters of a link show by the log: what it held a while ago,
        and is neither in the post nor here, was lost.
        """
        logged: Mapping[Agency, int] = {}
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            expected = logged if await self._post_is_empty() else {}
            for sender, numbers in self._inbox.gaps(expected).items():
                await self._ask(sender, numbers)
            logged = await self._logged()

    async def want(self, sender: Agency, numbers: tuple[int, ...], *, altered: bool) -> None:
        """Ask for these at once, unless they were asked for before; an altered letter is news each time."""
        if altered or set(numbers) - self._asked_for.get(sender, set()):
            await self._ask(sender, numbers)

    async def _ask(self, sender: Agency, numbers: tuple[int, ...]) -> None:
        _log.warning("letters.missing", agency=self._agency.value, sender=sender.value, count=len(numbers))
        self._asked_for[sender] = set(numbers)
        try:
            await asking.resend(self._nats, ResendAsked(sender=sender, numbers=numbers))
        except BarnabusError as error:  # asked again as long as they are missing
            _log.info("resend.unanswered", agency=self._agency.value, code=error.code)

    async def _post_is_empty(self) -> bool:
        """Is nothing waiting there, and nothing in our hands?"""
        try:
            found = await self._js.consumer_info(subjects.post_stream(self._agency), subjects.ADAPTER)
        except (NatsError, TimeoutError):
            return False
        return not found.num_pending and not found.num_ack_pending

    async def _logged(self) -> Mapping[Agency, int]:
        try:
            return (await asking.heads(self._nats)).inbound
        except BarnabusError:
            return {}

    async def answer(self, recipient: Agency, numbers: tuple[int, ...]) -> None:
        """Submit once more what this recipient misses; if that fails, it asks again."""
        for body in self._outbox.holding(recipient, numbers):
            try:
                await asking.submit(self._nats, body)
            except BarnabusError as error:
                _log.info("resend.unanswered", agency=self._agency.value, code=error.code)
                return
