"""Facts, transfers, concerns and bypasses inside one agency: who hears what, and what is refused. Letters by hand."""

from uuid import uuid4

import pytest

from tests.builders import (
    CHILD,
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SAFETY,
    SOCIAL,
    bypass,
    command,
    concern,
    encoded,
    fact,
    new_case,
    now,
    on,
    protection,
    refer,
    safe_contact,
    transfer,
)
from tests.carried import Carried

# facts


async def test_a_fact_goes_to_those_whom_the_catalogue_lists_and_to_nobody_else(agencies: Carried) -> None:
    await agencies.says(SOCIAL, protection(SOCIAL, new_case()))
    assert agencies.heard_by == {POLICE, PROSECUTION}
    await agencies.says(
        HEALTH, fact(HEALTH, "urgent-care.give", new_case(), began_at=now().isoformat(), window="unknown")
    )
    assert agencies.heard_by == {SOCIAL}, "not the police"


async def test_a_fact_for_the_active_agencies_goes_to_those_that_work_on_the_case(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, safe_contact(case))
    assert agencies.heard_by == set(), "nobody works on it yet, and it is in the log all the same"
    declined = await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case))
    await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    await agencies.says(SOCIAL, safe_contact(case))
    assert agencies.heard_by == {POLICE, HEALTH}
    no = {"reason": "no-capacity", "next_step": "sender-keeps"}
    await agencies.says(HEALTH, on(HEALTH, "referral.decline", declined, None, **no))
    await agencies.says(SOCIAL, safe_contact(case))
    assert agencies.heard_by == {POLICE}


async def test_what_a_child_needs_is_told_at_the_table_and_to_nobody_who_only_works_on_the_case(
    agencies: Carried,
) -> None:
    case, table = new_case(), {"roundtable_id": str(uuid4()), "held_at": now().isoformat()}
    needs = fact(SOCIAL, "needs.assess", case, needs=["therapy"])
    await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    await agencies.says(SOCIAL, safe_contact(case))
    await agencies.says(SOCIAL, needs)
    assert agencies.heard_by == set(), "there is no table"
    await agencies.says(SOCIAL, fact(SOCIAL, "roundtable.convene", case, to=HEALTH, **table))
    invited = await agencies.says(SOCIAL, fact(SOCIAL, "roundtable.convene", case, to=PROSECUTION, **table))
    no = {"reason": "no-capacity", "next_step": "sender-keeps"}
    await agencies.says(PROSECUTION, on(PROSECUTION, "referral.decline", invited, None, **no))
    await agencies.says(SOCIAL, needs | {"id": str(uuid4())})
    assert agencies.heard_by == {HEALTH}, "not who declined to come, and not the police"


async def test_what_a_fact_says_that_the_log_may_not_hold_lies_in_the_vault_under_the_childs_key(
    agencies: Carried,
) -> None:
    case = new_case()
    await agencies.says(SOCIAL, protection(SOCIAL, case))
    people = [row["person"] for row in agencies.apps[SOCIAL].store.read("SELECT person FROM vault_keys")]
    assert people == [f"{case}/{CHILD['ref']}"]
    assert [row["person"] for row in agencies.apps[POLICE].store.read("SELECT person FROM vault_keys")] == people


async def test_a_fact_that_is_said_twice_is_recorded_once(agencies: Carried) -> None:
    made = protection(SOCIAL, new_case())
    first, again = (agencies.apps[SOCIAL].take(encoded(made), now()) for _ in range(2))
    assert (first.id, first.repeated, again.repeated) == (again.id, False, True)
    await agencies.sends(SOCIAL)
    assert agencies.apps[SOCIAL].next_act(agencies.apps[SOCIAL].outbox.last_notification()) is None


async def test_who_manages_a_case_is_not_decided_by_who_would_manage_it(agencies: Carried) -> None:
    made = fact(SOCIAL, "case-manager.assign", new_case(), office="prishtina-csw")
    manager = made | {"post": {"role": "case-manager", "office": "prishtina-csw"}}
    assert agencies.refused(SOCIAL, manager) == ("post.not-entitled", "post.role")
    await agencies.says(SOCIAL, made)


