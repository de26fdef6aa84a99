"""A bypass crosses what others do: nothing is void but what asks the bypassed itself, and who was left out is said."""

from contextlib import suppress
from typing import Any

from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.ids import person_ref_from
from tests.builders import (
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SAFETY,
    SOCIAL,
    bypass,
    command,
    concern,
    fact,
    new_case,
    now,
    on,
    protection,
    refer,
    transfer,
)
from tests.carried import Carried

QUESTION: dict[str, Any] = {"priority": "red", "questions": ["suspect-access"]}


def lift(case: str, invoked: object) -> dict[str, Any]:
    return command(OVERSIGHT, "route.lift-bypass", {"bypass_id": str(invoked), "reason": "unfounded"}, case_ref=case)


async def test_what_was_recorded_before_ones_own_bypass_goes_where_it_went_then(agencies: Carried) -> None:
    """The log's order decides: the acts stand before the bypass, so the police still hear them."""
    case = new_case()
    asked = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    told_too = {"notified": ["police"]}
    said = [
        agencies.takes(SOCIAL, protection(SOCIAL, case)),
        agencies.takes(SOCIAL, on(SOCIAL, "referral.accept", asked)),
        agencies.takes(SOCIAL, concern(SOCIAL, POLICE, case_ref=case)),
        agencies.takes(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case, data=told_too)),
    ]
    agencies.takes(SOCIAL, bypass(SOCIAL, case))
    await agencies.sends(SOCIAL)
    assert (agencies.voided, agencies.refusals) == ([], [])
    assert all(agencies.left_out(SOCIAL, one) == () for one in said)
    assert len(agencies.post[POLICE]) == len(said)


async def test_what_is_said_before_a_lift_is_heard_of_reaches_whom_it_leads_around_no_more(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    invoked = await agencies.says(SOCIAL, bypass(SOCIAL, case))
    agencies.takes(OVERSIGHT, lift(case, invoked))
    await agencies.sends(OVERSIGHT)
    missing = fact(SOCIAL, "child.report-missing", case, missing_since=now().isoformat(), safety=SAFETY)
    said = agencies.takes(SOCIAL, missing)
    await agencies.sends(SOCIAL)
    assert agencies.heard_by == {POLICE, PROSECUTION}, "by the log it is lifted"
    assert (agencies.voided, agencies.left_out(SOCIAL, said)) == ([], ())


async def test_what_was_left_out_is_put_back_if_the_bypass_is_lifted_before_it_is_logged(agencies: Carried) -> None:
    """Between the refusal of a letter and the next try; also if the relay died in between."""
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    invoked = await agencies.says(SOCIAL, bypass(SOCIAL, case))
    said = agencies.takes(SOCIAL, protection(SOCIAL, case))
    relay = agencies.relays[SOCIAL]
    waiting = relay._build_next()
    assert waiting
    waiting = relay._mending.around(waiting, {POLICE})
    assert agencies.left_out(SOCIAL, said) == (POLICE,)
    await agencies.says(OVERSIGHT, lift(case, invoked))
    await agencies.sends(SOCIAL)
    assert agencies.heard_by == {POLICE, PROSECUTION}
    assert (agencies.voided, agencies.left_out(SOCIAL, said)) == ([], ())


async def test_a_bypass_that_is_heard_after_it_was_lifted_stays_lifted(agencies: Carried) -> None:
    """A link's letters may come late: what is in force is what was invoked and not lifted, in whatever order heard."""
    case = new_case()
    await agencies.says(HEALTH, refer(HEALTH, PROSECUTION, case_ref=case))
    await agencies.says(PROSECUTION, refer(PROSECUTION, SOCIAL, case_ref=case))
    invoked = agencies.takes(HEALTH, bypass(HEALTH, case, "police", "social"))
    await agencies.sends(HEALTH)
    late, agencies.post[SOCIAL] = agencies.post[SOCIAL], []
    agencies.hears(OVERSIGHT)
    agencies.takes(OVERSIGHT, lift(case, invoked))
    await agencies.sends(OVERSIGHT)
    agencies.hears()
    agencies.post[SOCIAL] = late
    agencies.hears(SOCIAL)
    assert agencies.apps[SOCIAL].bypasses(case) == frozenset()
    assert agencies.ledger.bypasses(case) == frozenset()


async def test_a_concern_is_heard_in_a_case_with_a_bypass_that_its_reporter_does_not_know_of(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case))
    await agencies.says(SOCIAL, bypass(SOCIAL, case))
    made = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=case))
    assert agencies.heard_by == {SOCIAL}
    assert agencies.left_out(HEALTH, made) == (POLICE,)
    await agencies.says(SOCIAL, on(SOCIAL, "responsibility.accept", made))
    assert agencies.standing(HEALTH, made).responsible is SOCIAL
    to_the_danger = agencies.takes(HEALTH, concern(HEALTH, POLICE, SOCIAL, case_ref=case))
    await agencies.sends(HEALTH)
    assert agencies.voided == [(HEALTH, to_the_danger)], "what asks the bypassed itself is void"


async def test_a_bypass_that_the_gateway_refused_leaves_nothing_behind(agencies: Carried) -> None:
    """Prosecution learned the reference by telephone: it holds no such case."""
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case))
    refused = agencies.takes(PROSECUTION, bypass(PROSECUTION, case, "police", "social"))
    assert agencies.apps[PROSECUTION].bypasses(case)
    await agencies.sends(PROSECUTION)
    assert agencies.voided == [(PROSECUTION, refused)]
    assert agencies.apps[PROSECUTION].bypasses(case) == frozenset()
    await agencies.says(PROSECUTION, fact(PROSECUTION, "victim-advocate.assign", case, office="an-office"))
    assert agencies.heard_by == {POLICE, SOCIAL}


