"""An agency's application: what the relay asks of it, and what receipts come to."""

from uuid import uuid4

import pytest

from contracts.errors import BarnabusError
from contracts.standing import Stage, Void
from services.agency import AgencyApplication
from tests.builders import (
    HEALTH,
    POLICE,
    PROSECUTION,
    SOCIAL,
    ByHand,
    encoded,
    now,
    on,
    refer,
)
from tests.unit.spoken import referred, say, standing, take

pytestmark = pytest.mark.usefixtures("database")


# what the relay asks


def test_acts_are_given_to_the_relay_one_by_one_in_the_order_they_were_taken(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    by_hand.deliver(police, say(by_hand, social, refer(SOCIAL, to=POLICE)))
    later = [take(police, refer()), take(police, on(POLICE, "referral.ask-withdrawal", handoff, reason="need-met"))]
    assert [by_hand.build_next(police).record.id for _ in later] == later
    assert police.next_act(police.outbox.last_notification()) is None
    newest = take(police, refer())
    assert by_hand.build_next(police).record.id == newest, "having looked once, it still sees what comes"


def test_where_the_log_put_an_act_is_known_once_it_is_logged(by_hand: ByHand, police: AgencyApplication) -> None:
    made = take(police, refer())
    assert police.logged(made) is None
    assert standing(police, made).provisional[0].id == made
    by_hand.log_next(police)
    found = police.logged(made)
    assert found
    assert (found.stamp.position, found.void) == (1, None)
    assert standing(police, made).provisional == ()
    assert police.void_of(uuid4()) is None


def test_an_act_that_the_gateway_can_never_log_is_void(by_hand: ByHand, police: AgencyApplication) -> None:
    made = take(police, refer())
    by_hand.build_next(police)
    police.on_refused(made, "receiver.not-allowed", [])
    assert police.void_of(made) is Void.REFUSED_BY_GATEWAY
    assert standing(police, made).stage is Stage.UNOPENED


def test_content_that_was_erased_before_it_was_built_goes_out_as_withheld(
    by_hand: ByHand, police: AgencyApplication
) -> None:
    command = refer()
    taken = police.take(encoded(command), now())
    police.vault.erase(f"{taken.case_ref}/{command['data']['concerns']['ref']}")
    assert by_hand.build_next(police).record.data.withheld == "erased"


# receipts


def test_what_a_recipient_has_signed_for_is_noted(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    say(by_hand, police, refer())
    police.note_receipt(by_hand.receipt_notice(SOCIAL, POLICE, [1]))
    (row,) = police.store.read("SELECT received_at, opened FROM outbox_letters")
    assert row["received_at"]
    assert row["opened"] == 1


def test_a_receipt_that_its_recipient_did_not_sign_or_that_is_not_for_us_is_rejected(
    by_hand: ByHand, police: AgencyApplication
) -> None:
    say(by_hand, police, refer())
    for notice, code in (
        (by_hand.receipt_notice(SOCIAL, POLICE, [1], signer=HEALTH), "key.unknown"),
        (by_hand.receipt_notice(SOCIAL, PROSECUTION, [1]), "signature.invalid"),
        (
            by_hand.receipt_notice(SOCIAL, POLICE, [1]).model_copy(
                update={"stamp": by_hand.receipt_notice(SOCIAL, POLICE, [1]).stamp}
            ),
            "signature.invalid",
        ),
    ):
        with pytest.raises(BarnabusError) as rejected:
            police.note_receipt(notice)
        assert rejected.value.code == code
    assert police.store.read("SELECT received_at FROM outbox_letters") == [{"received_at": None}]


def test_what_a_store_holds_is_told_as_facts(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    (social_facts, police_facts) = (social.facts(), police.facts())
    assert (police_facts.acts, police_facts.letters) == (frozenset({str(handoff)}), frozenset())
    assert (social_facts.acts, social_facts.letters) == (frozenset(), frozenset({("police", 1)}))
    assert (social_facts.parked, social_facts.refused) == (0, frozenset())
