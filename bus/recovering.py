"""What a store that was restored from a backup lacks of its own chain, by the log; and what it says about it.

Pure but for the reading of its store: what the gateway gives back is believed only as far as it is signed by this
agency, stamped by the gateway, and follows on what the store has.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from joserfc.jwk import OKPKey
from nats.aio.client import Client

from bus import asking
from bus.asking import Ends
from bus.chains import RESTORED
from bus.directory import Keyring
from bus.inbox import Inbox
from bus.log import Entry, Logged, verify
from bus.outbox import Outbox
from bus.submission import Built, Head, Outgoing, build
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Submission
from contracts.errors import BarnabusError
from contracts.events.post import LinkHeld, StoreRestored
from contracts.tiers import LOGGED


@dataclass(frozen=True, slots=True)
class Own:
    """One of the agency's own records as the log has it, verified."""

    logged: Logged
    entry: Entry

    @property
    def body(self) -> bytes:
        """Its submission without the letters, whose sealed bytes only the lost store had."""
        return Submission(record=self.entry.text, signature=self.entry.signature).model_dump_json().encode()


@dataclass(frozen=True, slots=True)
class Lacking:
    """What the store lacks: own records above `after`, and letters of others that it had signed for."""

    agency: Agency
    after: int
    own: tuple[Own, ...]
    forgotten: tuple[LinkHeld, ...]  # links to be signed for again, with what is still held
    awaited: Mapping[Agency, int]  # by sender, how many letters are to come again or for the first time
    unread: tuple[tuple[Agency, int], ...]  # own letters nobody has signed for and whose content is gone here
    signed: Mapping[Agency, int]  # up to which letter of each link this agency's receipts go


async def own_records(nats: Client, after: Head, agency: Agency, directory: Keyring) -> tuple[Own, ...]:
    """Everything that the log has of this agency above a number of its chain. Raises `log.damaged` or `chain.*`."""
    found: list[Own] = []
    while entries := await asking.own(nats, found[-1].logged.record.number if found else after.number, directory):
        found += [Own(verify(entry, directory), entry) for entry in entries]
    follows(found, after, agency)
    return tuple(found)


def follows(found: Iterable[Own], head: Head, agency: Agency) -> None:
    """Raises `chain.broken` unless these are this agency's next records, each with the digest of the one before."""
    for own in found:
        record = own.logged.record
        if (record.sender, record.number, record.previous) != (agency, head.number + 1, head.digest):
            raise BarnabusError("chain.broken", detail=f"Number {record.number} does not follow on this store.")
        head = Head(record.number, own.logged.digest)


def lacking(agency: Agency, own: Sequence[Own], ends: Ends, after: Head, inbox: Inbox) -> Lacking:
    """Compare a store with the ends of the log's chains. Raises `log.damaged` if it is the log that is behind."""
    if ends.number < after.number:
        raise BarnabusError("log.damaged", detail=f"It ends at number {ends.number} of {agency}, this store does not.")
    held = {sender: inbox.held(sender) for sender in Agency if sender is not agency}
    forgotten = [LinkHeld(sender=s, number=n) for s, n in held.items() if n < ends.signed.get(s, 0)]
    missing = {sender: top - held[sender] for sender, top in ends.inbound.items() if top > held[sender]}
    letters = [letter for one in own for letter in one.logged.record.data.letters]
    unread = [(letter.to, letter.number) for letter in letters if letter.number > ends.outbound.get(letter.to, 0)]
    return Lacking(agency, after.number, tuple(own), tuple(forgotten), missing, tuple(unread), ends.signed)


def personal(own: Own) -> bool:
    """Did its letters hold more than the log does? That was in the lost store alone, and with its recipients."""
    return any(not set(letter.tiers) <= LOGGED for letter in own.logged.record.data.letters)


def restored(
    lack: Lacking, outbox: Outbox, key: OKPKey, directory: Keyring, *, record_id: UUID, now: datetime
) -> Built:
    """`store.restored`, the next of this agency's records once all that the log has of it is adopted."""
    last = lack.own[-1].logged if lack.own else None
    head = Head(last.record.number, last.digest) if last else outbox.head()
    outgoing = Outgoing(
        record_id=record_id,
        type=RESTORED,
        subject=subjects.own(lack.agency),
        time=now,
        about=None,
        values=StoreRestored(number=lack.after, links=lack.forgotten).model_dump(mode="json"),
    )
    return build(outgoing, lack.agency, head, {}, key, directory)
