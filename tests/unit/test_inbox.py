"""The inbox: each letter once, which are missing, and what may be signed for."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from bus import seal
from bus.inbox import Inbox, State, letter_id
from bus.store import Statement, Store
from contracts.agencies import Agency
from contracts.envelope import RECEIPT_LIMIT_LETTERS, Postmark
from tests.builders import HEALTH, POLICE, SOCIAL, new_case, now

LATER = timedelta(hours=1)


class Box:
    """Social's inbox, and a short way to put letters in."""

    def __init__(self, store: Store) -> None:
        self.store, self.inbox = store, Inbox(store)

    def statement(
        self, number: int, sender: Agency, state: State, case_ref: str, at: datetime, position: int | None
    ) -> Statement:
        mark = Postmark(
            position=position or number,
            logged_at=at,
            sender=sender,
            recipient=SOCIAL,
            record_id=uuid4(),
            case_ref=case_ref,
            number=number,
            sealed=seal.digest(f"{sender} {number}"),
        )
        return self.inbox.add(
            mark,
            state=state,
            received_at=at,
            opened=state == "heard",
            after_gap=False,
            postmark="",
            reason=None if state == "heard" else "content.unreadable",
        )

    def add(
        self,
        *numbers: int,
        sender: Agency = POLICE,
        state: State = "heard",
        case_ref: str | None = None,
        at: datetime | None = None,
        position: int | None = None,
    ) -> None:
        moment = at or now()
        self.store.write(
            *(self.statement(number, sender, state, case_ref or new_case(), moment, position) for number in numbers)
        )

    def owed(self) -> list[int]:
        """The numbers that the next receipt would sign for."""
        receipt = self.inbox.unreceipted(since=now() + LATER)
        return [letter.number for letter in receipt.letters] if receipt else []

    def sign(self) -> list[int]:
        receipt = self.inbox.unreceipted(since=now() + LATER)
        assert receipt
        self.store.write(self.inbox.receipted(receipt))
        return [letter.number for letter in receipt.letters]


@pytest.fixture
def box(store: Store) -> Box:
    return Box(store)


def test_a_letters_id_is_the_same_for_everyone_and_another_for_every_other_letter() -> None:
    assert letter_id(POLICE, SOCIAL, 1) == letter_id(POLICE, SOCIAL, 1)
    ids = {
        letter_id(*link, number) for link in ((POLICE, SOCIAL), (SOCIAL, POLICE), (POLICE, HEALTH)) for number in (1, 2)
    }
    assert len(ids) == 6


def test_the_place_of_a_letter_says_what_is_known_around_it(box: Box) -> None:
    box.add(1, 2, 5)
    known = box.inbox.place(POLICE, 2)
    assert (known.known_digest, known.before, known.missing) == (seal.digest("police 2"), seal.digest("police 1"), ())
    following = box.inbox.place(POLICE, 3)
    assert (following.known_digest, following.before, following.missing) == (None, seal.digest("police 2"), ())
    after_gap = box.inbox.place(POLICE, 7)
    assert (after_gap.known_digest, after_gap.before, after_gap.missing) == (None, None, (3, 4, 6))
    assert box.inbox.place(HEALTH, 1).missing == ()
    assert box.inbox.place(HEALTH, 3).missing == (1, 2)


def test_a_letter_stands_once(box: Box) -> None:
    box.add(1)
    with pytest.raises(IntegrityError):
        box.add(1)
    box.add(1, sender=HEALTH)


def test_at_most_500_missing_numbers_are_named_the_lowest_first(box: Box) -> None:
    box.add(1)
    assert box.inbox.missing(POLICE, 10**15) == tuple(range(2, 2 + RECEIPT_LIMIT_LETTERS))


def test_every_sender_of_whom_letters_are_missing_is_named(box: Box) -> None:
    box.add(1, 3)
    box.add(2, sender=HEALTH)
    box.add(1, 2, sender=SOCIAL)
    assert box.inbox.gaps() == {POLICE: (2,), HEALTH: (1,)}


def test_letters_that_are_known_to_have_been_sent_are_missing_up_to_the_last(box: Box) -> None:
    box.add(1, 3)
    box.add(1, 2, sender=SOCIAL)
    assert box.inbox.gaps({POLICE: 4, SOCIAL: 1, HEALTH: 2}) == {POLICE: (2, 4), HEALTH: (1, 2)}


