"""What follows on and what does not: numbers without a gap, each with the digest of the one before."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from bus import seal
from bus.chains import Heads
from bus.submission import Head
from contracts.agencies import Agency
from contracts.envelope import LetterEntry, Record, RecordData
from contracts.errors import BarnabusError
from contracts.events.post import LetterReceived, Receipt
from contracts.ids import NOTHING_BEFORE
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL, about, new_case, now

SENDERS = (POLICE, SOCIAL, HEALTH)


@dataclass
class Writer:
    """Writes records as honest senders would; a test then alters one."""

    heads: Heads = field(default_factory=Heads)
    log: list[tuple[Record, str]] = field(default_factory=list)

    def event(self, sender: Agency, receivers: Sequence[Agency]) -> Record:
        letters = []
        for to in receivers:
            link = self.heads.of_link(sender, to)
            sealed = seal.digest(uuid4().bytes)
            letters.append(
                LetterEntry(
                    to=to, tiers=(), number=link.number + 1, previous=link.digest, sealed=sealed, content=sealed
                )
            )
        data = RecordData(about=about(), content={}, letters=tuple(letters))
        return self._record(sender, "referral.accepted", new_case(), data)

    def receipt(self, recipient: Agency, sender: Agency, numbers: Sequence[int] | None = None) -> Record:
        """For the letters of one link that nobody has signed for, or for these."""
        first = self.heads.received(sender, recipient) + 1
        wanted = numbers or range(first, self.heads.of_link(sender, recipient).number + 1)
        letters = tuple(LetterReceived(number=number, received_at=now(), opened=True) for number in wanted)
        content = Receipt(sender=sender, letters=letters).model_dump(mode="json")
        return self._record(recipient, "receipt", f"link.{sender}.{recipient}", RecordData(content=content))

    def _record(self, sender: Agency, kind: str, subject: str, data: RecordData) -> Record:
        head = self.heads.of_sender(sender)
        return Record(
            id=uuid4(),
            source=f"/agencies/{sender}",
            type=kind,
            subject=subject,
            time=now(),
            dataschema=f"urn:barnabus:{kind}:1.0",
            number=head.number + 1,
            previous=head.digest,
            data=data,
        )

    def log_it(self, record: Record) -> Record:
        self.heads.check(record)
        digest = seal.digest(record.model_dump_json())
        self.heads.apply(len(self.log) + 1, record, digest)
        self.log.append((record, digest))
        return record


def refused(writer: Writer, record: Record) -> tuple[str, str | None]:
    with pytest.raises(BarnabusError) as error:
        writer.heads.check(record)
    return error.value.code, error.value.field


def with_letter(record: Record, **changed: object) -> Record:
    first, *others = record.data.letters
    letters = (first.model_copy(update=changed), *others)
    return record.model_copy(update={"data": record.data.model_copy(update={"letters": letters})})


@pytest.fixture
def writer() -> Writer:
    """Police and social have written a little to each other."""
    found = Writer()
    for sender, receivers in ((POLICE, [SOCIAL]), (POLICE, [SOCIAL, HEALTH]), (SOCIAL, [POLICE])):
        found.log_it(found.event(sender, receivers))
    return found


def test_the_first_of_a_chain_names_nothing_before() -> None:
    writer = Writer()
    first = writer.event(POLICE, [SOCIAL])
    assert (first.number, first.previous) == (1, NOTHING_BEFORE)
    assert refused(writer, first.model_copy(update={"previous": seal.digest("x")})) == ("chain.broken", "number")
    writer.log_it(first)


def test_a_record_after_a_gap_is_refused(writer: Writer) -> None:
    record = writer.event(POLICE, [SOCIAL])
    assert refused(writer, record.model_copy(update={"number": 4})) == ("chain.gap", "number")


def test_a_number_that_was_used_is_a_fork(writer: Writer) -> None:
    record = writer.event(POLICE, [SOCIAL])
    for used in (1, 2):
        assert refused(writer, record.model_copy(update={"number": used})) == ("chain.forked", "number")


def test_a_record_that_names_another_before_it_breaks_the_chain(writer: Writer) -> None:
    record = writer.event(POLICE, [SOCIAL])
    assert refused(writer, record.model_copy(update={"previous": NOTHING_BEFORE})) == ("chain.broken", "number")


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"number": 2}, "chain.forked"), ({"number": 4}, "chain.gap"), ({"previous": NOTHING_BEFORE}, "chain.broken")],
)
def test_each_letter_follows_on_its_own_link(writer: Writer, changed: dict[str, object], code: str) -> None:
    record = writer.event(POLICE, [SOCIAL])
    assert refused(writer, with_letter(record, **changed)) == (code, "data.letters.social")


def test_links_are_counted_apart(writer: Writer) -> None:
    record = writer.log_it(writer.event(POLICE, [SOCIAL, HEALTH, PROSECUTION]))
    assert [letter.number for letter in record.data.letters] == [3, 2, 1]


def test_a_receipt_signs_for_what_follows_on_the_last_one(writer: Writer) -> None:
    writer.log_it(writer.receipt(SOCIAL, POLICE))
    assert writer.heads.received(POLICE, SOCIAL) == 2
    writer.log_it(writer.event(POLICE, [SOCIAL]))
    writer.log_it(writer.receipt(SOCIAL, POLICE))
    assert writer.heads.received(POLICE, SOCIAL) == 3


@pytest.mark.parametrize("numbers", [[2], [1, 2, 3], [3]])
def test_a_receipt_with_a_gap_or_for_letters_that_were_never_sent_is_refused(
    writer: Writer, numbers: list[int]
) -> None:
    record = writer.receipt(SOCIAL, POLICE, numbers)
    assert refused(writer, record) == ("receipt.out-of-place", "data.content.letters")


def test_a_receipt_for_what_was_signed_for_is_refused(writer: Writer) -> None:
    writer.log_it(writer.receipt(SOCIAL, POLICE))
    assert refused(writer, writer.receipt(SOCIAL, POLICE, [2]))[0] == "receipt.out-of-place"


def test_nobody_signs_for_anothers_letters(writer: Writer) -> None:
    anothers = writer.receipt(HEALTH, POLICE, [1]).model_copy(update={"subject": "link.police.social"})
    assert refused(writer, anothers)[0] == "receipt.out-of-place"
    own = writer.receipt(POLICE, POLICE, [1])
    assert refused(writer, own)[0] == "receipt.out-of-place"


def test_a_receipt_of_no_shape_is_refused(writer: Writer) -> None:
    record = writer.receipt(SOCIAL, POLICE)
    broken = record.model_copy(update={"data": RecordData(content={"sender": "police", "letters": []})})
    assert refused(writer, broken) == ("field.invalid", "data.content.letters")


def test_checking_changes_nothing(writer: Writer) -> None:
    before = Heads(writer.heads.position, dict(writer.heads.heads), dict(writer.heads.receipted))
    writer.heads.check(writer.event(POLICE, [SOCIAL]))
    with pytest.raises(BarnabusError):
        writer.heads.check(writer.event(POLICE, [SOCIAL]).model_copy(update={"number": 9}))
    assert writer.heads == before


STEPS = st.lists(
    st.tuples(st.sampled_from(SENDERS), st.sets(st.sampled_from(SENDERS), max_size=2), st.booleans()),
    min_size=1,
    max_size=25,
)


def written(steps: list[tuple[Agency, set[Agency], bool]]) -> Writer:
    """Events and receipts in any order in which honest agencies may write them."""
    writer = Writer()
    for sender, receivers, signs in steps:
        others = sorted(receivers - {sender})
        writer.log_it(writer.event(sender, others))
        for to in others if signs else ():
            writer.log_it(writer.receipt(to, sender))
    return writer


@given(STEPS)
@with_settings(max_examples=60, deadline=None)
def test_heads_are_a_fold_of_the_log(steps: list[tuple[Agency, set[Agency], bool]]) -> None:
    writer = written(steps)
    again = Heads()
    for position, (record, digest) in enumerate(writer.log, start=1):
        again.check(record)
        again.apply(position, record, digest)
    assert again == writer.heads
    for sender in SENDERS:
        own = [(record, digest) for record, digest in writer.log if record.sender == sender]
        assert again.of_sender(sender) == (Head(len(own), own[-1][1]) if own else Head(0, NOTHING_BEFORE))
        for to in SENDERS:
            letters = [letter for record, _ in own for letter in record.data.letters if letter.to == to]
            assert [letter.number for letter in letters] == list(range(1, len(letters) + 1))
            assert again.of_link(sender, to).number == len(letters)


@given(STEPS, st.data())
@with_settings(max_examples=150, deadline=None)
def test_a_log_in_which_anything_was_dropped_doubled_swapped_or_altered_does_not_hold(
    steps: list[tuple[Agency, set[Agency], bool]], data: st.DataObject
) -> None:
    log = written(steps).log
    place = data.draw(st.integers(0, len(log) - 1))
    record, digest = log[place]
    later = [i for i in range(place + 1, len(log)) if log[i][0].sender == record.sender]
    match data.draw(st.sampled_from(["drop", "double", "swap", "alter"])):
        case "drop" if later:
            log = log[:place] + log[place + 1 :]
        case "swap" if later:
            log[place], log[later[0]] = log[later[0]], log[place]
        case "alter" if later:
            log[place] = (record, seal.digest("other bytes"))
        case _:
            log = [*log, (record, digest)]
    with pytest.raises(BarnabusError, match=r"chain\.|receipt\.out-of-place"):
        _read_through(log)


def _read_through(log: list[tuple[Record, str]]) -> None:
    heads = Heads()
    for position, (found, its_digest) in enumerate(log, start=1):
        heads.check(found)
        heads.apply(position, found, its_digest)
