"""A restored store adopts what the log has of its agency: acts and facts with their places, refusals, receipts.

What only the lost store had does not come back: the personal data of its own acts, and its letters' sealed bytes.
"""

from collections.abc import Iterable
from uuid import UUID

from bus.mending import REFUSED
from bus.recovering import Lacking, Own
from bus.saying_again import noted_in
from bus.store import Statement
from bus.submission import Built
from contracts import documents
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.catalogue.erasing import ERASED
from contracts.catalogue.post import SAID_AGAIN
from contracts.entry import Entry
from contracts.envelope import Record
from contracts.events.post import SubmissionRefused
from contracts.standing import Move
from services.facts import Fact, fact_id
from services.forgetting import Forgetting
from services.handoffs import Handoff, handoff_key
from services.keeping import BY_ID_ALONE
from services.proposals import Proposal

Parts = dict[UUID, Handoff | Fact]
"""What changes here, by the aggregate's id."""


class Recovering(Forgetting):
    """One transaction: a store is as it was, or has all that the log knows."""

    def adopt(self, lack: Lacking, said: Built) -> None:
        """Take in what is lacking, with `store.restored` as the next submission to be sent."""
        parts, writes = Parts(), list[Statement]()
        for own in lack.own:
            writes += self._adopted(own, parts)
        for sender in Agency:
            writes.append(self.inbox.signed_for(sender, min(lack.signed.get(sender, 0), self.inbox.held(sender))))
        writes += self._erased_again(lack)
        self._save(*parts.values(), also=[*writes, *self.outbox.add(said, None)])
        self.store.settle()

    def _erased_again(self, lack: Lacking) -> list[Statement]:
        """The writes by which a store forgets again what was erased after it was copied, also what comes again yet."""
        marks: dict[str, set[str]] = {}
        for own in lack.own:
            if own.logged.record.type == ERASED:
                marks.setdefault(own.logged.record.subject, set()).update(own.logged.record.data.content["marks"])
        return [write for case_ref, of_case in marks.items() for write in self._erased_in(case_ref, of_case)]

    def _erased_in(self, case_ref: str, marks: set[str]) -> list[Statement]:
        chosen = [one for one in self.contents(case_ref) if self.vault.mark(one.sender, one.record_id) in marks]
        return self.forgotten(case_ref, chosen, sorted(marks))

    def _adopted(self, own: Own, parts: Parts) -> list[Statement]:
        record, number = own.logged.record, own.logged.record.number
        entry, about, writes = entry_of(record.type, record.version), record.id, list[Statement]()
        if entry.word:
            adopted = self._adopted_act if entry.acts(record.data.content) else self._adopted_fact
            writes = adopted(own, entry, parts)
        elif record.type == REFUSED:
            about = self._adopted_refusal(record, parts)
        elif record.type == SAID_AGAIN:
            writes = noted_in(record)
        if self.outbox.reaches(number, own.logged.digest):  # built before the backup, and the answer was not yet there
            return [*writes, self.outbox.stamped(number, own.entry.stamp)]
        return [*writes, *self.outbox.adopt(own.logged, own.body, own.entry.stamp, about)]

    def _adopted_act(self, own: Own, entry: Entry, parts: Parts) -> list[Statement]:
        said, receivers = self._said(own, entry)
        handoff_id = said.id if said.move is Move.MAKE else UUID(said.codes["handoff_id"])
        known = parts.get(handoff_key(handoff_id)) or self._handoff(handoff_id)
        handoff = known or Handoff.begin(handoff_id, said.case_ref)
        assert isinstance(handoff, Handoff)
        parts[handoff.id] = handoff
        mine = next((act for act in handoff.acts if (act.by, act.id) == (self.agency, said.id)), None)
        if mine is None:
            notified = _notified(said.codes.get("notified", handoff.standing.notified), receivers)
            record = own.logged.record
            handoff.adopt(said, receivers, notified, record.correlationid or handoff_id, record.causationid)
        if mine is None or mine.position is None:
            handoff.log(said.id, own.logged.stamp.position, own.logged.stamp.logged_at)
        return self._commanded(said, handoff.id)

    def _adopted_fact(self, own: Own, entry: Entry, parts: Parts) -> list[Statement]:
        said, receivers = self._said(own, entry)
        known = self._part(fact_id(self.agency, said.id))
        fact = known if isinstance(known, Fact) else Fact.stated(said, list(map(Agency, receivers)), None)
        parts[fact.id] = fact
        if fact.position is None:
            fact.log(said.id, own.logged.stamp.position, own.logged.stamp.logged_at)
        return [*self._commanded(said, fact.id), *([] if known else self._indexed(fact, said.id))]

    def _said(self, own: Own, entry: Entry) -> tuple[Proposal, list[str]]:
        """What the record says, as its agency once proposed it, and to whom."""
        record = own.logged.record
        assert record.data.about
        said = Proposal(
            id=record.id,
            type=record.type,
            move=entry.move if entry.acts(record.data.content) else None,
            service=entry.service_of(record.data.content),
            by=self.agency,
            case_ref=record.subject,
            about=record.data.about.model_dump(mode="json"),
            codes=documents.read(entry.logged, record.data.content).model_dump(mode="json"),
            at=record.time,
        )
        return said, [letter.to.value for letter in record.data.letters]

    def _commanded(self, said: Proposal, aggregate_id: UUID) -> list[Statement]:
        if self.knows(said.id):
            return []
        row = (str(said.id), BY_ID_ALONE, str(aggregate_id), said.case_ref, said.at.isoformat())
        return [Statement("INSERT INTO commands VALUES (?,?,?,?,?)", row)]

    def _adopted_refusal(self, record: Record, parts: Parts) -> UUID:
        """What was refused; if this store has it, it is void there too."""
        said = documents.read(SubmissionRefused, record.data.content)
        handoff_id = said.handoff_id or said.refused_id  # an act that makes a handoff names none
        known = parts.get(handoff_key(handoff_id)) or self._handoff(handoff_id)
        part = known or self._part(fact_id(self.agency, said.refused_id))
        if part and not part.was_refused(said.refused_id) and self.knows(said.refused_id):
            parts[part.id] = part
            part.refuse(said.refused_id, said.code)
        return said.refused_id


def _notified(named: Iterable[Agency | str], receivers: Iterable[str]) -> list[str]:
    """Those of the receivers who are told of the act alone."""
    return [str(agency) for agency in named if agency in receivers]
