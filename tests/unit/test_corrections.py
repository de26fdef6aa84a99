"""What is said about an earlier record of one's own: whom it reaches, what it shows, and what it cannot put right."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.catalogue.investigation import CONSENT
from contracts.envelope import Record
from contracts.tiers import Tier
from tests.builders import (
    BORN,
    CHILD,
    HEALTH,
    NAME,
    OVERSIGHT,
    POLICE,
    POSTS,
    PROSECUTION,
    SAFETY,
    SOCIAL,
    bypass,
    command,
    fact,
    new_case,
    now,
    protection,
    refer,
)
from tests.carried import Carried
from tests.unit.given import SIBLING

IDENTITY = {"full_name": NAME, "date_of_birth": BORN}


def right(agency: Agency, case: str, of_id: UUID, of_type: str, **data: Any) -> dict[str, Any]:
    about = {"of_id": str(of_id), "of_type": of_type, "reason": "typed-wrong"}
    return command(agency, "record.correct", about | data, case_ref=case)


def code(name: str, value: Any) -> list[dict[str, Any]]:
    return [{"field": name, "value": value}]


def shown(agencies: Carried) -> dict[Agency, set[Tier]]:
    """What the last record in the log shows to whom."""
    record = Record.model_validate_json(agencies.log.entries[agencies.by_hand.position].text)
    return {letter.to: set(letter.tiers) for letter in record.data.letters}


def consent(case: str, answer: str) -> dict[str, Any]:
    made = fact(HEALTH, "exam-consent.record", case, consent=answer, by="child")
    return made | {"post": POSTS[HEALTH]}


# whom it reaches, and what it shows


async def test_a_correction_reaches_whom_the_first_reached_in_no_more_tiers(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case, data={"notified": ["health"]}))
    first = shown(agencies)
    assert first == {SOCIAL: set("EOSAI"), HEALTH: set("EO")}
    data = {"concerns": CHILD, "identity": IDENTITY, "safety": SAFETY}
    await agencies.says(POLICE, right(POLICE, case, made, "referral.made", **data))
    assert shown(agencies) == first
    for agency, reads in ((SOCIAL, True), (HEALTH, False)):
        letter = letters(agencies, agency)[-1]
        assert letter["type"] == "record.corrected"
        assert (NAME in str(letter), "whereabouts" in str(letter)) == (reads, reads)


def letters(agencies: Carried, agency: Agency) -> list[dict[str, Any]]:
    """Every letter that an agency holds, as it was told."""
    rows = agencies.apps[agency].store.read("SELECT * FROM inbox ORDER BY position")
    return [letter for row in rows if (letter := agencies.apps[agency].letter(row))]


async def test_nothing_is_overwritten_both_records_stand(agencies: Carried) -> None:
    case = new_case()
    first = await agencies.says(HEALTH, consent(case, "given"))
    second = await agencies.says(HEALTH, right(HEALTH, case, first, CONSENT, codes=code("consent", "refused")))
    texts = {UUID(_id(entry.text)): entry.text for entry in agencies.log.entries.values()}
    assert list(texts) == [first, second]
    assert '"consent":"given"' in texts[first]
    assert [letter["id"] for letter in letters(agencies, PROSECUTION)] == [str(first), str(second)]


def _id(text: str) -> str:
    return str(Record.model_validate_json(text).id)


async def test_what_an_agency_put_right_is_what_its_own_policy_goes_by_and_the_hearers_too(agencies: Carried) -> None:
    case = new_case()
    limits = {"incident": "within-72-hours", "child_age": "6-to-11"}
    order = fact(PROSECUTION, "forensic-exam.order", case, to="health", notified=["police", "social"], limits=limits)
    await agencies.says(PROSECUTION, order | {"post": POSTS[PROSECUTION]})
    first = await agencies.says(HEALTH, consent(case, "given"))
    await agencies.says(HEALTH, right(HEALTH, case, first, CONSENT, codes=code("consent", "refused")))
    exam = fact(HEALTH, "forensic-exam.complete", case, **_exam()) | {"post": POSTS[HEALTH]}
    assert agencies.refused(HEALTH, exam) == ("exam.no-consent", "data.concerns")
    for agency in (HEALTH, PROSECUTION):
        last = agencies.apps[agency].file(case).last(CONSENT)
        assert last is not None
        assert last.codes["consent"] == "refused"


def _exam() -> dict[str, Any]:
    example = CATALOGUE["forensic-exam.completed"].example
    return {name: example[name] for name in ("examined_at", "extent", "report")}


async def test_what_an_agency_says_before_the_log_answers_counts_in_the_order_in_which_it_says_it(
    agencies: Carried,
) -> None:
    case = new_case()
    for answer in ("given", "withdrawn") * 4:
        agencies.takes(HEALTH, consent(case, answer))
        last = agencies.apps[HEALTH].file(case).last(CONSENT)
        assert last is not None
        assert last.codes["consent"] == answer


async def test_a_later_basis_reaches_the_same_and_shows_the_envelope_alone(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case, data={"notified": ["health"]}))
    basis = {"of_id": str(made), "of_type": "referral.made", "basis": "court-order"}
    await agencies.says(POLICE, command(POLICE, "basis.record", basis, case_ref=case))
    assert shown(agencies) == {SOCIAL: set("EO"), HEALTH: set("EO")}
    assert letters(agencies, HEALTH)[-1]["content"]["basis"] == "court-order"


async def test_consent_is_no_later_basis_of_what_rests_on_a_duty(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(SOCIAL, protection(SOCIAL, case))
    about = {"of_id": str(made), "of_type": "immediate-protection.taken", "basis": "consent"}
    assert agencies.refused(SOCIAL, command(SOCIAL, "basis.record", about, case_ref=case)) == (
        "basis.consent", "data.basis",
    )  # fmt: skip
    forged = {"values": about, "subject": case}
    assert await agencies.forgery_refused(SOCIAL, "basis.recorded", (POLICE, PROSECUTION), **forged) == "basis.consent"


# bypasses in between


async def test_whom_a_bypass_keeps_out_meanwhile_gets_no_correction(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(SOCIAL, protection(SOCIAL, case))
    await agencies.says(SOCIAL, bypass(SOCIAL, case))
    changed = right(SOCIAL, case, made, "immediate-protection.taken", codes=code("began_at", now().isoformat()))
    said = await agencies.says(SOCIAL, changed)
    assert agencies.heard_by == {PROSECUTION}
    assert agencies.left_out(SOCIAL, said) == (POLICE,)


async def test_oversight_that_heard_the_first_in_place_of_the_bypassed_hears_its_correction(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, protection(SOCIAL, case))
    await agencies.says(SOCIAL, bypass(SOCIAL, case))
    made = await agencies.says(SOCIAL, protection(SOCIAL, case))
    assert agencies.heard_by == {PROSECUTION, OVERSIGHT}
    changed = right(SOCIAL, case, made, "immediate-protection.taken", concerns=CHILD, safety=SAFETY)
    said = await agencies.says(SOCIAL, changed)
    assert agencies.heard_by == {PROSECUTION, OVERSIGHT}
    assert agencies.apps[SOCIAL].void_of(said) is None


async def test_a_correction_taken_before_its_first_is_logged_follows_it_around_a_bypass(agencies: Carried) -> None:
    """The police are led around while both are on their way."""
    case = new_case()
    await agencies.says(PROSECUTION, refer(PROSECUTION, SOCIAL, case_ref=case))
    made = agencies.takes(SOCIAL, protection(SOCIAL, case))
    changed = right(SOCIAL, case, made, "immediate-protection.taken", codes=code("began_at", now().isoformat()))
    said = agencies.takes(SOCIAL, changed)
    await agencies.says(PROSECUTION, bypass(PROSECUTION, case, "police", "social"))
    await agencies.sends(SOCIAL)
    assert agencies.heard_by == {PROSECUTION, OVERSIGHT}
    assert (agencies.voided, agencies.apps[SOCIAL].void_of(said)) == ([], None)


# what cannot be corrected


async def test_only_what_this_agency_said_in_this_case_in_this_type_is_put_right(agencies: Carried) -> None:
    case, other = new_case(), new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=other))
    answer = await agencies.says(POLICE, right(POLICE, case, made, "referral.made", concerns=CHILD))
    for wrong in (
        right(POLICE, case, uuid4(), "referral.made"),
        right(POLICE, other, made, "referral.made"),
        right(POLICE, case, made, "concern.reported"),
        right(POLICE, case, answer, "record.corrected"),
    ):
        assert agencies.refused(POLICE, wrong) == ("letter.not-found", "data.of_id")
    assert agencies.refused(SOCIAL, right(SOCIAL, case, made, "referral.made")) == ("letter.not-found", "data.of_id")


@pytest.mark.parametrize(
    ("wrong", "receivers", "refused"),
    [
        ({}, (SOCIAL,), "receiver.left-out"),
        ({}, (SOCIAL, HEALTH, PROSECUTION), "receiver.left-out"),
        ({}, (SOCIAL, HEALTH), "letter.not-said"),  # in more tiers than health saw
        ({"subject": new_case()}, (SOCIAL, HEALTH), "letter.not-said"),
        ({"of_type": "concern.reported", "codes": []}, (SOCIAL, HEALTH), "letter.not-said"),
        ({"of_id": str(uuid4())}, (SOCIAL, HEALTH), "letter.not-said"),
    ],
)
async def test_a_gateway_holds_a_sender_whose_adapter_does_not_to_the_same(
    agencies: Carried, wrong: dict[str, Any], receivers: tuple[Agency, ...], refused: str
) -> None:
    case = new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case, data={"notified": ["health"]}))
    subject = wrong.pop("subject", case)
    values = {"of_id": str(made), "of_type": "referral.made", "codes": [], **wrong}
    forged = {"values": values, "subject": subject}
    assert await agencies.forgery_refused(POLICE, "record.corrected", receivers, **forged) == refused


async def test_a_gateway_lets_nobody_put_right_what_another_said(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    values = {"of_id": str(made), "of_type": "referral.made", "codes": []}
    forged = {"values": values, "subject": case}
    assert await agencies.forgery_refused(HEALTH, "record.corrected", (SOCIAL,), **forged) == "letter.not-said"


@pytest.mark.parametrize(
    ("name", "value"), [("to", "health"), ("notified", ["health"]), ("service", "accompaniment"), ("concerns", SIBLING)]
)
async def test_whom_it_asked_and_what_is_asked_anew_and_not_corrected(
    agencies: Carried, name: str, value: object
) -> None:
    case = new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    wrong = right(POLICE, case, made, "referral.made", codes=code(name, value))
    assert agencies.refused(POLICE, wrong) == ("correction.not-possible", "data.codes.0.field")


async def test_a_moment_that_need_not_be_given_is_put_right_too(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(PROSECUTION, _of(PROSECUTION, "case.registered", case, handoff_id=None))
    await agencies.says(PROSECUTION, _of(PROSECUTION, "investigation.decided", case, handoff_id=None))
    said = await agencies.says(PROSECUTION, _of(PROSECUTION, "hearing.adjourned", case) | {"on_behalf_of": "court"})
    for value in (now().isoformat(), None):
        await agencies.says(
            PROSECUTION, right(PROSECUTION, case, said, "hearing.adjourned", codes=code("adjourned_to", value))
        )


async def test_until_when_a_handoff_waits_is_not_corrected_for_the_law_goes_by_what_was_asked(
    agencies: Carried,
) -> None:
    case = new_case()
    made = await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    later = right(POLICE, case, made, "referral.made", codes=code("expires_at", now().isoformat()))
    assert agencies.refused(POLICE, later) == ("correction.not-possible", "data.codes.0.field")


async def test_nobody_is_given_an_action_by_a_correction_that_it_does_not_hear(agencies: Carried) -> None:
    case, table = new_case(), str(uuid4())
    invited = fact(SOCIAL, "roundtable.convene", case, to="police", roundtable_id=table, held_at=now().isoformat())
    await agencies.says(SOCIAL, invited)
    action = {"action": "welfare-check", "owner": "police", "due_at": now().isoformat()}
    decided = fact(SOCIAL, "roundtable.decide", case, roundtable_id=table, actions=[action])
    said = await agencies.says(SOCIAL, decided)
    of = (SOCIAL, case, said, "roundtable.decided")
    other = code("actions", [action, action | {"owner": "health"}])
    assert agencies.refused(SOCIAL, right(*of, codes=other)) == ("correction.not-possible", "data.codes")
    forged = {"values": right(*of, codes=other)["data"], "subject": case}
    assert await agencies.forgery_refused(SOCIAL, "record.corrected", (POLICE,), **forged) == "correction.not-possible"
    await agencies.says(SOCIAL, right(*of, codes=code("actions", [action | {"action": "emergency-protection"}])))


async def test_what_the_first_could_not_say_is_refused_and_never_dropped_in_silence(agencies: Carried) -> None:
    """A suspect's name is for law enforcement alone: no letter of the first shows what tier I says of anybody."""
    case = new_case()
    suspect = {"ref": "p-2m8r4t6v0z", "role": "suspect"}
    identified = fact(POLICE, "suspect.identify", case, suspect=suspect, age="adult", identity=IDENTITY)
    said = await agencies.says(POLICE, identified | {"post": POSTS[POLICE]})
    wrong = right(POLICE, case, said, "suspect.identified", concerns=CHILD, identity=IDENTITY)
    assert agencies.refused(POLICE, wrong) == ("correction.not-possible", "data.identity")
    made = await agencies.says(SOCIAL, protection(SOCIAL, case))
    of = (SOCIAL, case, made, "immediate-protection.taken")
    for name, value in (("identity", IDENTITY), ("allegation", {"kind": "neglect"})):
        more: dict[str, Any] = {name: value}
        wrong = right(*of, concerns=CHILD, **more)
        assert agencies.refused(SOCIAL, wrong) == ("correction.not-possible", f"data.{name}")