async def test_a_hostile_senders_fact_never_takes_the_place_of_another_with_the_same_id(agencies: Carried) -> None:
    made = protection(SOCIAL, new_case())
    await agencies.says(SOCIAL, made)
    await agencies.says(POLICE, protection(POLICE, new_case()) | {"id": made["id"]})
    rows = agencies.apps[PROSECUTION].store.read("SELECT id FROM case_parts")
    assert len({row["id"] for row in rows}) == 2


# concerns


async def test_a_concern_goes_to_police_and_social_services_both(agencies: Carried) -> None:
    assert agencies.refused(HEALTH, concern(HEALTH, SOCIAL)) == ("receiver.not-notified", "data.notified")
    await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE))
    assert agencies.heard_by == {SOCIAL, POLICE}
    await agencies.says(POLICE, concern(POLICE, SOCIAL))
    assert agencies.heard_by == {SOCIAL}, "who reports it knows of it"
    assert agencies.refused(SOCIAL, concern(SOCIAL, HEALTH, POLICE)) == ("receiver.not-allowed", "data.to")


async def test_who_reports_a_concern_answers_for_it_until_somebody_accepts(agencies: Carried) -> None:
    made = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE))
    await agencies.says(SOCIAL, on(SOCIAL, "concern.receive", made))
    for agency in (HEALTH, SOCIAL, POLICE):
        assert agencies.standing(agency, made).responsible is HEALTH, "that it arrived is not enough"
    await agencies.says(SOCIAL, on(SOCIAL, "responsibility.accept", made))
    await agencies.says(SOCIAL, on(SOCIAL, "concern.screen", made, outcome="strategy-discussion"))
    assert agencies.heard_by == {HEALTH, POLICE}
    for agency in (HEALTH, SOCIAL, POLICE):
        found = agencies.standing(agency, made)
        assert (found.responsible, found.stage.value) == (SOCIAL, "completed")


async def test_acts_of_another_course_are_refused(agencies: Carried) -> None:
    made = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE))
    asked = await agencies.says(POLICE, refer())
    assert agencies.refused(SOCIAL, on(SOCIAL, "referral.accept", made)) == ("handoff.other-course", "command")
    assert agencies.refused(SOCIAL, on(SOCIAL, "responsibility.accept", asked))[0] == "handoff.other-course"
    assert agencies.refused(SOCIAL, on(SOCIAL, "transfer.accept", asked))[0] == "handoff.other-course"


# the end of a service


async def test_what_was_done_had_begun_and_what_was_not_done_need_not(agencies: Carried) -> None:
    asked = await agencies.says(POLICE, refer())
    await agencies.says(SOCIAL, on(SOCIAL, "referral.accept", asked))
    done = on(SOCIAL, "referral.complete", asked, outcome="done")
    assert agencies.refused(SOCIAL, done) == ("handoff.not-begun", "data.outcome")
    not_done = {"outcome": "not-done", "not_done_reason": "child-not-found"}
    await agencies.says(SOCIAL, on(SOCIAL, "referral.complete", asked, None, **not_done))
    assert agencies.standing(POLICE, asked).stage.value == "completed"


# transfers


async def test_a_case_is_the_old_agencys_until_the_new_one_accepts_and_then_no_longer(agencies: Carried) -> None:
    case = new_case()
    offered = await agencies.says(POLICE, transfer(POLICE, SOCIAL, case))
    assert agencies.standing(SOCIAL, offered).responsible is POLICE
    assert agencies.refused(POLICE, transfer(POLICE, HEALTH, case)) == ("transfer.not-yours", "case_ref")
    await agencies.says(SOCIAL, on(SOCIAL, "transfer.accept", offered))
    assert agencies.standing(POLICE, offered).responsible is SOCIAL
    assert agencies.refused(POLICE, transfer(POLICE, HEALTH, case)) == ("transfer.not-yours", "case_ref")
    back = await agencies.says(SOCIAL, transfer(SOCIAL, POLICE, case))
    await agencies.says(POLICE, on(POLICE, "transfer.accept", back))
    await agencies.says(POLICE, transfer(POLICE, HEALTH, case))


