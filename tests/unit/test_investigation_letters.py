"""Who hears what of an investigation: acts that may also be facts, what the notified see, and register files apart."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.envelope import Record
from contracts.errors import Refused
from contracts.standing import Stage
from contracts.tiers import Tier
from tests.builders import (
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SAFETY,
    SOCIAL,
    bypass,
    command,
    new_case,
    now,
    on,
    refer,
)
from tests.carried import Carried
from tests.unit.given import SIBLING


def of(agency: Agency, type_name: str, case: str, on_behalf_of: str | None = None, **data: Any) -> dict[str, Any]:
    """The catalogue's example of a type, with every agency notified that must hear it."""
    entry = CATALOGUE[type_name]
    content = dict(entry.example) | data
    if "notified" in content and "notified" not in data:
        content["notified"] = sorted(entry.told - {agency, content["to"]})
    more = {"case_ref": case, "on_behalf_of": on_behalf_of}
    return command(agency, str(entry.command), content, **more)


def shown(agencies: Carried) -> dict[Agency, str]:
    """What the last record in the log shows to whom."""
    record = Record.model_validate_json(agencies.log.entries[agencies.by_hand.position].text)
    return {letter.to: "".join(sorted(letter.tiers)) for letter in record.data.letters}


async def asked(agencies: Carried, agency: Agency, type_name: str, case: str, accepts: bool = True) -> UUID:
    """A handoff, taken on by whom it asks."""
    made = of(agency, type_name, case)
    handoff = await agencies.says(agency, made)
    if accepts:
        receiver = Agency(made["data"]["to"])
        await agencies.says(receiver, on(receiver, "referral.accept", handoff))
    return handoff


# what may answer a handoff, and may be said unasked

ASKED_BY: Mapping[str, tuple[Agency, Agency, str]] = {
    "case.registered": (PROSECUTION, POLICE, "crime-report.filed"),
    "investigation.decided": (PROSECUTION, POLICE, "crime-report.filed"),
    "forensic-exam.not-done": (HEALTH, PROSECUTION, "forensic-exam.ordered"),
    "expert-report.delivered": (HEALTH, POLICE, "evidence.transferred"),
    "child-interview.completed": (SOCIAL, PROSECUTION, "child-interview.scheduled"),
}
"""Who says it, on whose handoff."""
WITH_HANDOFF = {
    "case.registered": (Stage.ACCEPTED, {POLICE: "EO", SOCIAL: "EO"}),
    "investigation.decided": (Stage.COMPLETED, {POLICE: "EO", SOCIAL: "EO"}),
    "forensic-exam.not-done": (
        Stage.COMPLETED, {PROSECUTION: "EO", SOCIAL: "EO", POLICE: "EO", OVERSIGHT: "EO"},
    ),
    "expert-report.delivered": (Stage.COMPLETED, {POLICE: "EO", PROSECUTION: "EOP"}),
    "child-interview.completed": (Stage.COMPLETED, {PROSECUTION: "EOP", POLICE: "EO"}),
}  # fmt: skip
UNASKED = {
    "case.registered": {POLICE: "EO", SOCIAL: "EO"},
    "investigation.decided": {POLICE: "EO", SOCIAL: "EO"},
    "forensic-exam.not-done": {PROSECUTION: "EO", SOCIAL: "EO", OVERSIGHT: "EO"},
    "expert-report.delivered": {PROSECUTION: "EOP"},
    "child-interview.completed": {PROSECUTION: "EOP"},
}


@pytest.mark.parametrize("type_name", ASKED_BY)
async def test_said_on_a_handoff_it_moves_that_on_and_everybody_who_hears_it_is_told(
    agencies: Carried, type_name: str
) -> None:
    case, (sender, opener, by) = new_case(), ASKED_BY[type_name]
    handoff = await asked(agencies, opener, by, case, accepts=by != "crime-report.filed")
    if type_name == "investigation.decided":
        await agencies.says(PROSECUTION, of(PROSECUTION, "case.registered", case, handoff_id=str(handoff)))
    reason = {"reason": "consent-refused"} if type_name == "forensic-exam.not-done" else {}
    await agencies.says(sender, of(sender, type_name, case, handoff_id=str(handoff), **reason))
    stage, told = WITH_HANDOFF[type_name]
    assert shown(agencies) == told
    assert {agencies.standing(agency, handoff).stage for agency in (sender, opener)} == {stage}


