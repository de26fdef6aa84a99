"""Hearing the agency's post: each letter once, with what it causes, in one transaction; or parked with its reason."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus import arrivals
from bus.inbox import MISPLACED, letter_id
from bus.store import Statement
from bus.vault import person_key
from contracts.agencies import Agency
from contracts.envelope import RECEIPT_LIMIT_LETTERS, Notice, Postmark
from contracts.errors import BarnabusError, Refused
from services import translate
from services.handoffs import Handoff, LetterReceipt
from services.keeping import Keeping


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one item of the post. `missing` are letters to ask for again; `voided` own acts now void."""

    state: str  # heard, parked, repeated, altered
    sender: Agency
    told: Mapping[str, Any] | None = None
    reason: str | None = None
    missing: tuple[int, ...] = ()
    voided: tuple[Mapping[str, Any], ...] = ()


class Hearing(Keeping):
    """What becomes of each item of the post is said in `Heard`."""

    def hear(self, raw: bytes, postmark: str, now: datetime) -> Heard:
        """Record one letter of the post with what it causes, or park it with its reason; a repeat changes nothing."""
        mark = arrivals.postmark(postmark, self.agency, self._directory)
        place = self.inbox.place(mark.sender, mark.number)
        if place.known_digest is not None:
            if place.known_digest != mark.sealed:
                raise BarnabusError("chain.forked", detail=f"Link {mark.sender}→{self.agency}, number {mark.number}.")
            return Heard("repeated", mark.sender, self._told_again(mark))
        try:
            jwe = arrivals.intact(raw, mark)
        except BarnabusError as error:
            wanted = (mark.number, *place.missing)[:RECEIPT_LIMIT_LETTERS]
            return Heard("altered", mark.sender, reason=error.code, missing=wanted)
        try:
            opened = arrivals.open_letter(jwe, mark, place.before, self._sealing_key, self._directory)
        except BarnabusError as error:
            return self._park(mark, postmark, jwe, error.code, now, place.missing, opened=False)
        if self.inbox.case_is_parked(mark.case_ref):
            return self._park(mark, postmark, jwe, "letter.after-parked", now, place.missing, opened=True)
        try:
            return self._take_in(opened, mark, postmark, now, place.missing)
        except Refused as error:
            return self._park(mark, postmark, jwe, error.code, now, place.missing, opened=True)

    def _told_again(self, mark: Postmark) -> Mapping[str, Any] | None:
        """A repeat may follow a crash before the agency's system was told: it is told again, by the same id."""
        row = self.inbox.at(mark.sender, mark.number)
        if row is None or row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            return None
        opened = arrivals.reopen(signed, mark, self._directory)
        standing = self.standing(translate.handoff_id(opened))
        assert standing
        return translate.told(opened, mark, datetime.fromisoformat(row["received_at"]), standing)

    def _take_in(
        self, opened: arrivals.Opened, mark: Postmark, postmark: str, now: datetime, missing: tuple[int, ...]
    ) -> Heard:
        handoff, item, writes, voided = self._apply(opened, mark)
        receipt = self._receipt(mark, now, opened=True)
        row = self.inbox.add(
            mark,
            state="heard",
            received_at=now,
            opened=True,
            after_gap=bool(missing),
            postmark=postmark,
            type_name=opened.letter.type,
            vault_item=item,
        )
        self._save(receipt, handoff, also=[*writes, row])
        return Heard(
            "heard", mark.sender, translate.told(opened, mark, now, handoff.standing), missing=missing, voided=voided
        )

    def _apply(
        self, opened: arrivals.Opened, mark: Postmark
    ) -> tuple[Handoff, str, list[Statement], tuple[Mapping[str, Any], ...]]:
        """What a letter does to its handoff, and where its content is kept. Raises Refused `case.mismatch`."""
        handoff_id = translate.handoff_id(opened)
        handoff = self._handoff(handoff_id) or Handoff.begin(handoff_id, mark.case_ref)
        if handoff.case_ref != mark.case_ref:  # its content would lie where erasing the person does not look
            raise Refused(MISPLACED, field="case_ref")
        before = handoff.standing
        handoff.hear(translate.heard(opened, mark), translate.codes(opened), opened.letter.correlation_id)
        item, writes = self.vault.put(person_key(mark.case_ref, handoff.concerns), opened.signed)
        return handoff, item, writes, self._newly_void(handoff, before)

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
        self._save(self._receipt(mark, now, opened=opened), also=[row])
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

    def retry_parked(self, record_ids: Sequence[str] = ()) -> list[Heard]:
        """Try parked letters again in the log's order: these, or all. A case goes on only behind its first letter."""
        done, blocked = [], set[str]()
        wanted = set(record_ids)
        for row in self.inbox.parked():
            sender, number = Agency(row["sender"]), row["number"]
            if row["case_ref"] in blocked or (wanted and row["record_id"] not in wanted):
                blocked.add(row["case_ref"])
                continue
            mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
            try:
                before = self.inbox.place(sender, number).before
                opened = arrivals.open_letter(row["jwe"], mark, before, self._sealing_key, self._directory)
                handoff, item, writes, voided = self._apply(opened, mark)
            except BarnabusError as error:
                self.store.write(self.inbox.parked_again(sender, number, error.code))
                if error.code != MISPLACED:
                    blocked.add(row["case_ref"])
                done.append(Heard("parked", sender, reason=error.code))
                continue
            self._save(handoff, also=[*writes, self.inbox.heard(sender, number, opened.letter.type, item)])
            received_at = datetime.fromisoformat(row["received_at"])
            told = translate.told(opened, mark, received_at, handoff.standing)
            done.append(Heard("heard", sender, told, voided=voided))
        return done

    def note_receipt(self, notice: Notice) -> None:
        """Keep what a recipient has signed for."""
        recipient, receipt, stamp = arrivals.receipt(notice, self.agency, self._directory)
        kept = self.outbox.keep(recipient, notice, stamp.position)
        self.store.write(*self.outbox.receipted(recipient, receipt), kept)

    def letter(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """A heard letter's claims and content, from the vault; None if it is parked or was erased."""
        if row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            return None
        mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
        return arrivals.reopen(signed, mark, self._directory).letter.model_dump(mode="json")
