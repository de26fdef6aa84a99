"""The heads of all chains: a pure fold of the log, and the check that what comes next follows on.

Every sender's records are a chain, every link's letters are one, and every link's receipts are gapless too. Nobody
has to trust the broker: what is missing, altered or out of place shows at the next entry.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bus.submission import Head
from contracts import documents
from contracts.envelope import Record
from contracts.errors import BarnabusError
from contracts.events.post import Receipt, StoreRestored
from contracts.ids import NOTHING_BEFORE

RECEIPT, RESTORED, ADOPTED = "receipt", "store.restored", "directory.adopted"
_START = Head(0, NOTHING_BEFORE)


def _link(sender: str, recipient: str) -> str:
    return f"link.{sender}.{recipient}"


@dataclass(slots=True)
class Heads:
    """`heads` by chain name: `records.<agency>`, `link.<from>.<to>`; `receipted` by link."""

    position: int = 0
    heads: dict[str, Head] = field(default_factory=dict)
    receipted: dict[str, int] = field(default_factory=dict)

    def of_sender(self, sender: str) -> Head:
        return self.heads.get(f"records.{sender}", _START)

    def of_link(self, sender: str, recipient: str) -> Head:
        return self.heads.get(_link(sender, recipient), _START)

    def received(self, sender: str, recipient: str) -> int:
        """Up to which number the recipient has signed for this link's letters."""
        return self.receipted.get(_link(sender, recipient), 0)

    def check(self, record: Record, receipt: Receipt | None = None) -> None:
        """Raises `chain.*` or `receipt.out-of-place` unless this record is the next of all its chains.

        `receipt` is what it says, if whoever asks has read that already.
        """
        _follows(self.of_sender(record.sender), record.number, record.previous, "number")
        for letter in record.data.letters:
            _follows(
                self.of_link(record.sender, letter.to), letter.number, letter.previous, f"data.letters.{letter.to}"
            )
        if record.type == RECEIPT:
            self._check_receipt(record, receipt or receipt_of(record))

        if record.type in (RESTORED, ADOPTED) and record.subject != _link(record.sender, record.sender):
            raise BarnabusError("receipt.out-of-place", field="subject")

    def _check_receipt(self, record: Record, receipt: Receipt) -> None:
        link = _link(receipt.sender, record.sender)
        first, last = receipt.letters[0].number, receipt.letters[-1].number
        fits = record.subject == link and receipt.sender != record.sender
        if not fits or first != self.receipted.get(link, 0) + 1 or last > self.heads.get(link, _START).number:
            raise BarnabusError("receipt.out-of-place", field="data.content.letters")

    def apply(self, position: int, record: Record, digest: str) -> None:
        """Take one checked record in."""
        self.position = position
        for name, head in changed(record, digest):
            self.heads[name] = head
        self.receipted |= signed(record, self.receipted)


def changed(record: Record, digest: str) -> Iterator[tuple[str, Head]]:
    """The heads that a record moves, by chain name."""
    yield f"records.{record.sender}", Head(record.number, digest)
    for letter in record.data.letters:
        yield _link(record.sender, letter.to), Head(letter.number, letter.sealed)


def signed(record: Record, before: Mapping[str, int]) -> dict[str, int]:
    """By link, up to which letter its recipient has signed, where a checked record changes that."""
    if record.type == RECEIPT:
        said = record.data.content
        return {_link(said["sender"], record.sender): said["letters"][-1]["number"]}
    if record.type == RESTORED:
        held = {_link(link.sender, record.sender): link.number for link in restored_of(record).links}
        return {link: number for link, number in held.items() if number < before.get(link, 0)}
    return {}


def restored_of(record: Record) -> StoreRestored:
    return documents.read(StoreRestored, record.data.content, at="data.content")


def receipt_of(record: Record) -> Receipt:
    return documents.read(Receipt, record.data.content, at="data.content")


def _follows(head: Head, number: int, previous: str, where: str) -> None:
    if number <= head.number:
        raise BarnabusError("chain.forked", field=where)
    if number > head.number + 1:
        raise BarnabusError("chain.gap", field=where)
    if previous != head.digest:
        raise BarnabusError("chain.broken", field=where)
