"""An agency's application takes commands from its own system: what is refused, and what is recorded."""

from uuid import uuid4

import pytest

from contracts.errors import BarnabusError
from contracts.standing import Stage
from services.agency import AgencyApplication
from tests.builders import (
    BORN,
    NAME,
    POLICE,
    SOCIAL,
    ByHand,
    encoded,
    new_case,
    now,
    on,
    refer,
)
from tests.unit.conftest import full_disk
from tests.unit.spoken import NO_CAPACITY, Make, recorded, referred, refusal, refused, said_by, say, standing, take

pytestmark = pytest.mark.usefixtures("database")


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        ({"command": "child.search"}, "type.unknown", "command"),
        ({"id": "seven"}, "field.invalid", "id"),
        ({"narrative": "x"}, "content.never-travels", "narrative"),
        ({"case_ref": "7k3q-9m2x-w4td-h6r0"}, "field.invalid", "case_ref"),
        ({"on_behalf_of": "school"}, "sponsor.not-allowed", "on_behalf_of"),
        ({"legal_basis": "consent"}, "basis.consent", "legal_basis"),
        ({"data": {"service": "urgent-medical-care"}}, "service.not-offered", "data.service"),
        ({"data": {"urgency": "immediate", "safety": None}}, "danger.unstated", "data.safety"),
        ({"data": {"to": "police", "service": "welfare-check"}}, "receiver.none", "data.letters"),
        (said_by("case-manager"), "post.not-entitled", "post.role"),
        (said_by("duty-officer", office=None), "post.not-named", "post.office"),
    ],
)
def test_a_referral_that_the_contract_or_the_police_do_not_allow_is_refused_at_its_field(
    police: AgencyApplication, changed: Make, code: str, field: str
) -> None:
    assert refused(police, refer(**changed)) == (code, field)


@pytest.mark.parametrize(
    ("changed", "code", "field"),
    [
        (said_by("investigator"), "post.not-entitled", "post.role"),
        (said_by("case-manager", office=None), "post.not-named", "post.office"),
    ],
)
@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("referral.accept", {}),
        ("referral.decline", NO_CAPACITY),
        ("referral.complete", {"outcome": "done"}),
        ("referral.confirm-withdrawal", {}),
    ],
)
def test_in_the_centre_a_case_manager_or_supervisor_takes_on_and_lets_go_for_an_office(
    by_hand: ByHand,
    police: AgencyApplication,
    social: AgencyApplication,
    verb: str,
    data: dict[str, str],
    changed: Make,
    code: str,
    field: str,
) -> None:
    handoff = referred(by_hand, police, social)
    assert refused(social, on(SOCIAL, verb, handoff, changed, **data)) == (code, field)


@pytest.mark.parametrize("role", ["clinician", "records-system"])
def test_any_post_acknowledges_and_asks(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, role: str
) -> None:
    handoff = referred(by_hand, police, social)
    anybody = said_by(role, office=None)
    take(social, on(SOCIAL, "referral.acknowledge", handoff, anybody))
    take(social, on(SOCIAL, "information.ask", handoff, anybody, priority="red", questions=["safe-contact"]))
    assert standing(social, handoff).stage is Stage.ACKNOWLEDGED


def test_a_duty_officer_refers_and_does_not_ask_to_withdraw(police: AgencyApplication) -> None:
    officer = said_by("duty-officer")
    handoff = take(police, refer(**officer))
    asking = on(POLICE, "referral.ask-withdrawal", handoff, officer, reason="need-met")
    assert refused(police, asking) == ("post.not-entitled", "post.role")
    take(police, on(POLICE, "referral.ask-withdrawal", handoff, said_by("investigator"), reason="need-met"))


def test_a_refusal_for_the_post_names_who_may(police: AgencyApplication) -> None:
    assert refusal(police, refer(**said_by("clinician"))).detail == "Allowed: duty-officer, investigator, supervisor."


def test_an_act_for_which_an_agency_has_no_rule_is_not_allowed(
    police: AgencyApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(police), "rules", {})
    assert refused(police, refer()) == ("sender.not-allowed", "command")


