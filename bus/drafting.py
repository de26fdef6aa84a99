"""An agency's submissions as they are built: each onto the ends of its chains, or in place of one that went wrong."""

from dataclasses import dataclass, replace

from bus import seal
from bus.directory import Keyring
from bus.outbox import Outbox, Waiting
from bus.signing import SigningKey
from bus.submission import RECORD_TYP, Built, Outgoing, build
from contracts.agencies import Agency
from contracts.envelope import Submission


@dataclass(frozen=True, slots=True)
class Drafting:
    """Writes nothing. Raises `key.ended` where the agency has no key that counts."""

    agency: Agency
    outbox: Outbox
    key: SigningKey
    directory: Keyring

    def next(self, outgoing: Outgoing) -> Built:
        links = {receiver: self.outbox.link(receiver) for receiver in outgoing.receivers}
        return build(outgoing, self.agency, self.outbox.head(), links, self.key(), self.directory)

    def in_place_of(self, waiting: Waiting, outgoing: Outgoing) -> Built:
        """Under the number of one that the log has nothing of."""
        links = {receiver: self.outbox.link(receiver, below=waiting.number) for receiver in outgoing.receivers}
        head = self.outbox.head(below=waiting.number)
        return build(outgoing, self.agency, head, links, self.key(), self.directory)

    def has_another_key(self, waiting: Waiting) -> bool:
        """Is the key that counts now another than the one that signed this?"""
        return seal.signed_by(Submission.model_validate_json(waiting.body).signature) != self.key().kid

    def signed_anew(self, waiting: Waiting) -> Waiting:
        """The same record without letters, by the key that counts now."""
        submission = Submission.model_validate_json(waiting.body)
        signature = seal.sign_detached(submission.record.encode(), self.key(), typ=RECORD_TYP)
        body = submission.model_copy(update={"signature": signature}).model_dump_json().encode()
        return replace(waiting, body=body)


def waiting_as(built: Built, notification_id: int | None) -> Waiting:
    """As it waits for its answer once it is committed."""
    record = built.record
    return Waiting(built.number, str(record.id), record.type, built.body, built.record_digest, notification_id)