def _of(agency: Agency, type_name: str, case: str, **data: Any) -> dict[str, Any]:
    entry = CATALOGUE[type_name]
    return command(agency, str(entry.command), dict(entry.example) | data, case_ref=case)


async def test_what_is_put_right_fits_its_field(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(HEALTH, consent(case, "given"))
    wrong = right(HEALTH, case, made, CONSENT, codes=code("consent", "presumed"))
    assert agencies.refused(HEALTH, wrong) == ("field.invalid", "data.codes.0.value")
    nowhere = right(HEALTH, case, made, CONSENT, codes=code("found", True))
    assert agencies.refused(HEALTH, nowhere) == ("correction.not-possible", "data.codes.0.field")


async def test_what_a_correction_comes_to_is_something_that_the_type_could_have_said(agencies: Carried) -> None:
    """Every code alone fits its field, and a suspect under 18 needs a case of its own."""
    case = new_case()
    suspect = {"ref": "p-2m8r4t6v0z", "role": "suspect"}
    said = await agencies.says(
        POLICE, fact(POLICE, "suspect.identify", case, suspect=suspect, age="adult") | {"post": POSTS[POLICE]}
    )
    young = right(POLICE, case, said, "suspect.identified", codes=code("age", "under-18"))
    assert agencies.refused(POLICE, young) == ("field.invalid", "data.codes")
    await agencies.says(POLICE, right(POLICE, case, said, "suspect.identified", codes=code("age", "unknown")))


async def test_what_is_said_of_a_person_names_whom_so_that_it_can_be_erased(agencies: Carried) -> None:
    case = new_case()
    made = await agencies.says(SOCIAL, protection(SOCIAL, case))
    of = (SOCIAL, case, made, "immediate-protection.taken")
    assert agencies.refused(SOCIAL, right(*of, safety=SAFETY)) == ("field.missing", "data.concerns")
    await agencies.says(SOCIAL, right(*of, safety=SAFETY, concerns=CHILD))
    for agency in (SOCIAL, POLICE):
        people = agencies.apps[agency].store.read("SELECT person FROM vault_keys")
        assert [row["person"] for row in people] == [f"{case}/{CHILD['ref']}"]