async def test_who_is_only_asked_for_a_service_has_no_case_to_give(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(POLICE, refer(case_ref=case))
    assert agencies.refused(SOCIAL, transfer(SOCIAL, HEALTH, case)) == ("transfer.not-yours", "case_ref")
    assert agencies.refused(POLICE, transfer(POLICE, OVERSIGHT, case))[0] == "receiver.not-allowed"


async def test_whoever_took_a_concern_on_may_hand_the_case_over_and_its_reporter_no_more(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=case))
    await agencies.says(SOCIAL, on(SOCIAL, "responsibility.accept", made))
    assert agencies.refused(HEALTH, transfer(HEALTH, PROSECUTION, case)) == ("transfer.not-yours", "case_ref")
    await agencies.says(SOCIAL, transfer(SOCIAL, POLICE, case))


# ways around a receiver that is the danger


async def test_a_bypass_is_told_to_oversight_and_to_whom_one_turns_instead_and_not_to_the_bypassed(
    agencies: Carried,
) -> None:
    await agencies.says(SOCIAL, bypass(SOCIAL, new_case()))
    assert agencies.heard_by == {OVERSIGHT, PROSECUTION}


async def test_after_a_bypass_nothing_of_the_case_goes_to_the_bypassed_and_oversight_hears_it_instead(
    agencies: Carried,
) -> None:
    case = new_case()
    asked = await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case))
    await agencies.says(SOCIAL, bypass(SOCIAL, case))
    assert agencies.refused(SOCIAL, refer(SOCIAL, POLICE, case_ref=case)) == ("route.bypassed", "data.content.to")
    await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case, data={"notified": ["police"]}))
    assert agencies.heard_by == {HEALTH}
    await agencies.says(SOCIAL, on(SOCIAL, "information.ask", asked, priority="red", questions=["suspect-access"]))
    assert agencies.heard_by == set(), "also on what it was asked for before"
    await agencies.says(SOCIAL, protection(SOCIAL, case))
    assert agencies.heard_by == {PROSECUTION, OVERSIGHT}
    await agencies.says(SOCIAL, safe_contact(case))
    assert agencies.heard_by == {HEALTH}, "it is not among the active agencies"
    await agencies.says(SOCIAL, protection(SOCIAL, new_case()))
    assert agencies.heard_by == {POLICE, PROSECUTION}, "another case is another matter"


