"""A letter that could not be opened is said again: what the gateway can check of that, by the log alone; pure.

Nothing new can be said in this way: about what, of whom, to whom and in which tiers is as the first record has it.
What the letter says is between its sender and its recipient, as it was the first time.
"""

from contracts import check
from contracts.catalogue import SAID_AGAIN
from contracts.envelope import Record
from contracts.errors import Refused
from contracts.events.post import LetterSaidAgain


def of(record: Record) -> LetterSaidAgain:
    """What a record of this type speaks of. Raises Refused for the first field that is wrong."""
    return check.read(LetterSaidAgain, record.data.content, at="data.content")


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
