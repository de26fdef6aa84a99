"""A letter that cannot be taken in is parked, holds up its sender in its case alone, and is tried again."""

from collections.abc import Callable, Iterator

import pytest

from bus import keys
from services.agency import AgencyApplication
from services.letters import Heard
from tests.builders import (
    HEALTH,
    POLICE,
    SOCIAL,
    ByHand,
    act,
    new_case,
    now,
    on,
    refer,
)
from tests.unit.spoken import parked, say, standing

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def locked_out(social: AgencyApplication) -> Iterator[Callable[[], None]]:
    """The Centre has lost its sealing key; called, it has it again."""
    key, social._sealing_keys = social._sealing_keys, [keys.new_sealing_key("social")]

    def restore() -> None:
        social._sealing_keys = key

    yield restore
    restore()


def test_a_letter_that_cannot_be_opened_is_parked_and_so_are_the_later_ones_of_its_case(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    case = new_case()
    unreadable, behind, free = (say(by_hand, police, refer(case_ref=ref)) for ref in (case, case, new_case()))
    first = by_hand.deliver(social, unreadable)
    assert (first.state, first.reason, first.told) == ("parked", "content.unreadable", None)
    locked_out()
    second = by_hand.deliver(social, behind)
    assert (second.state, second.reason, second.told) == ("parked", "letter.after-parked", None)
    assert by_hand.deliver(social, free).state == "heard"
    assert [row["opened"] for row in social.inbox.letters()] == [0, 1, 1]
    assert by_hand.deliver(social, unreadable) == Heard("repeated", POLICE)


def test_what_is_parked_is_taken_in_by_the_logs_order_once_it_can_be(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    made = say(by_hand, police, refer())
    asked = say(by_hand, police, on(POLICE, "referral.ask-withdrawal", made.record.id, reason="need-met"))
    for letter in (asked, made):
        assert by_hand.deliver(social, letter).state == "parked"
    (still,) = social.retry_parked()
    assert (still.state, still.reason) == ("parked", "content.unreadable")
    locked_out()
    done = social.retry_parked()
    assert [heard.told["id"] for heard in done if heard.told] == [str(made.record.id), str(asked.record.id)]
    assert parked(social) == {}
    assert standing(social, made.record.id) == standing(police, made.record.id)
    assert social.retry_parked() == []


def test_a_parked_letter_holds_up_nobody_but_its_sender(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    """Else one sender could stop a child's case at a recipient."""
    case = new_case()
    unreadable = say(by_hand, police, refer(case_ref=case))
    assert by_hand.deliver(social, unreadable).state == "parked"
    locked_out()
    by_another = by_hand.forge(act("referral.made", subject=case, receivers=(SOCIAL,)), HEALTH)
    assert by_hand.deliver(social, by_another).state == "heard"


def test_what_is_set_aside_holds_up_nothing_and_can_be_tried_again_by_its_name(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    case = new_case()
    first, second = (say(by_hand, police, refer(case_ref=case)) for _ in range(2))
    by_hand.deliver(social, first)
    social.store.write(social.inbox.set_aside(str(first.record.id)))
    locked_out()
    assert by_hand.deliver(social, second).state == "heard"
    assert social.retry_parked() == [], "all means all that is parked"
    assert [heard.state for heard in social.retry_parked([str(first.record.id)])] == ["heard"]
    assert social.inbox.parked("set-aside") == []


def test_a_parked_letter_is_not_taken_in_before_an_earlier_one_of_its_case(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, locked_out: Callable[[], None]
) -> None:
    case = new_case()
    first, second = (say(by_hand, police, refer(case_ref=case)) for _ in range(2))
    other = say(by_hand, police, refer())
    for letter in (first, second, other):
        by_hand.deliver(social, letter)
    locked_out()
    assert social.retry_parked([str(second.record.id)]) == []
    assert len(social.retry_parked([str(other.record.id)])) == 1
    assert len(social.retry_parked([str(first.record.id)])) == 1
    assert list(parked(social)) == [str(second.record.id)]


def test_a_letter_that_could_not_be_handled_is_parked_by_its_own_name(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = say(by_hand, police, refer())
    heard = social.park_failed(letter.raw, letter.postmark, now())
    assert (heard.state, heard.reason) == ("parked", "letter.failed")
    (done,) = social.retry_parked()
    assert done.told
    assert done.told["id"] == str(letter.record.id)
