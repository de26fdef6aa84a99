"""What an agency's post brings to its adapter: letters and notices, one at a time.

Every handler has three ends: it acknowledges, it tries again within a bound, or it parks with a reason.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any

import structlog
from faststream.exceptions import NackMessage
from faststream.nats.annotations import NatsMessage

from bus import arrivals, faults
from bus.clock import Clock
from bus.relay import Relay
from bus.resending import Resending
from contracts import subjects
from contracts.errors import BarnabusError, Then
from services.agency import AgencyApplication
from services.going_on import named
from services.letters import Heard
from services.web.bell import Bell

TRIES = 5
RETRY_AFTER_S = 0.5
NO_LETTER = frozenset({"signature.invalid", "key.unknown", "key.ended", "chain.forked"})
"""Not what the gateway posted, or a forked link: it is no letter of ours, and the alarm is the record of it."""
_log = structlog.get_logger()
Tell = Callable[[str, Mapping[str, Any]], Awaitable[None]]
"""Tells the agency's own systems a document, on this subject. It raises nothing: whoever missed it reads the feed."""


class IncomingPost:
    """`repeats` counts the letters that had come before."""

    def __init__(
        self,
        application: AgencyApplication,
        relay: Relay,
        resending: Resending,
        tell: Tell,
        bell: Bell,
        clock: Clock,
    ) -> None:
        self._application = application
        self._relay = relay
        self._resending = resending
        self._tell_systems = tell
        self._bell = bell
        self._clock = clock
        self.repeats = 0

    async def on_post(self, body: bytes, msg: NatsMessage) -> None:
        """A letter or a notice from this agency's post."""
        with structlog.contextvars.bound_contextvars(agency=self._application.agency.value, message=msg.message_id):
            if msg.raw_message.subject == subjects.post_notices(self._application.agency):
                await self._on_notice(body)
            else:
                await self._on_letter(body, str(msg.headers.get(subjects.POSTMARK, "")), msg)

    async def _on_letter(self, body: bytes, postmark: str, msg: NatsMessage) -> None:
        faults.point("inbox.taken")
        now = self._clock()
        try:
            heard = self._application.hear(body, postmark, now)
        except Exception as error:  # noqa: BLE001  tried again within the bound, then parked
            if isinstance(error, BarnabusError) and error.code in NO_LETTER:
                _log.error("letter.rejected", code=error.code, detail=error.detail)
                return
            tries = msg.raw_message.metadata.num_delivered or 1
            _log.error("letter.failed", error=named(error), tries=tries, exc_info=True)
            full = isinstance(error, BarnabusError) and error.then is Then.RETRY  # nor could it be parked
            if full or tries < TRIES:
                raise NackMessage(delay=RETRY_AFTER_S * min(tries, TRIES)) from None
            heard = self._parked(body, postmark, now)
        faults.point("inbox.saved")
        await self._after(heard)

    def _parked(self, body: bytes, postmark: str, now: datetime) -> Heard:
        """What cannot even be parked stays in the post, and is tried now and then."""
        try:
            return self._application.park_failed(body, postmark, now)
        except Exception as error:  # noqa: BLE001
            _log.error("letter.failed", error=named(error), exc_info=True)
            raise NackMessage(delay=RETRY_AFTER_S * TRIES) from None

    async def _after(self, heard: Heard) -> None:
        """Tell the agency's own system, and ask for what is missing."""
        self._relay.nudge()
        if heard.state == "repeated":
            self.repeats += 1
            _log.info("letter.repeated", sender=heard.sender.value)
        if heard.state in ("parked", "altered"):
            _log.warning(f"letter.{heard.state}", sender=heard.sender.value, code=heard.reason)
        await self._resending.want(heard.sender, heard.missing, altered=heard.state == "altered")
        self._bell.ring()
        for one in (heard, *heard.behind):
            await self._tell(one)

    async def _tell(self, heard: Heard) -> None:
        if heard.told:
            await self._tell_systems(subjects.heard(str(heard.told["type"])), heard.told)
        for void in heard.voided:
            await self._tell_systems(subjects.VOIDED, void)

    async def _on_notice(self, body: bytes) -> None:
        try:
            notice = arrivals.notice(body)
            if notice.kind == "receipt":
                self._application.note_receipt(notice)
            elif notice.recipient:
                await self._resending.answer(notice.recipient, notice.numbers)
        except Exception as error:  # noqa: BLE001  a store that cannot be written: the notice stays in the post
            if isinstance(error, ValueError) or (isinstance(error, BarnabusError) and error.then is not Then.RETRY):
                code = error.code if isinstance(error, BarnabusError) else "field.invalid"
                _log.error("notice.rejected", code=code)
                return
            _log.error("notice.failed", error=named(error), exc_info=True)
            raise NackMessage(delay=RETRY_AFTER_S * TRIES) from None
