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
from contracts.standing import Standing
from services import translate
from services.facts import Fact
from services.handoffs import Handoff, LetterReceipt
from services.routing import Routing


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one item of the post. `missing` are letters to ask for again; `voided` own acts now void."""

    state: str  # heard, parked, repeated, altered
    sender: Agency
    told: Mapping[str, Any] | None = None
    reason: str | None = None
    missing: tuple[int, ...] = ()
    voided: tuple[Mapping[str, Any], ...] = ()


class Hearing(Routing):
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
        if self.inbox.held_up(mark.sender, mark.case_ref):
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
        standing = self.standing(translate.handoff_id(opened)) if opened.entry.move else None
        return self._as_told(opened, mark, datetime.fromisoformat(row["received_at"]), standing)

    def _as_told(
        self, opened: arrivals.Opened, mark: Postmark, received_at: datetime, standing: Standing | None
    ) -> Mapping[str, Any]:
        not_for = (b.office for b in self.bypasses(mark.case_ref) if b.conflicted is self.agency and b.office)
        return translate.told(opened, mark, received_at, standing, not_for)

    def _take_in(
        self, opened: arrivals.Opened, mark: Postmark, postmark: str, now: datetime, missing: tuple[int, ...]
    ) -> Heard:
        part, item, writes, voided = self._apply(opened, mark)
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
        self._save(receipt, part, also=[*writes, row])
        told = self._as_told(opened, mark, now, _standing(part))
        return Heard("heard", mark.sender, told, missing=missing, voided=voided)

    def _apply(
        self, opened: arrivals.Opened, mark: Postmark
    ) -> tuple[Handoff | Fact, str, list[Statement], tuple[Mapping[str, Any], ...]]:
        """What a letter does here, and where its content is kept. Raises Refused `case.mismatch`."""
        if opened.entry.move is None:
            fact = translate.fact(opened, mark)
            whom = fact.codes.get("concerns", {}).get("ref")
            item, writes = self.vault.put(person_key(mark.case_ref, whom), opened.signed)
            return fact, item, [*writes, *self._indexed(fact, mark.record_id)], ()
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
        """Try parked letters again in the log's order: all, or these, those set aside too.

        What one sender says in a case goes on only behind its first letter.
        """
        done, blocked = [], set[tuple[Agency, str]]()
        wanted = set(record_ids)
        aside = [row for row in self.inbox.parked("set-aside") if row["record_id"] in wanted]
        for row in [*self.inbox.parked(), *aside]:
            sender, number = Agency(row["sender"]), row["number"]
            line = (sender, row["case_ref"])
            if row["state"] == "parked" and (line in blocked or (wanted and row["record_id"] not in wanted)):
                blocked.add(line)
                continue
            mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
            try:
                before = self.inbox.place(sender, number).before
                opened = arrivals.open_letter(row["jwe"], mark, before, self._sealing_key, self._directory)
                part, item, writes, voided = self._apply(opened, mark)
            except BarnabusError as error:
                self.store.write(self.inbox.parked_again(sender, number, error.code))
                if error.code != MISPLACED:
                    blocked.add(line)
                done.append(Heard("parked", sender, reason=error.code))
                continue
            self._save(part, also=[*writes, self.inbox.heard(sender, number, opened.letter.type, item)])
            received_at = datetime.fromisoformat(row["received_at"])
            told = self._as_told(opened, mark, received_at, _standing(part))
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


def _standing(part: Handoff | Fact) -> Standing | None:
    return part.standing if isinstance(part, Handoff) else None
