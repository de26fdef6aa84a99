"""What an opened letter does here: to a handoff or a fact, under its own place or that of the one it says again."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bus import arrivals
from bus.inbox import AWAITED, MISPLACED
from bus.store import Statement
from bus.vault import person_key
from contracts.agencies import Agency
from contracts.casefile import whom
from contracts.catalogue.handoffs import CONTENT_ASKED
from contracts.envelope import Postmark
from contracts.errors import Refused
from contracts.standing import Standing
from services import translate
from services.facts import Fact
from services.forgetting import Forgetting
from services.handoffs import Handoff
from services.opening import Opening


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one item of the post. `missing` are letters to ask for again; `voided` own acts now void.

    `behind` is what became of letters that had waited for it.
    """

    state: str  # heard, parked, repeated, altered
    sender: Agency
    told: Mapping[str, Any] | None = None
    reason: str | None = None
    missing: tuple[int, ...] = ()
    voided: tuple[Mapping[str, Any], ...] = ()
    behind: tuple["Heard", ...] = ()


@dataclass(frozen=True, slots=True)
class Applied:
    """What an opened letter does here: what changes, where its content is kept, and under which place it stands."""

    part: Handoff | Fact
    item: str | None  # none of what was erased before
    writes: tuple[Statement, ...]
    voided: tuple[Mapping[str, Any], ...]
    mark: Postmark
    received_at: datetime


class Letters(Opening, Forgetting):
    def _apply(self, opened: arrivals.Opened, mark: Postmark, received_at: datetime) -> Applied | None:
        """What a letter does; None if it says again what was heard. Raises Refused `case.mismatch`, `letter.awaited`.

        What is said again stands where it was said first: everybody else has folded it there.
        """
        lost: list[Statement] = []
        if opened.letter.said_again:
            first = self.inbox.said_by(mark.sender, opened.letter.id)
            if first is None:
                raise Refused(AWAITED)
            if first["case_ref"] != mark.case_ref:
                raise Refused(MISPLACED, field="case_ref")
            if first["state"] == "heard" or first["opened"]:
                return None
            mark = arrivals.postmark(first["postmark"], self.agency, self._directory)
            received_at = datetime.fromisoformat(first["received_at"])
        part, item, writes, voided = self._applied(opened, mark)
        if opened.letter.said_again:
            lost = self.inbox.said_at_last(mark, opened.letter, item)
        return Applied(part, item, (*writes, *lost), voided, mark, received_at)

    def _applied(
        self, opened: arrivals.Opened, mark: Postmark
    ) -> tuple[Handoff | Fact, str | None, list[Statement], tuple[Mapping[str, Any], ...]]:
        if not translate.is_act(opened):
            fact = translate.fact(opened, mark)
            item, writes = self._kept_of(mark, whom(fact.codes), opened.signed)
            return fact, item, [*writes, *self._indexed(fact, mark.record_id)], ()
        handoff_id = translate.handoff_id(opened)
        handoff = self._handoff(handoff_id) or Handoff.begin(handoff_id, mark.case_ref)
        if handoff.case_ref != mark.case_ref:  # its content would lie where erasing the person does not look
            raise Refused(MISPLACED, field="case_ref")
        before = handoff.standing
        act, service, codes = translate.heard(opened, mark), translate.service_asked(opened), translate.codes(opened)
        handoff.hear(act, opened.letter.type, service, codes, opened.letter.correlation_id)
        item, writes = self._kept_of(mark, handoff.concerns or whom(codes), opened.signed)
        return handoff, item, writes, self._newly_void(handoff, before)

    def _kept_of(self, mark: Postmark, concerns: str | None, signed: str) -> tuple[str | None, list[Statement]]:
        """Nothing is kept anew of what was erased here, and comes again because the store was put back."""
        if self.is_erased(mark.sender, mark.record_id):
            return None, []
        return self.vault.put(person_key(mark.case_ref, concerns), signed)

    def _fed(self, mark: Postmark, opened: arrivals.Opened, done: Applied) -> list[Statement]:
        """The writes by which the agency's own systems come to be told of it, in the order in which they are."""
        return [self.feed.heard(mark, opened.letter.type), *self.feed.voided(*done.voided)]

    def _told_of(self, opened: arrivals.Opened, done: Applied | None) -> Mapping[str, Any] | None:
        if done is None or done.item is None:
            return None
        standing = done.part.standing if isinstance(done.part, Handoff) else None
        return self._as_told(opened, done.mark, done.received_at, standing)

    def _told_again(self, mark: Postmark) -> Mapping[str, Any] | None:
        """A repeat may follow a crash before the agency's system was told: it is told again, by the same id."""
        row = self.inbox.at(mark.sender, mark.number)
        return self._told_again_of(row) if row else None

    def _told_again_of(self, row: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """A heard letter as it would be told now; None if it says nothing new, or was erased."""
        if row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            return None
        mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
        opened = arrivals.reopen(signed, mark, self._directory)
        if opened.letter.id != mark.record_id and (first := self.inbox.said_by(mark.sender, opened.letter.id)):
            row, mark = first, arrivals.postmark(first["postmark"], self.agency, self._directory)
        standing = self.standing(translate.handoff_id(opened)) if translate.is_act(opened) else None
        return self._as_told(opened, mark, datetime.fromisoformat(row["received_at"]), standing)

    def _as_told(
        self, opened: arrivals.Opened, mark: Postmark, received_at: datetime, standing: Standing | None
    ) -> Mapping[str, Any]:
        not_for = (b.office for b in self.bypasses(mark.case_ref) if b.conflicted is self.agency and b.office)
        told = translate.told(opened, mark, received_at, standing, not_for)
        if opened.letter.type == CONTENT_ASKED:
            told["opening"] = self.openable(opened, mark.sender, mark.case_ref, mark.logged_at)
        return told

    def letter(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """A heard letter's claims and content, from the vault; None if it is parked or was erased."""
        if row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            return None
        mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
        return arrivals.reopen(signed, mark, self._directory).letter.model_dump(mode="json")
