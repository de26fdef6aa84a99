"""What a sender says again by itself: letters that their recipient could not open, for it has another key since.

Receipts say which were not opened, the seal says to which key, the directory which key is the recipient's now. Each
letter is said again once; if that one cannot be opened either, because a key was lost again, so is that.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID, uuid4

import structlog

from bus import seal
from bus.directory import Keyring
from bus.store import Statement, Store
from bus.submission import Again, Outgoing
from contracts import check
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import SAID_AGAIN_LIMIT, Record, Submission
from contracts.events.post import LetterSaidAgain

_log = structlog.get_logger()


class Sayings(Protocol):
    """What is needed of an agency's application."""

    def act_at(self, notification: int, without: AbstractSet[Agency]) -> Outgoing:
        """The act of this notification once more, with no letter to these."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """A letter that its recipient has received and could not open."""

    recipient: Agency
    record_id: str


def noted(lost_id: UUID, recipient: Agency, by_id: UUID | None) -> Statement:
    """The write that notes that a letter is said again by another record; by none if it never will be."""
    return Statement(
        "INSERT INTO said_again (lost_id, recipient, by_id) VALUES (?,?,?) ON CONFLICT (lost_id, recipient) DO NOTHING",
        (str(lost_id), recipient, by_id and str(by_id)),
    )


def unsaid(by_id: UUID) -> Statement:
    """The write that forgets a saying that was taken back."""
    return Statement("DELETE FROM said_again WHERE by_id = ?", (str(by_id),))


def noted_in(record: Record) -> list[Statement]:
    """The same, as a record in the log says it."""
    lost = LetterSaidAgain.model_validate(record.data.content).lost_id
    return [noted(lost, letter.to, record.id) for letter in record.data.letters]


class SayingAgain:
    def __init__(self, sayings: Sayings, store: Store, directory: Keyring) -> None:
        self._sayings = sayings
        self._store = store
        self._directory = directory
        self._of_no_use = dict[Unopened, str]()
        """With the recipient's key: sealed to that already. It has other reasons, and would not open the next one."""

    def next(self, now: datetime) -> tuple[Outgoing, list[Statement]] | None:
        """The first of what is to be said again, with the write that notes it."""
        for letter in self._unopened():
            current = str(self._directory.sealing(letter.recipient).kid)
            if self._of_no_use.get(letter) == current:
                continue
            if not self._helps(letter, current):
                self._of_no_use[letter] = current
                continue
            again = self._again(letter, now)
            if again:
                return again, [noted(UUID(letter.record_id), letter.recipient, again.record_id)]
            _log.warning("letter.not-said-again", recipient=letter.recipient.value, record_id=letter.record_id)
            self._store.write(noted(UUID(letter.record_id), letter.recipient, None))
        return None

    def _unopened(self) -> Iterable[Unopened]:
        """In the order in which they were sent."""
        rows = self._store.read(
            "SELECT l.recipient, o.record_id FROM outbox_letters l JOIN outbox o ON o.number = l.outbox_number "
            "WHERE l.opened = 0 AND NOT EXISTS "
            "(SELECT 1 FROM said_again s WHERE s.lost_id = o.record_id AND s.recipient = l.recipient) "
            "ORDER BY l.outbox_number, l.recipient"
        )
        return [Unopened(Agency(row["recipient"]), row["record_id"]) for row in rows]

    def _helps(self, letter: Unopened, current: str) -> bool:
        """Has its recipient another key by now? Of what was adopted from the log the seal is not known."""
        sealed = Submission.model_validate_json(self._sent(letter.record_id)["submission"]).letters
        return all(seal.sealed_to(one.jwe) != current for one in sealed if one.to is letter.recipient)

    def _again(self, letter: Unopened, now: datetime) -> Outgoing | None:
        """None if it was said again too often: its recipient has lost as many keys."""
        before = self._before(letter)
        if len(before) >= SAID_AGAIN_LIMIT:
            return None
        said = self._said(self._sent(str(before[0]) if before else letter.record_id))
        content = LetterSaidAgain(of_id=said.record_id, of_type=said.type, lost_id=UUID(letter.record_id))
        return Outgoing(
            record_id=uuid4(),
            type=SAID_AGAIN,
            subject=said.subject,
            time=now,
            about=said.about,
            values=content.model_dump(mode="json"),
            receivers=(letter.recipient,),
            correlation_id=said.correlation_id,
            causation_id=said.record_id,
            withheld=said.withheld,
            again=Again(said, (*before[1:], content.lost_id) if before else ()),
        )

    def _before(self, letter: Unopened) -> list[UUID]:
        """The record that said it first, and those that did so again before this one; none before the first."""
        found = list[UUID]()
        lost_id = letter.record_id
        while rows := self._store.read(
            "SELECT lost_id FROM said_again WHERE by_id = ? AND recipient = ?", lost_id, letter.recipient
        ):
            lost_id = rows[0]["lost_id"]
            found.insert(0, UUID(lost_id))
        return found

    def _said(self, row: dict[str, Any]) -> Outgoing:
        """What this agency said first, as far as its store still has it."""
        if row["notification_id"] is not None:
            return self._sayings.act_at(row["notification_id"], frozenset())
        record = check.current(Record.model_validate_json(Submission.model_validate_json(row["submission"]).record))
        return Outgoing(  # adopted from the log: what the log does not hold was lost with the store
            record_id=record.id,
            type=record.type,
            subject=record.subject,
            time=record.time,
            about=record.data.about,
            values=record.data.content,
            notified=frozenset(map(Agency, record.data.content.get("notified") or ())),
            correlation_id=record.correlationid,
            causation_id=record.causationid,
            withheld="erased",
        )

    def _sent(self, record_id: str) -> dict[str, Any]:
        return self._store.read("SELECT submission, notification_id FROM outbox WHERE record_id = ?", record_id)[0]