async def test_what_was_recorded_before_a_bypass_was_heard_of_goes_out_without_the_bypassed(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(POLICE, refer(POLICE, PROSECUTION, case_ref=case, data={"service": "criminal-investigation"}))
    social = agencies.apps[SOCIAL]
    waiting = social.take(encoded(protection(SOCIAL, case)), now()).id
    await agencies.says(PROSECUTION, bypass(PROSECUTION, case, alternate="social"))
    await agencies.sends(SOCIAL)
    assert agencies.heard_by == {PROSECUTION, OVERSIGHT}
    assert agencies.left_out(SOCIAL, waiting) == (POLICE,)


async def test_what_the_bypassed_was_asked_for_can_be_closed_by_the_one_who_asked(agencies: Carried) -> None:
    case = new_case()
    asked = await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    closing = on(SOCIAL, "referral.close", asked, reason="bypassed")
    assert agencies.refused(SOCIAL, closing) == ("handoff.open", "data.reason")
    await agencies.says(SOCIAL, bypass(SOCIAL, case))
    await agencies.says(SOCIAL, closing)
    assert agencies.standing(SOCIAL, asked).closed


async def test_around_an_office_its_own_agency_is_told_and_keeps_the_case_from_it(agencies: Carried) -> None:
    case = new_case()
    office = {"office": "drenas-station", "alternate_office": "police-inspectorate"}
    await agencies.says(SOCIAL, bypass(SOCIAL, case, "police", "police", **office))
    assert agencies.heard_by == {POLICE, OVERSIGHT}
    police = agencies.apps[POLICE]
    theirs = refer(case_ref=case, post={"role": "investigator", "office": "drenas-station"})
    assert agencies.refused(POLICE, theirs) == ("route.bypassed", "data.about.post.office")
    handoff = await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    to_it = on(POLICE, "referral.reassign", handoff, office="drenas-station", reason="capacity")
    assert agencies.refused(POLICE, to_it) == ("route.bypassed", "data.content.office")
    await agencies.says(POLICE, on(POLICE, "referral.accept", handoff))
    row = police.inbox.letter(str(handoff))
    assert row
    assert police.kept_out(case) == frozenset(), "the agency itself is not kept out"


async def test_a_letter_says_from_which_office_it_must_be_kept(agencies: Carried) -> None:
    case = new_case()
    office = {"office": "drenas-station", "alternate_office": "police-inspectorate"}
    await agencies.says(SOCIAL, bypass(SOCIAL, case, "police", "police", **office))
    agencies.apps[SOCIAL].take(encoded(refer(SOCIAL, POLICE, case_ref=case)), now())
    (letter,) = agencies.by_hand.log_next(agencies.apps[SOCIAL])
    told = agencies.by_hand.deliver(agencies.apps[POLICE], letter).told
    assert told
    assert told["not_for"] == ["drenas-station"]


async def test_oversight_alone_lifts_a_bypass_and_tells_whoever_relied_on_it(agencies: Carried) -> None:
    case = new_case()
    invoked = await agencies.says(SOCIAL, bypass(SOCIAL, case))
    lifting = command(OVERSIGHT, "route.lift-bypass", {"bypass_id": str(invoked), "reason": "unfounded"}, case_ref=case)
    assert agencies.refused(SOCIAL, lifting)[0] == "sender.not-allowed"
    unknown = lifting | {"id": str(uuid4()), "case_ref": new_case()}
    assert agencies.refused(OVERSIGHT, unknown) == ("letter.not-found", "data.bypass_id")
    await agencies.says(OVERSIGHT, lifting)
    assert agencies.heard_by == {SOCIAL, PROSECUTION}
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    assert agencies.heard_by == {POLICE}


async def test_two_cases_are_not_tied_before_whom_a_bypass_keeps_out_of_the_other(agencies: Carried) -> None:
    first, second = new_case(), new_case()
    for case in (first, second):
        await agencies.says(POLICE, refer(case_ref=case))
    await agencies.says(SOCIAL, bypass(SOCIAL, second))
    tie = {"other": second, "other_concerns": CHILD["ref"], "reason": "same-child"}
    await agencies.says(SOCIAL, fact(SOCIAL, "case.link", first, **tie))
    assert agencies.heard_by == set()


@pytest.mark.parametrize(
    "wrong",
    [
        {"conflicted": "oversight", "alternate": "police"},
        {"conflicted": "police", "alternate": "police"},
        {"conflicted": "police", "alternate": "prosecution", "office": "drenas-station"},
        {"conflicted": "police", "alternate": "police", "office": "a-station", "alternate_office": "a-station"},
        {"conflicted": "school", "alternate": "social", "office": "a-class"},
    ],
)
def test_a_bypass_leads_around_somebody_to_somebody_else_and_never_around_oversight(
    agencies: Carried, wrong: dict[str, str]
) -> None:
    assert agencies.refused(SOCIAL, bypass(SOCIAL, new_case(), **wrong)) == ("field.invalid", "data")


# institutions without an account


async def test_a_letter_for_an_institution_goes_to_its_sponsor_who_says_when_it_was_handed_over(
    agencies: Carried,
) -> None:
    case = new_case()
    for_court = {"for_institution": "court", "service": "victim-advocacy"}
    asked = await agencies.says(POLICE, refer(POLICE, PROSECUTION, case_ref=case, data=for_court))
    wrong = refer(POLICE, SOCIAL, case_ref=case, data={"for_institution": "court"})
    assert agencies.refused(POLICE, wrong) == ("sponsor.not-allowed", "data.for_institution")
    handed = {"of_id": str(asked), "institution": "court", "handed_at": now().isoformat()}
    await agencies.says(PROSECUTION, command(PROSECUTION, "letter.hand-over", handed, case_ref=case))
    assert agencies.heard_by == {POLICE}, "who said it hears that it arrived"
    school = command(PROSECUTION, "letter.hand-over", handed | {"institution": "school"}, case_ref=case)
    assert agencies.refused(PROSECUTION, school) == ("sponsor.not-allowed", "data.institution")
    another = command(PROSECUTION, "letter.hand-over", handed | {"of_id": str(uuid4())}, case_ref=case)
    assert agencies.refused(PROSECUTION, another) == ("letter.not-found", "data.of_id")


async def test_nothing_is_handed_over_to_an_institution_that_is_itself_the_danger(agencies: Carried) -> None:
    case = new_case()
    asked = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case, data={"for_institution": "school"}))
    await agencies.says(SOCIAL, bypass(SOCIAL, case, "school", "police"))
    handed = {"of_id": str(asked), "institution": "school", "handed_at": now().isoformat()}
    made = command(SOCIAL, "letter.hand-over", handed, case_ref=case)
    assert agencies.refused(SOCIAL, made) == ("route.bypassed", "data.institution")
    again = refer(POLICE, SOCIAL, case_ref=case, data={"for_institution": "school"})
    assert agencies.refused(POLICE, again) == ("route.bypassed", "data.content.for_institution")


