"""The gateway: the only writer of the log. It checks who, what and in which order; stamps; appends; posts.

It knows no case rules: those belong to the agencies. It decides one submission after another, and JetStream's
expected last sequence is the fence: a second gateway, or a late packet of this one, cannot write beside it.
"""

import asyncio

import structlog
from joserfc.jwk import OKPKey
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from bus import faults, seal, streams
from bus.chains import RECEIPT, receipt_of
from bus.clock import Clock
from bus.directory import Keyring
from bus.examining import Examined, allow, examine, said_before, still_counts
from bus.ledger import Ledger
from bus.log import POSTMARK_TYP, STAMP_TYP, LogReader, stamp_of, verify
from bus.signing import SigningKey
from contracts import documents, subjects
from contracts.agencies import Agency
from contracts.envelope import (
    HeadsAsked,
    Notice,
    OwnAsked,
    Postmark,
    ReceiptsAsked,
    Record,
    ResendAsked,
    Stamp,
)
from contracts.errors import BarnabusError

RESEND_LIMIT_LETTERS, RESEND_PAUSE_S = 100, 2.0
"""So many letters of a link at most are asked for again at a time, and no sooner after the last time."""
OWN_LIMIT_RECORDS, OWN_LIMIT_BYTES = 200, 256 * 1024
"""So much of its own does an agency get back in one answer; it asks on from there."""
_log = structlog.get_logger()
_PUBLISH_TIMEOUT_S = 2.0
_TRIES = 3
"""An append whose outcome is unknown is looked up in the log and tried again; after so many the sender is told to."""