def test_only_what_has_no_gap_before_it_is_signed_for(box: Box) -> None:
    box.add(1, 2, 4, 5)
    assert box.sign() == [1, 2]
    assert box.owed() == []
    box.add(3)
    assert box.sign() == [3, 4, 5]


def test_nothing_is_signed_for_while_the_first_letter_is_missing(box: Box) -> None:
    box.add(2, 3)
    assert box.owed() == []
    box.add(1)
    assert box.owed() == [1, 2, 3]


def test_a_gap_of_one_sender_does_not_hold_up_anothers_receipt(box: Box) -> None:
    box.add(2, at=now() - LATER)
    box.add(1, sender=HEALTH)
    receipt = box.inbox.unreceipted(since=now() + LATER)
    assert receipt
    assert receipt.sender is HEALTH


def test_a_receipt_waits_until_its_first_letter_is_old_enough(box: Box) -> None:
    box.add(1)
    assert box.inbox.unreceipted(since=now() - LATER) is None
    assert box.owed() == [1]


def test_a_receipt_says_when_each_letter_came_and_whether_it_could_be_opened(box: Box) -> None:
    early = now() - LATER
    box.add(1, at=early)
    box.add(2, state="parked")
    receipt = box.inbox.unreceipted(since=now() + LATER)
    assert receipt
    assert [(letter.number, letter.opened) for letter in receipt.letters] == [(1, True), (2, False)]
    assert receipt.letters[0].received_at == early


def test_a_receipt_holds_at_most_500_letters_and_the_next_one_takes_the_rest(box: Box) -> None:
    box.add(*range(1, RECEIPT_LIMIT_LETTERS + 3))
    assert box.sign() == list(range(1, RECEIPT_LIMIT_LETTERS + 1))
    assert box.sign() == [RECEIPT_LIMIT_LETTERS + 1, RECEIPT_LIMIT_LETTERS + 2]
    assert box.owed() == []


def test_letters_are_listed_by_the_logs_position_in_pages(box: Box) -> None:
    box.add(1, position=9)
    box.add(1, sender=HEALTH, position=3)
    box.add(2, position=12, state="parked")
    assert [row["position"] for row in box.inbox.letters()] == [3, 9, 12]
    assert [row["position"] for row in box.inbox.letters(after=3, limit=1)] == [9]
    assert [row["position"] for row in box.inbox.letters(state="parked")] == [12]
    assert [row["position"] for row in box.inbox.parked()] == [12]


def test_a_senders_letters_of_a_case_are_held_up_as_long_as_one_of_them_is_parked(box: Box) -> None:
    case, other = new_case(), new_case()
    box.add(1, state="parked", case_ref=case)
    box.add(2, case_ref=other)
    assert box.inbox.held_up(POLICE, case)
    assert not box.inbox.held_up(POLICE, other)
    assert not box.inbox.held_up(HEALTH, case)
    box.store.write(box.inbox.heard(POLICE, 1, "referral.made", "item"))
    assert not box.inbox.held_up(POLICE, case)
    row = box.inbox.at(POLICE, 1)
    assert row
    assert (row["state"], row["type"], row["vault_item"], row["reason"]) == ("heard", "referral.made", "item", None)


@given(st.lists(st.integers(1, 12), unique=True), st.lists(st.booleans(), min_size=12, max_size=12))
@with_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_in_whatever_order_letters_come_each_is_signed_for_once_and_in_order(
    box: Box, order: list[int], signs: list[bool]
) -> None:
    box.store.write(Statement("DELETE FROM inbox", ()))
    signed: list[int] = []
    for number, sign in zip(order, signs, strict=False):
        here = [row["number"] for row in box.inbox.letters()]
        assert box.inbox.place(POLICE, number).missing == tuple(n for n in range(1, number) if n not in here)
        box.add(number)
        if sign and box.owed():
            signed += box.sign()
    while box.owed():
        signed += box.sign()
    reached = next(n for n in range(1, 14) if n not in order) - 1
    assert signed == list(range(1, reached + 1))