@pytest.mark.parametrize("type_name", ASKED_BY)
async def test_said_unasked_it_is_a_fact_that_everybody_whom_the_catalogue_lists_hears(
    agencies: Carried, type_name: str
) -> None:
    case, (sender, _, _) = new_case(), ASKED_BY[type_name]
    if type_name == "investigation.decided":
        await agencies.says(PROSECUTION, of(PROSECUTION, "case.registered", case, handoff_id=None))
    await agencies.says(sender, of(sender, type_name, case, handoff_id=None))
    assert shown(agencies) == UNASKED[type_name]
    for agency in agencies.heard_by:
        last = agencies.apps[agency].file(case).last(type_name)
        assert last is not None
        assert last.by == sender


@pytest.mark.parametrize("type_name", ASKED_BY)
async def test_said_unasked_around_a_bypass_oversight_hears_it_in_place_of_whom_that_keeps_out(
    agencies: Carried, type_name: str
) -> None:
    case, (sender, _, _) = new_case(), ASKED_BY[type_name]
    out = next(iter(UNASKED[type_name]))
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    invoker = next(agency for agency in (SOCIAL, POLICE) if agency is not out)
    alternate = next(agency for agency in (HEALTH, PROSECUTION) if agency is not out)
    if type_name == "investigation.decided":
        await agencies.says(PROSECUTION, of(PROSECUTION, "case.registered", case, handoff_id=None))
    await agencies.says(invoker, bypass(invoker, case, out, alternate))
    said = await agencies.says(sender, of(sender, type_name, case, handoff_id=None))
    told = {agency: tiers for agency, tiers in UNASKED[type_name].items() if agency is not out}
    assert shown(agencies) == told | {OVERSIGHT: "EO"}
    assert agencies.apps[sender].void_of(said) is None


async def test_what_an_agency_is_told_of_a_handoff_that_it_never_heard_made_lies_under_the_childs_key(
    agencies: Carried,
) -> None:
    """Oversight hears that an exam was not done, and never that it was ordered; the child's key erases both."""
    case = new_case()
    handoff = await asked(agencies, PROSECUTION, "forensic-exam.ordered", case)
    data = {"handoff_id": str(handoff), "reason": "consent-refused"}
    await agencies.says(HEALTH, of(HEALTH, "forensic-exam.not-done", case, **data))
    people = agencies.apps[OVERSIGHT].store.read("SELECT person FROM vault_keys")
    assert [row["person"] for row in people] == [
        f"{case}/{CATALOGUE['forensic-exam.not-done'].example['concerns']['ref']}"
    ]


async def test_an_order_that_the_log_never_took_is_none(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, PROSECUTION, case_ref=case))
    order = agencies.takes(PROSECUTION, of(PROSECUTION, "forensic-exam.ordered", case))
    await agencies.says(SOCIAL, bypass(SOCIAL, case, "health", "police"))
    await agencies.sends(PROSECUTION)
    assert agencies.apps[PROSECUTION].void_of(order) == "refused-by-gateway"
    said = of(PROSECUTION, "forensic-exam.not-done", case, handoff_id=None, reason="never-ordered")
    await agencies.says(PROSECUTION, said)


async def test_what_is_done_for_one_child_ends_no_handoff_of_another(agencies: Carried) -> None:
    case = new_case()
    handoff = await asked(agencies, PROSECUTION, "forensic-exam.ordered", case)
    sibling: dict[str, Any] = {"concerns": SIBLING, "reason": "consent-refused"}
    made = of(HEALTH, "forensic-exam.not-done", case, handoff_id=str(handoff), **sibling)
    assert agencies.refused(HEALTH, made) == ("handoff.other-person", "data.concerns")


@pytest.mark.parametrize(
    ("opener", "by", "verb", "data", "words"),
    [
        (
            PROSECUTION, "forensic-exam.ordered", "referral.complete", {"outcome": "done"},
            ("forensic-exam.complete", "forensic-exam.state-not-done"),
        ),
        (POLICE, "evidence.transferred", "referral.complete", {"outcome": "done"}, ("expert-report.deliver",)),
        (PROSECUTION, "child-interview.scheduled", "referral.complete", {"outcome": "done"},
         ("child-interview.complete",)),
        (POLICE, "crime-report.filed", "referral.accept", {}, ("case.register",)),
    ],
)  # fmt: skip
async def test_the_fields_own_word_stands_in_the_place_of_the_general_one(
    agencies: Carried, opener: Agency, by: str, verb: str, data: dict[str, str], words: tuple[str, ...]
) -> None:
    handoff = await asked(agencies, opener, by, new_case(), accepts=verb != "referral.accept")
    receiver = agencies.standing(opener, handoff).receiver
    assert receiver
    with pytest.raises(Refused) as refused:
        agencies.takes(receiver, on(receiver, verb, handoff, None, **data))
    assert (refused.value.code, refused.value.field) == ("handoff.other-course", "command")
    assert f"say {' or '.join(words)}." in (refused.value.detail or "")