async def test_whoever_was_left_out_is_named_and_what_it_was_asked_can_be_closed(agencies: Carried) -> None:
    """Also by an agency that was never told of the bypass: the gateway's refusal tells it what it must know."""
    case = new_case()
    asked = await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    other = await agencies.says(SOCIAL, refer(SOCIAL, HEALTH, case_ref=case))
    closing = on(SOCIAL, "referral.close", asked, reason="bypassed")
    await agencies.says(HEALTH, bypass(HEALTH, case))
    assert agencies.refused(SOCIAL, closing) == ("handoff.open", "data.reason")
    question = await agencies.says(SOCIAL, on(SOCIAL, "information.ask", asked, None, **QUESTION))
    assert agencies.left_out(SOCIAL, question) == (POLICE,)
    await agencies.says(SOCIAL, closing)
    assert agencies.standing(SOCIAL, asked).closed
    wrong = on(SOCIAL, "referral.close", other, reason="bypassed")
    assert agencies.refused(SOCIAL, wrong) == ("handoff.open", "data.reason"), "nothing leads around health"


async def test_a_bypassed_institutions_sponsor_is_told_and_says_what_it_handed_over_before_it_heard(
    agencies: Carried,
) -> None:
    case = new_case()
    asked = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case, data={"for_institution": "school"}))
    handed = {"of_id": str(asked), "institution": "school", "handed_at": now().isoformat()}
    happened = agencies.takes(SOCIAL, command(SOCIAL, "letter.hand-over", handed, case_ref=case))
    agencies.takes(POLICE, bypass(POLICE, case, "school", "prosecution"))
    await agencies.sends(POLICE)
    assert agencies.heard_by == {OVERSIGHT, PROSECUTION, SOCIAL}
    await agencies.sends(SOCIAL)
    assert (agencies.voided, agencies.apps[SOCIAL].void_of(happened)) == ([], None), "that it happened is evidence"


# whose a case is


def gives(agencies: Carried, case: str) -> set[Agency]:
    """Who could give the case away now."""
    able = set()
    for agency in (POLICE, PROSECUTION, SOCIAL, HEALTH):
        with suppress(Refused):
            agencies.apps[agency]._is_ours_to_give(case)
            able.add(agency)
    return able & {agency for agency in Agency if agencies.apps[agency].handoffs_of(case)}


async def test_two_concerns_and_a_transfer_back_leave_the_case_with_one_agency(agencies: Carried) -> None:
    case = new_case()
    for number in range(2):
        sibling = {"ref": person_ref_from(f"sibling {number}".encode()), "role": "child"}
        report = concern(POLICE, SOCIAL, case_ref=case)
        report["data"]["concerns"] = sibling
        reported = await agencies.says(POLICE, report)
        await agencies.says(SOCIAL, on(SOCIAL, "responsibility.accept", reported))
    assert gives(agencies, case) == {SOCIAL}
    back = await agencies.says(SOCIAL, transfer(SOCIAL, POLICE, case))
    assert gives(agencies, case) == set(), "while it is offered it is offered to nobody else"
    await agencies.says(POLICE, on(POLICE, "transfer.accept", back))
    assert gives(agencies, case) == {POLICE}


async def test_who_took_the_case_on_still_has_it_after_handing_on_a_later_concern(agencies: Carried) -> None:
    case = new_case()
    first = await agencies.says(HEALTH, concern(HEALTH, SOCIAL, POLICE, case_ref=case))
    await agencies.says(SOCIAL, on(SOCIAL, "responsibility.accept", first))
    later = await agencies.says(SOCIAL, concern(SOCIAL, POLICE, case_ref=case))
    await agencies.says(POLICE, on(POLICE, "responsibility.accept", later))
    assert gives(agencies, case) == {SOCIAL}
    assert agencies.standing(SOCIAL, later).responsible is POLICE


async def test_a_case_that_a_fact_opened_is_its_authors_and_no_late_joiners(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, protection(SOCIAL, case))
    await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    await agencies.says(PROSECUTION, refer(PROSECUTION, HEALTH, case_ref=case))
    assert gives(agencies, case) == {SOCIAL}


async def test_an_offer_to_whom_a_bypass_leads_around_can_be_closed_and_made_to_another(agencies: Carried) -> None:
    case = new_case()
    offered = await agencies.says(SOCIAL, transfer(SOCIAL, POLICE, case))
    await agencies.says(SOCIAL, bypass(SOCIAL, case))
    assert agencies.refused(SOCIAL, transfer(SOCIAL, HEALTH, case)) == ("transfer.not-yours", "case_ref")
    await agencies.says(SOCIAL, on(SOCIAL, "referral.close", offered, reason="bypassed"))
    await agencies.says(SOCIAL, transfer(SOCIAL, HEALTH, case))


async def test_a_making_that_was_refused_says_nothing_of_whose_the_case_is(agencies: Carried) -> None:
    case = new_case()
    agencies.takes(HEALTH, bypass(HEALTH, case))
    await agencies.sends(HEALTH)
    refused = agencies.takes(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    await agencies.sends(SOCIAL)
    assert agencies.voided == [(SOCIAL, refused)]
    agencies.takes(SOCIAL, transfer(SOCIAL, HEALTH, case))