def test_an_act_on_a_handoff_that_is_not_held_is_refused(police: AgencyApplication) -> None:
    assert refused(police, on(POLICE, "referral.accept", uuid4())) == ("handoff.unknown", "data.handoff_id")


def test_an_act_on_a_handoff_of_another_case_is_refused(police: AgencyApplication) -> None:
    handoff = take(police, refer())
    asking = on(POLICE, "referral.ask-withdrawal", handoff, {"case_ref": new_case()}, reason="need-met")
    assert refused(police, asking) == ("case.mismatch", "case_ref")


def test_an_act_that_would_be_void_is_refused_with_the_laws_reason(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    found = refusal(social, on(SOCIAL, "referral.complete", handoff, outcome="done"))
    assert (found.code, found.detail) == ("handoff.void", "Standing: made. Reason: not-accepted.")
    assert refusal(police, on(POLICE, "referral.accept", handoff)).detail == "Standing: made. Reason: not-yours."


# taking: what is recorded


def test_the_same_command_again_is_answered_as_the_first_time_and_recorded_once(police: AgencyApplication) -> None:
    command = refer()
    first = police.take(encoded(command), now())
    after = recorded(police)
    backwards = dict(reversed(command.items()))
    again = police.take(encoded(backwards), now())
    assert (first.repeated, again.repeated) == (False, True)
    assert (again.id, again.case_ref) == (first.id, first.case_ref)
    assert recorded(police) == after


def test_an_id_is_used_for_one_command_only(police: AgencyApplication) -> None:
    command = refer()
    take(police, command)
    assert refused(police, command | {"legal_basis": "vital-interest"}) == ("command.id-reused", "id")
    assert refused(police, refer(id=command["id"])) == ("command.id-reused", "id")


def test_an_id_under_which_another_agencys_handoff_is_held_is_used(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    assert refused(social, refer(SOCIAL, to=POLICE, id=str(handoff))) == ("command.id-reused", "id")


def test_without_a_case_reference_a_new_case_is_opened_and_with_one_it_is_kept(police: AgencyApplication) -> None:
    case = new_case()
    given = police.take(encoded(refer(case_ref=case)), now())
    first, second = (police.take(encoded(refer()), now()) for _ in range(2))
    assert given.case_ref == case
    assert len({given.case_ref, first.case_ref, second.case_ref}) == 3


def test_every_act_on_a_handoff_goes_to_its_other_party(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    made = say(by_hand, police, refer())
    by_hand.deliver(social, made)
    accepted = say(by_hand, social, on(SOCIAL, "referral.accept", made.record.id))
    assert (made.recipient, accepted.recipient) == (SOCIAL, POLICE)
    assert accepted.record.causationid == accepted.record.correlationid == made.record.id


@pytest.mark.parametrize("table", ["stored_events", "vault_items", "commands"])
def test_a_store_that_cannot_be_written_takes_nothing_and_says_so(police: AgencyApplication, table: str) -> None:
    """The disk is full at one of the writes of a command's one transaction."""
    before = recorded(police)
    with full_disk(police.store, table), pytest.raises(BarnabusError, match=r"store\.full"):
        police.take(encoded(refer()), now())
    assert recorded(police) == before
    take(police, refer())


def test_nothing_personal_is_in_the_events_of_who_said_it_nor_of_who_heard_it(
    by_hand: ByHand, police: AgencyApplication, social: AgencyApplication
) -> None:
    handoff = referred(by_hand, police, social)
    take(social, on(SOCIAL, "information.ask", handoff, priority="red", questions=["identity"]))
    for app in (police, social):
        events = b"".join(bytes(event.state) for event in app.recorder.select_notifications(start=1, limit=100))
        assert str(handoff).encode() in events or handoff.hex.encode() in events, "the events were looked at"
        for personal in (*NAME.split(), BORN, "physical-abuse", "relatives", "identity", "safe-contact"):
            assert personal.encode() not in events, personal
