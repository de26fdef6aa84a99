"""An agency's application hears letters: once each, in the log's order, and what they change."""

from dataclasses import replace
from uuid import UUID

import pytest

from bus.submission import Outgoing
from contracts.errors import BarnabusError
from contracts.standing import Stage, Void
from services.agency import AgencyApplication
from tests.builders import (
    HEALTH,
    POLICE,
    SOCIAL,
    ByHand,
    act,
    new_case,
    on,
    refer,
)
from tests.unit.spoken import case_of, parked, recorded, referred, say, standing, take

pytestmark = pytest.mark.usefixtures("database")


def meddling(handoff: UUID, case_ref: str) -> Outgoing:
    """An act of somebody who is no party to the handoff."""
    values = {"handoff_id": str(handoff), "reason": "need-met"}
    return act("referral.withdrawal-asked", subject=case_ref, values=values)


# hearing


def test_a_letter_is_heard_and_told_as_the_sender_said_it(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    command = refer()
    letter = say(by_hand, police, command)
    heard = by_hand.deliver(social, letter)
    assert (heard.state, heard.sender, heard.missing, heard.voided) == ("heard", POLICE, (), ())
    assert heard.told
    assert heard.told["id"] == command["id"]
    assert heard.told["content"]["identity"] == command["data"]["identity"]
    assert heard.told["content"]["safety"]["whereabouts"] == "relatives"
    assert heard.told["standing"]["whose_move"] == "social"


def test_a_letter_that_comes_again_changes_nothing_and_is_told_again(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = say(by_hand, police, refer())
    first = by_hand.deliver(social, letter)
    after = recorded(social)
    again = by_hand.deliver(social, letter)
    assert again.state == "repeated"
    assert again.told == first.told
    assert recorded(social) == after


def test_a_letter_that_comes_again_after_its_content_was_erased_is_not_told(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    command = refer()
    letter = say(by_hand, police, command)
    by_hand.deliver(social, letter)
    social.vault.erase(f"{letter.record.subject}/{command['data']['concerns']['ref']}")
    again = by_hand.deliver(social, letter)
    assert (again.state, again.told) == ("repeated", None)


def test_a_letter_whose_bytes_were_altered_is_not_recorded_and_is_to_be_asked_for(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    letter = say(by_hand, police, refer())
    before = recorded(social)
    for raw in (letter.raw[:-1], letter.raw + b"A", b"", b"\xff", b"x" * 100_000):
        heard = by_hand.deliver(social, replace(letter, raw=raw))
        assert (heard.state, heard.reason, heard.missing) == ("altered", "digest.mismatch", (1,))
    assert recorded(social) == before
    assert by_hand.deliver(social, letter).state == "heard"


def test_a_letter_after_a_gap_is_heard_and_names_what_is_missing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    first, _, third = (say(by_hand, police, refer()) for _ in range(3))
    by_hand.deliver(social, first)
    heard = by_hand.deliver(social, third)
    assert (heard.state, heard.missing) == ("heard", (2,))


def test_other_bytes_under_a_number_that_was_heard_are_a_fork(by_hand: ByHand, social: AgencyApplication) -> None:
    by_hand.deliver(social, by_hand.forge(act(), POLICE))
    before = recorded(social)
    with pytest.raises(BarnabusError, match=r"chain\.forked"):
        by_hand.deliver(social, by_hand.forge(act(), POLICE))
    assert recorded(social) == before


def test_an_act_heard_before_the_act_that_made_its_handoff_is_folded_in_its_place(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    made = say(by_hand, police, refer())
    asked = say(by_hand, police, on(POLICE, "referral.ask-withdrawal", made.record.id, reason="need-met"))
    early = by_hand.deliver(social, asked)
    assert (early.state, early.missing) == ("heard", (1,))
    unopened = standing(social, made.record.id)
    assert (unopened.stage, [void.reason for void in unopened.voids]) == (Stage.UNOPENED, [Void.NOT_MADE])
    by_hand.deliver(social, made)
    whole = standing(social, made.record.id)
    assert (whole.stage, whole.withdrawal_asked, whole.voids) == (Stage.MADE, True, ())
    assert whole == standing(police, made.record.id)


def test_an_own_act_that_comes_too_late_is_reported_as_void_once(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    late = take(police, on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))
    declined = say(
        by_hand, social, on(SOCIAL, "referral.decline", handoff, reason="no-capacity", next_step="sender-keeps")
    )
    assert by_hand.deliver(police, declined).voided == (), "until the log has it, it may still come to count"
    built = by_hand.build_next(police)
    by_hand.position += 1
    token, stamp = by_hand.stamp(built, POLICE)
    (voided,) = police.on_logged(late, stamp, [police.outbox.stamped(built.number, token)])
    assert (voided["id"], voided["reason"], voided["handoff_id"]) == (str(late), "already-declined", str(handoff))
    (letter,) = by_hand.posted(built, stamp)
    assert police.void_of(late) is Void.ALREADY_DECLINED
    assert by_hand.deliver(police, declined).voided == ()
    assert by_hand.deliver(social, letter).voided == (), "it is no act of the Centre's"
    assert standing(social, handoff) == standing(police, handoff)


def test_an_act_of_an_agency_that_is_no_party_changes_nothing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    before = standing(social, handoff)
    by_hand.deliver(social, by_hand.forge(meddling(handoff, case_of(social, handoff)), HEALTH))
    after = standing(social, handoff)
    assert (after.stage, after.withdrawal_asked, after.last) == (before.stage, False, before.last)
    assert [void.reason for void in after.voids] == [Void.NOT_A_PARTY]


def test_an_act_under_another_case_than_its_handoffs_is_parked_and_changes_nothing(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    """What it says would lie where erasing the child of the handoff's case does not look."""
    handoff = referred(by_hand, police, social)
    before, kept = standing(social, handoff), social.store.read("SELECT id FROM vault_items")
    misplaced = by_hand.forge(meddling(handoff, new_case()), HEALTH)
    heard = by_hand.deliver(social, misplaced)
    assert (heard.state, heard.reason, heard.told) == ("parked", "case.mismatch", None)
    assert standing(social, handoff) == before
    assert social.store.read("SELECT id FROM vault_items") == kept
    assert [again.reason for again in social.retry_parked()] == ["case.mismatch"]
    assert parked(social) == {str(misplaced.record.id): "case.mismatch"}


def test_a_misplaced_letter_holds_up_nobody_in_the_case_that_it_names(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    """Else an agency could stop a case at a recipient by an act that has no business there."""
    handoff, case = referred(by_hand, police, social), new_case()
    by_hand.deliver(social, by_hand.forge(meddling(handoff, case), HEALTH))
    letter = say(by_hand, police, refer(case_ref=case))
    assert by_hand.deliver(social, letter).state == "heard"
