"""Hearing the agency's post: each letter once, with what it causes, in one transaction; or parked with its reason."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bus import arrivals, emptying
from bus.inbox import AWAITED, letter_id
from bus.store import Statement
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import RECEIPT_LIMIT_LETTERS, Notice, Postmark
from contracts.errors import BarnabusError, Refused
from services.letters import Heard
from services.receipts import LetterReceipt
from services.retrying import Retrying


class Hearing(Retrying):
    """What becomes of each item of the post is said in `Heard`."""

    def hear(self, raw: bytes, postmark: str, now: datetime) -> Heard:
        """Record one letter of the post with what it causes, or park it with its reason; a repeat changes nothing.

        What had waited for it goes on behind it.
        """
        mark = arrivals.postmark(postmark, self.agency, self._directory)
        heard = self._hear(raw, mark, postmark, now)
        return replace(heard, behind=self._behind(mark, heard)) if self.inbox.goes_on(mark) else heard

    def _hear(self, raw: bytes, mark: Postmark, postmark: str, now: datetime) -> Heard:
        place = self.inbox.place(mark.sender, mark.number)
        if place.known_digest is not None:
            if place.known_digest != mark.sealed:
                raise BarnabusError("chain.forked", detail=f"Link {mark.sender}→{self.agency}, number {mark.number}.")
            return Heard("repeated", mark.sender, self._told_again(mark))
        arrivals.still_counts(postmark, self._directory, now)
        try:
            jwe = arrivals.intact(raw, mark)
        except BarnabusError as error:
            wanted = (mark.number, *place.missing)[:RECEIPT_LIMIT_LETTERS]
            return Heard("altered", mark.sender, reason=error.code, missing=wanted)
        try:
            opened = arrivals.open_letter(jwe, mark, place.before, self._sealing_keys, self._directory)
        except BarnabusError as error:
            return self._park(mark, postmark, jwe, error.code, now, place.missing, opened=False)
        if not opened.letter.said_again and self.inbox.held_up(mark.sender, mark.case_ref):
            return self._park(mark, postmark, jwe, "letter.after-parked", now, place.missing, opened=True)
        try:
            return self._take_in(opened, mark, postmark, now, place.missing)
        except Refused as error:
            waits = [self.inbox.awaits(mark, opened.letter.id)] if error.code == AWAITED else []
            return self._park(mark, postmark, jwe, error.code, now, place.missing, opened=True, also=waits)

    def _take_in(
        self, opened: arrivals.Opened, mark: Postmark, postmark: str, now: datetime, missing: tuple[int, ...]
    ) -> Heard:
        """Raises Refused if it must be parked."""
        done = self._apply(opened, mark, now)
        row = self.inbox.add(
            mark,
            state="heard",
            received_at=now,
            opened=True,
            after_gap=bool(missing),
            postmark=postmark,
            type_name=SAID_AGAIN if opened.letter.said_again else opened.letter.type,
            vault_item=done.item if done else None,
        )
        parts, writes = ([done.part], [*done.writes, *self._fed(mark, opened, done)]) if done else ([], [])
        self._save(self._receipt(mark, now, opened=True), *parts, also=[*writes, row])
        return Heard(
            "heard", mark.sender, self._told_of(opened, done), missing=missing, voided=done.voided if done else ()
        )

    def _park(
        self,
        mark: Postmark,
        postmark: str,
        jwe: str,
        reason: str,
        now: datetime,
        missing: tuple[int, ...],
        *,
        opened: bool,
        also: Sequence[Statement] = (),
    ) -> Heard:
        row = self.inbox.add(
            mark,
            state="parked",
            received_at=now,
            opened=opened,
            after_gap=bool(missing),
            postmark=postmark,
            reason=reason,
            jwe=jwe,
        )
        self._save(self._receipt(mark, now, opened=opened), also=[row, *also])
        return Heard("parked", mark.sender, reason=reason, missing=missing)

    def park_failed(self, raw: bytes, postmark: str, now: datetime) -> Heard:
        """Park a letter that could not be handled within the bound."""
        mark = arrivals.postmark(postmark, self.agency, self._directory)
        place = self.inbox.place(mark.sender, mark.number)
        if place.known_digest is not None:
            return Heard("repeated", mark.sender)
        jwe = arrivals.intact(raw, mark)
        return self._park(mark, postmark, jwe, "letter.failed", now, place.missing, opened=True)

    def _receipt(self, mark: Postmark, now: datetime, *, opened: bool) -> LetterReceipt:
        return LetterReceipt.of(
            letter_id(mark.sender, self.agency, mark.number),
            sender=mark.sender.value,
            number=mark.number,
            record_id=mark.record_id,
            case_ref=mark.case_ref,
            position=mark.position,
            received_at=now,
            opened=opened,
        )

    def note_receipt(self, notice: Notice) -> None:
        """Keep what a recipient has signed for."""
        recipient, receipt, stamp = arrivals.receipt(notice, self.agency, self._directory)
        kept = [*self.outbox.receipted(recipient, receipt), self.outbox.keep(recipient, notice, stamp.position)]
        letters = frozenset((recipient, letter.number) for letter in receipt.letters)
        gone = emptying.emptied(self.store, self._erased_among(letters), letters)
        (self.store.erase if gone else self.store.write)(*kept, *gone)
