"""A restored store adopts what the log has of its agency: its acts with their places, refusals, receipts, numbers.

What only the lost store had does not come back: the personal data of its own acts, and its letters' sealed bytes.
"""

from collections.abc import Iterable
from uuid import UUID

from bus.recovering import Lacking, Own
from bus.relay import REFUSED
from bus.store import Statement
from bus.submission import Built
from contracts import check
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.envelope import Record
from contracts.events.post import SubmissionRefused
from contracts.handoff import Act, Move
from services.handoffs import Handoff
from services.keeping import BY_ID_ALONE, Keeping


class Recovering(Keeping):
    """One transaction: a store is as it was, or has all that the log knows."""

    def adopt(self, lack: Lacking, said: Built) -> None:
        """Take in what is lacking, with `store.restored` as the next submission to be sent."""
        handoffs, writes = dict[UUID, Handoff](), list[Statement]()
        for own in lack.own:
            writes += self._adopted(own, handoffs)
        for sender in Agency:
            writes.append(self.inbox.signed_for(sender, min(lack.signed.get(sender, 0), self.inbox.held(sender))))
        self._save(*handoffs.values(), also=[*writes, *self.outbox.add(said, None)])

    def _adopted(self, own: Own, handoffs: dict[UUID, Handoff]) -> list[Statement]:
        record, number = own.logged.record, own.logged.record.number
        entry, about, writes = entry_of(record.type, record.version), record.id, list[Statement]()
        if entry.move:
            writes = self._act(own, entry.move, handoffs)
        elif record.type == REFUSED:
            about = self._refusal(record, handoffs)
        if self.outbox.reaches(number, own.logged.digest):  # built before the backup, and the answer was not yet there
            return [*writes, self.outbox.stamped(number, own.entry.stamp)]
        return [*writes, *self.outbox.adopt(own.logged, own.body, own.entry.stamp, about)]

    def _act(self, own: Own, move: Move, handoffs: dict[UUID, Handoff]) -> list[Statement]:
        record, stamp = own.logged.record, own.logged.stamp
        codes = check.read(entry_of(record.type).logged, record.data.content).model_dump(mode="json")
        handoff_id = record.id if move is Move.MAKE else UUID(codes["handoff_id"])
        handoff = self._known_or_new(handoff_id, record.subject, handoffs)
        mine = next((act for act in handoff.acts if (act.by, act.id) == (self.agency, record.id)), None)
        if mine is None:
            assert record.data.about
            about = record.data.about.model_dump(mode="json")
            receivers = [letter.to.value for letter in record.data.letters]
            handoff.adopt(
                Act.of(record.id, move, self.agency, codes),
                {
                    "type": record.type,
                    "at": record.time,
                    "receivers": receivers,
                    "notified": _notified(codes.get("notified", handoff.standing.notified), receivers),
                    "about": about,
                    "codes": codes,
                    "correlation_id": record.correlationid,
                    "causation_id": record.causationid,
                },
            )
        if mine is None or mine.position is None:
            handoff.log(record.id, stamp.position, stamp.logged_at)
        if self._handoff_of(record.id):
            return []
        row = (str(record.id), BY_ID_ALONE, str(handoff_id), record.subject, record.time.isoformat())
        return [Statement("INSERT INTO commands VALUES (?,?,?,?,?)", row)]

    def _refusal(self, record: Record, handoffs: dict[UUID, Handoff]) -> UUID:
        """The act that was refused; if this store has it, it is void there too."""
        said = check.read(SubmissionRefused, record.data.content)
        handoff_id = said.handoff_id or said.refused_id  # an act that makes a handoff names none
        handoff = handoffs.get(handoff_id) or self._handoff(handoff_id)
        if (
            handoff
            and said.refused_id not in handoff.refused
            and any(act.id == said.refused_id for act in handoff.acts)
        ):
            handoffs[handoff_id] = handoff
            handoff.refuse(said.refused_id, said.code)
        return said.refused_id

    def _known_or_new(self, handoff_id: UUID, case_ref: str, handoffs: dict[UUID, Handoff]) -> Handoff:
        if handoff_id not in handoffs:
            handoffs[handoff_id] = self._handoff(handoff_id) or Handoff.begin(handoff_id, case_ref)
        return handoffs[handoff_id]


def _notified(named: Iterable[Agency | str], receivers: Iterable[str]) -> list[str]:
    """Those of the receivers who are told of the act alone."""
    return [str(agency) for agency in named if agency in receivers]