async def test_an_exams_own_word_is_none_for_another_service(agencies: Carried) -> None:
    case = new_case()
    handoff = await asked(agencies, POLICE, "evidence.transferred", case)
    made = of(HEALTH, "forensic-exam.not-done", case, handoff_id=str(handoff))
    assert agencies.refused(HEALTH, made) == ("handoff.other-course", "command")


# what the notified see


async def test_of_an_interview_the_notified_see_what_keeps_the_child_safe_and_no_more(agencies: Carried) -> None:
    case = new_case()
    made = of(PROSECUTION, "child-interview.scheduled", case, to="social", notified=["health", "police"], safety=SAFETY)
    await agencies.says(PROSECUTION, made)
    assert shown(agencies) == {SOCIAL: "EOS", POLICE: "EOS", HEALTH: "EO"}
    entry = CATALOGUE["child-interview.scheduled"]
    assert entry.shown == {Tier.E, Tier.O, Tier.S}


async def test_of_a_crime_report_social_services_see_that_it_was_filed_and_how_urgent_its_limits_are(
    agencies: Carried,
) -> None:
    await agencies.says(POLICE, of(POLICE, "crime-report.filed", new_case()))
    assert shown(agencies) == {PROSECUTION: "AEILOP", SOCIAL: "EO"}
    row = agencies.apps[SOCIAL].store.read("SELECT * FROM inbox")[0]
    letter = agencies.apps[SOCIAL].letter(row)
    assert letter is not None
    assert set(letter["content"]) == {"to", "concerns", "notified", "expires_at", "limits"}
    assert "Example" not in str(letter), "no name"


# the register stands apart


def entered(case: str) -> dict[str, Any]:
    return of(PROSECUTION, "conviction.entered", case, "court")


async def test_nothing_of_the_register_joins_the_case_of_a_child(agencies: Carried) -> None:
    case = new_case()
    await asked(agencies, POLICE, "crime-report.filed", case, accepts=False)
    removed = of(PROSECUTION, "conviction.removed", case, "court", of_id=str(uuid4()))
    for wrong in (entered(case), removed):
        assert agencies.refused(PROSECUTION, wrong) == ("register.own-file", "case_ref")
    assert agencies.refused(SOCIAL, of(SOCIAL, "clearance.asked", case)) == ("register.own-file", "case_ref")


async def test_nothing_about_a_child_joins_a_file_of_the_register(agencies: Carried) -> None:
    conviction, clearance = new_case(), new_case()
    await agencies.says(PROSECUTION, entered(conviction))
    assert agencies.heard_by == set(), "an entry carries no letter"
    await agencies.says(SOCIAL, of(SOCIAL, "clearance.asked", clearance))
    for case in (conviction, clearance):
        for wrong in (
            of(PROSECUTION, "case.registered", case, handoff_id=None),
            of(PROSECUTION, "forensic-exam.ordered", case),
        ):
            assert agencies.refused(PROSECUTION, wrong) == ("register.own-file", "case_ref")
    assert agencies.refused(PROSECUTION, entered(clearance)) == ("register.own-file", "case_ref")


async def test_an_entry_is_put_right_looked_into_and_removed_under_its_own_reference(agencies: Carried) -> None:
    for _ in range(4):  # what is kept first and what last is chance
        case = new_case()
        first = await agencies.says(PROSECUTION, entered(case))
        codes = [{"field": "final_since", "value": now().isoformat()}]
        about = {"of_id": str(first), "of_type": "conviction.entered", "reason": "typed-wrong", "codes": codes}
        await agencies.says(PROSECUTION, command(PROSECUTION, "record.correct", about, case_ref=case))
        assert agencies.heard_by == set()
        await agencies.says(PROSECUTION, of(PROSECUTION, "access.recorded", case, opened=[]))
        await agencies.says(PROSECUTION, of(PROSECUTION, "conviction.removed", case, "court", of_id=str(first)))


async def test_a_clearance_is_answered_on_its_own_file(agencies: Carried) -> None:
    case = new_case()
    question = await agencies.says(SOCIAL, of(SOCIAL, "clearance.asked", case))
    await agencies.says(PROSECUTION, on(PROSECUTION, "referral.accept", question))
    answer = of(PROSECUTION, "clearance.answered", case, "register", handoff_id=str(question))
    await agencies.says(PROSECUTION, answer)
    assert shown(agencies) == {SOCIAL: "EO"}
    assert agencies.standing(SOCIAL, question).stage is Stage.COMPLETED