async def test_for_whom_an_agency_may_speak_is_checked_for_each_type(agencies: Carried) -> None:
    missing = {"missing_since": now().isoformat(), "safety": SAFETY}
    made = fact(SOCIAL, "child.report-missing", new_case(), **missing) | {"on_behalf_of": "shelter"}
    await agencies.says(SOCIAL, made)
    assert agencies.heard_by == {POLICE, PROSECUTION}
    for_school = fact(SOCIAL, "child.report-missing", new_case(), **missing) | {"on_behalf_of": "school"}
    assert agencies.refused(SOCIAL, for_school) == ("sponsor.not-allowed", "on_behalf_of")
    await agencies.says(SOCIAL, concern(SOCIAL, POLICE) | {"on_behalf_of": "school"})


# file numbers and links


async def test_an_agency_finds_its_cases_by_its_own_file_number_and_nobody_else_does(agencies: Carried) -> None:
    police, social = agencies.apps[POLICE], agencies.apps[SOCIAL]
    made = refer(file_number="KP-17/2026")
    handoff = await agencies.says(POLICE, made)
    (found,) = police.cases_under("KP-17/2026")
    assert found.file_numbers == ("KP-17/2026",)
    assert police.cases_under("KP-18/2026") == social.cases_under("KP-17/2026") == []
    await agencies.says(SOCIAL, on(SOCIAL, "referral.acknowledge", handoff, {"file_number": "QPS 4"}))
    assert social.cases_under("QPS 4")[0].case_ref == found.case_ref
    assert (police.case(found.case_ref).file_numbers, social.case(found.case_ref).file_numbers) == (
        ("KP-17/2026",),
        ("QPS 4",),
    )
    assert "KP-17" not in "".join(row["m"] for row in police.store.read("SELECT mark AS m FROM files"))


async def test_once_a_person_is_erased_the_file_number_finds_nothing(agencies: Carried) -> None:
    made = refer(file_number="KP-17/2026")
    await agencies.says(POLICE, made)
    police = agencies.apps[POLICE]
    (found,) = police.cases_under("KP-17/2026")
    police.vault.erase(f"{found.case_ref}/{made['data']['concerns']['ref']}")
    assert police.cases_under("KP-17/2026") == []
    assert police.case(found.case_ref).file_numbers == ()


async def test_one_child_reported_twice_is_tied_for_those_who_hold_both_and_for_nobody_else(agencies: Carried) -> None:
    first, second = new_case(), new_case()
    await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=first))
    await agencies.says(PROSECUTION, refer(PROSECUTION, SOCIAL, case_ref=second))
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=second))
    tie = {"other": second, "other_concerns": CHILD["ref"], "reason": "same-child"}
    await agencies.says(SOCIAL, fact(SOCIAL, "case.link", first, **tie))
    assert agencies.heard_by == {POLICE}
    for agency in (SOCIAL, POLICE):
        assert agencies.apps[agency].case(first).linked == ((second, "same-child"),)
        assert agencies.apps[agency].case(second).linked == ((first, "same-child"),)
    assert agencies.apps[HEALTH].case(first).linked == ()
    stranger = fact(HEALTH, "case.link", first, **tie)
    assert agencies.refused(HEALTH, stranger) == ("case.not-held", "data.other")


async def test_who_has_only_looked_into_a_case_does_not_hold_it(agencies: Carried) -> None:
    first, second = new_case(), new_case()
    await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=first))
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=second))
    tie = fact(HEALTH, "case.link", first, other=second, other_concerns=CHILD["ref"], reason="same-child")
    await agencies.says(HEALTH, command(HEALTH, "access.record", {"purpose": "inspection"}, case_ref=second))
    assert agencies.refused(HEALTH, tie) == ("case.not-held", "data.other")
    await agencies.says(HEALTH, refer(HEALTH, SOCIAL, case_ref=second))
    await agencies.says(HEALTH, tie)