class Gateway:
    """`submit` is safe to repeat: the same bytes get the same answer, unreceipted letters are posted again."""

    def __init__(
        self,
        nats: Client,
        directory: Keyring,
        key: SigningKey,
        ledger: Ledger,
        clock: Clock,
        *,
        synthetic: bool = False,
    ) -> None:
        self._nats = nats
        self._js = nats.jetstream(timeout=_PUBLISH_TIMEOUT_S)
        self._directory = directory
        self._key = key
        self._ledger = ledger
        self._log = LogReader(nats)
        self._clock = clock
        self._synthetic = synthetic
        self._one_at_a_time = asyncio.Lock()
        self._shortened: str | None = None
        self._asked_at: dict[tuple[str, Agency, Agency], float] = {}

    async def catch_up(self) -> int:
        """The log's last position, once this gateway has folded all of it.

        Raises `log.damaged`, `log.misconfigured` or `log.other-kind`: such a log is not written to. Also
        `log.unavailable` where it has no key to sign with.
        """
        await streams.compare(self._nats)
        self._own_key()  # one that could stamp nothing lets another take over
        async with self._one_at_a_time:
            await self._ledger.catch_up(self._log, self._directory)
            await self._compare_kind()
            return self._ledger.heads.position

    async def _compare_kind(self) -> None:
        """Made-up cases and real ones never stand in one log."""
        last = self._ledger.heads.position
        end = await self._log.get(last) if last else None
        if end and verify(end, self._directory).stamp.synthetic is not self._synthetic:
            kind = "real" if self._synthetic else "synthetic"
            raise BarnabusError("log.other-kind", detail=f"This log is {kind}.")

    async def submit(self, account: Agency, raw: bytes) -> str:
        """The stamp of the submission's record, as a signed token. Raises the coded reason for a refusal."""
        found = examine(raw, account, self._directory)
        async with self._one_at_a_time:
            self._whole()
            stamp = await self._logged(found)
        faults.point("gateway.appended")
        await self._post(found, stamp)
        faults.point("gateway.posted")
        return stamp

    async def _logged(self, found: Examined) -> str:
        for _ in range(_TRIES):
            known = self._ledger.place(found.record.sender, found.record.number)
            if known:
                return await self._stamp_of_repeat(found, *known)
            if not await self._takes(found):
                continue
            try:
                return await self._append(found)
            except APIError as error:
                _log.warning("gateway.append-refused", code=error.err_code)
            except (NatsError, TimeoutError) as error:
                _log.warning("gateway.append-unanswered", error=type(error).__name__)
            # the outcome is unknown, or another gateway wrote: the log itself says which
            await self._ledger.catch_up(self._log, self._directory)
        raise BarnabusError("log.moved")

    async def _takes(self, found: Examined) -> bool:
        """Does its key count, is it the next of its chains, may it be said in its case? Raises the coded refusal.

        False if this gateway, active or not, had slept while another one wrote. A key's end is held to here alone,
        where something new is taken: what the log has stays as it is.
        """
        record = found.record
        try:
            still_counts(found, self._directory, self._clock())
            self._ledger.check(record)
            allow(record, self._ledger)
            await said_before(record, self._ledger, self._log, self._directory)
        except BarnabusError:
            if not await self._wake():
                raise
            return False
        return True

    async def _wake(self) -> bool:
        """Fold what another gateway has written meanwhile, if anything."""
        slept = await self._log.last() != self._ledger.heads.position
        if slept:
            await self._ledger.catch_up(self._log, self._directory)
        return slept

    async def _append(self, found: Examined) -> str:
        position = self._ledger.heads.position + 1
        stamp = Stamp(
            position=position,
            logged_at=self._clock(),
            account=Agency(found.record.sender),
            record_id=found.record.id,
            record=found.digest,
            synthetic=self._synthetic,
        )
        token = seal.sign(stamp.model_dump_json().encode(), self._own_key(), typ=STAMP_TYP)
        headers = {
            subjects.SIGNATURE: found.submission.signature,
            subjects.STAMP: token,
            "Nats-Expected-Last-Sequence": str(position - 1),
        }
        text = found.submission.record.encode()
        await self._js.publish(subjects.of_record(found.record), text, stream=subjects.CASES, headers=headers)
        self._ledger.apply(position, found.record, found.digest, stamp.logged_at)
        await self._nats.publish(subjects.LOG_APPENDED, str(position).encode())
        return token

    async def _stamp_of_repeat(self, found: Examined, position: int, digest: str) -> str:
        if digest != found.digest:
            _log.error("chain.forked", sender=found.record.sender, number=found.record.number, position=position)
            raise BarnabusError("chain.forked", field="record.number")
        entry = await self._log.get(position)
        if entry is None or seal.digest(entry.text) != digest:
            raise BarnabusError("log.damaged", detail=f"Position {position}.")
        return entry.stamp

    async def _post(self, found: Examined, token: str) -> None:
        """Post what its recipient has not signed for yet; a repeat is dropped there by its link number."""
        record = found.record
        stamp = stamp_of(token, self._directory)
        sealed = {letter.to: letter.jwe for letter in found.submission.letters}
        posts = [
            self._deliver(
                subjects.post_letters(letter.to), sealed[letter.to].encode(), self._postmark(record, stamp, letter.to)
            )
            for letter in record.data.letters
            if letter.number > self._ledger.heads.received(record.sender, letter.to)
        ]
        if record.type == RECEIPT:
            told = _receipt_notice(found.submission.record, found.submission.signature, token)
            posts.append(self._deliver(subjects.post_notices(receipt_of(record).sender), told, None))
        try:
            await asyncio.gather(*posts)
        except (NatsError, TimeoutError, APIError):
            raise BarnabusError(
                "log.unavailable", detail="The record is logged; a letter could not be posted."
            ) from None

    async def _deliver(self, subject: str, payload: bytes, postmark: str | None) -> None:
        headers = {subjects.POSTMARK: postmark} if postmark else None
        await self._js.publish(subject, payload, headers=headers)

    def _own_key(self) -> OKPKey:
        """Raises `log.unavailable`: whatever is wrong with a gateway's key, it is no fault of who asks."""
        try:
            return self._key()
        except BarnabusError as error:
            _log.error("gateway.no-key", code=error.code, detail=error.detail)
            raise BarnabusError("log.unavailable", detail="The gateway has no key to sign with.") from None

    def _postmark(self, record: Record, stamp: Stamp, to: Agency) -> str:
        mark = Postmark.of(record, stamp, to)
        return seal.sign(mark.model_dump_json().encode(), self._own_key(), typ=POSTMARK_TYP)

    async def ask_resend(self, account: Agency, raw: bytes) -> None:
        """Tell a sender that this account misses letters of its; the sender's outbox has them.

        What was signed for is not sent again, and nobody is kept busy by one who asks all the time.
        """
        asked = documents.read(ResendAsked, documents.document(raw, limit_bytes=16 * 1024))
        async with self._one_at_a_time:
            await self._wake()
        top, signed = self._ledger.heads.of_link(asked.sender, account).number, self._ledger.heads.received
        missing = range(signed(asked.sender, account) + 1, top + 1)
        numbers = tuple(number for number in sorted(asked.numbers) if number in missing)[:RESEND_LIMIT_LETTERS]
        if numbers and self._may_ask(subjects.RESEND, account, asked.sender):
            notice = Notice(kind="resend-asked", recipient=account, numbers=numbers)
            await self._deliver(subjects.post_notices(asked.sender), notice.model_dump_json().encode(), None)

    async def ask_receipts(self, account: Agency, raw: bytes) -> None:
        """Tell this account again what a recipient has signed for: a notice was lost, or the store that noted it."""
        asked = documents.read(ReceiptsAsked, documents.document(raw, limit_bytes=1024))
        if asked.recipient is account or not self._may_ask(subjects.RECEIPTS, account, asked.recipient):
            return
        left = RESEND_LIMIT_LETTERS
        async for entry in self._log.of(subjects.link(account, asked.recipient), first=asked.after + 1):
            notice = _receipt_notice(entry.text, entry.signature, entry.stamp)
            await self._deliver(subjects.post_notices(account), notice, None)
            if (left := left - 1) == 0:
                return

    def _may_ask(self, what: str, asker: Agency, other: Agency) -> bool:
        now, asked = asyncio.get_running_loop().time(), (what, asker, other)
        if now - self._asked_at.get(asked, -RESEND_PAUSE_S) < RESEND_PAUSE_S:
            return False
        self._asked_at[asked] = now
        return True

    def _compare(self, token: str) -> None:
        """A ledger that was lost with the log knows nothing of its end; whoever has written to it does."""
        shown = stamp_of(token, self._directory).position
        if shown > self._ledger.heads.position:
            self._shortened = f"It ends at position {self._ledger.heads.position}; a sender holds a stamp for {shown}."
            _log.error("log.damaged", detail=self._shortened)
        self._whole()

    def _whole(self) -> None:
        if self._shortened:
            raise BarnabusError("log.damaged", detail=self._shortened)

    async def own(self, account: Agency, raw: bytes) -> list[dict[str, str]]:
        """This account's own records above a number, in order, as the log has them; so many as one answer holds."""
        after = documents.read(OwnAsked, documents.document(raw, limit_bytes=1024)).after
        async with self._one_at_a_time:
            await self._wake()
        found: list[dict[str, str]] = []
        left = OWN_LIMIT_BYTES
        for number in range(after + 1, after + 1 + OWN_LIMIT_RECORDS):
            place = self._ledger.place(account, number)
            entry = await self._log.get(place[0]) if place else None
            if entry is None or (left := left - len(entry.text)) < 0:
                break
            found.append({"record": entry.text, "signature": entry.signature, "stamp": entry.stamp})
        return found

    async def heads_of(self, account: Agency, raw: bytes = b"{}") -> dict[str, object]:
        """The ends of this account's own chain, and of each link that leads to it, as the log has them.

        Also up to where letters are signed for: by this account, and by others for what it sent. Raises `log.damaged`
        if it holds a stamp for a position that the log has not reached: then nothing is written any more.
        """
        asked = documents.read(HeadsAsked, documents.document(raw, limit_bytes=4 * 1024))
        async with self._one_at_a_time:
            await self._wake()
            if asked.stamp:
                self._compare(asked.stamp)
        heads = self._ledger.heads
        head = heads.of_sender(account)
        inbound = {sender.value: heads.of_link(sender, account).number for sender in Agency}
        return {
            "number": head.number,
            "digest": head.digest,
            "position": heads.position,
            "inbound": {sender: number for sender, number in inbound.items() if number},
            "signed": {sender.value: number for sender in Agency if (number := heads.received(sender, account))},
            "outbound": {to.value: number for to in Agency if (number := heads.received(account, to))},
        }


def _receipt_notice(record: str, signature: str, stamp: str) -> bytes:
    return Notice(kind="receipt", record=record, signature=signature, stamp=stamp).model_dump_json().encode()
