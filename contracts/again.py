"""What speaks of an earlier record of its sender's: what the gateway can check of that, by the log alone; pure.

A letter that could not be opened is said again, and nothing new can be said in this way: about what, of whom, to whom
and in which tiers is as the first record has it. What is put right goes to everybody who got the first, and shows
nobody more than that one did. What the letters say is between sender and recipients, as it was the first time.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from contracts import check, documents
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.catalogue.accounting import BASIS, OF_A_RECORD
from contracts.catalogue.post import SAID_AGAIN
from contracts.entry import Entry
from contracts.envelope import Record
from contracts.errors import Refused
from contracts.events.correction import OfRecord
from contracts.events.post import LetterSaidAgain


def of(record: Record) -> LetterSaidAgain:
    """What a record of this type speaks of. Raises Refused for the first field that is wrong."""
    return documents.read(LetterSaidAgain, record.data.content, at="data.content")


def fits(record: Record, first: Record, lost: Record) -> None:
    """Raises Refused `letter.not-said` unless `first` said to this one receiver what the record says again to it.

    `lost` is the record of the letter that could not be opened: the first one, or one that said the same again.
    """
    said, (letter, *others) = of(record), record.data.letters or (None,)
    if letter is None or others:
        raise Refused("letter.not-said", field="data.letters")
    if first.type == SAID_AGAIN or said.of_type != first.type:
        raise Refused("letter.not-said", field="data.content.of_type")
    if (record.sender, record.subject, record.data.about) != (first.sender, first.subject, first.data.about):
        raise Refused("letter.not-said", field="subject")
    before = next((one for one in first.data.letters if one.to is letter.to), None)
    if before is None or not set(letter.tiers) <= set(before.tiers):
        raise Refused("letter.not-said", field="data.letters")
    between = lost.id == first.id or (lost.type == SAID_AGAIN and of(lost).of_id == first.id)
    if not between or all(one.to is not letter.to for one in lost.data.letters):
        raise Refused("letter.not-said", field="data.content.lost_id")


def about(record: Record) -> OfRecord:
    """Which earlier record one of type `OF_A_RECORD` speaks of."""
    content = check.codes_of(record)
    return OfRecord(of_id=content["of_id"], of_type=content["of_type"])


def names_the_same(entry: Entry, first: Mapping[str, Any], codes: Sequence[Mapping[str, Any]], *, at: str) -> None:
    """Raises Refused `correction.not-possible` if what is put right names others: they would not hear it."""
    right = {code["field"]: code["value"] for code in codes}
    if entry.names and entry.names({**first, **right}) != entry.names(first):
        raise Refused("correction.not-possible", field=at)


def follows(record: Record, first: Record, kept_out: AbstractSet[Agency]) -> None:
    """Raises Refused unless a record of type `OF_A_RECORD` speaks of `first`, to those whom that one reached."""
    if first.type != about(record).of_type or first.type in OF_A_RECORD or first.data.about is None:
        raise Refused("letter.not-said", field="data.content.of_type")
    if (record.sender, record.subject) != (first.sender, first.subject):
        raise Refused("letter.not-said", field="subject")
    if record.type == BASIS:
        basis = check.codes_of(record)["basis"]
        check.resting(entry_of(first.type), check.codes_of(first), basis, at="data.content.basis")
    else:
        right = check.codes_of(record)["codes"]
        names_the_same(entry_of(first.type), check.codes_of(first), right, at="data.content.codes")
    before = {letter.to: set(letter.tiers) for letter in first.data.letters if letter.to not in kept_out}
    if {letter.to for letter in record.data.letters} != set(before):
        raise Refused("receiver.left-out", field="data.letters")
    if any(not set(letter.tiers) <= before[letter.to] for letter in record.data.letters):
        raise Refused("letter.not-said", field="data.letters")
