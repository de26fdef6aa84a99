"""What an agency's valid keys do not give it in a case of others; gateway's rules and adapters are the real ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from bus import keys
from bus.inbox import letter_id
from bus.submission import Head, build
from contracts.agencies import Agency, Institution
from contracts.catalogue import CATALOGUE
from contracts.standing import Stage
from services.facts import fact_id
from services.handoffs import handoff_key
from services.letters import Heard
from tests.builders import (
    CHILD,
    HEALTH,
    OVERSIGHT,
    POLICE,
    POSTS,
    PROSECUTION,
    SOCIAL,
    ByHand,
    about,
    act,
    bypass,
    command,
    fact,
    new_case,
    now,
    on,
    refer,
)
from tests.carried import Carried
from tests.unit.given import SUSPECT

WELFARE = {"to": "police", "service": "welfare-check"}
AS_CLINICIAN = {"post": POSTS[HEALTH]}
AROUND_SOCIAL = {"conflicted": "social", "alternate": "prosecution", "office": None}


@pytest.fixture
def agencies(by_hand: ByHand, tmp_path: Path) -> Iterator[Carried]:
    found = Carried(by_hand, tmp_path)
    yield found
    found.close()


@pytest.mark.parametrize("taken", ["a letter's", "a fact's", "a handoff's"])
async def test_no_id_that_a_sender_chooses_takes_a_place_that_something_else_needs(
    agencies: Carried, taken: str
) -> None:
    """Ids of receipts, facts and handoffs in a store can be worked out by anybody; records' ids are free to choose."""
    expected = uuid4()
    squat = {
        "a letter's": letter_id(SOCIAL, POLICE, 1),
        "a fact's": fact_id(SOCIAL, expected),
        "a handoff's": handoff_key(expected),
    }[taken]
    await agencies.forged(HEALTH, "referral.made", (POLICE,), values=WELFARE, record_id=squat)
    assert {heard.state for heard in agencies.hears(POLICE)} == {"heard"}
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, id=str(expected)))
    assert agencies.standing(POLICE, expected).stage is Stage.MADE


async def test_a_parked_letter_that_can_never_be_taken_in_stops_no_other_from_being_retried(
    agencies: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE))
    police = agencies.apps[POLICE]
    key = police._sealing_keys
    monkeypatch.setattr(police, "_sealing_keys", [keys.new_sealing_key(POLICE)])
    await agencies.forged(HEALTH, "referral.made", (POLICE,), values=WELFARE)
    first = next(iter(agencies.post[POLICE])).record.id
    agencies.takes(SOCIAL, refer(SOCIAL, POLICE))
    await agencies.sends(SOCIAL)
    assert [heard.state for heard in agencies.hears(POLICE)] == ["parked", "parked"]
    monkeypatch.setattr(police, "_sealing_keys", key)
    real = police.save

    def save(*parts: Any, **more: Any) -> object:
        if any(getattr(part, "handoff_id", None) == first for part in parts):
            raise IntegrityError
        return real(*parts, **more)

    monkeypatch.setattr(police, "save", save)
    assert [(heard.state, heard.reason) for heard in police.retry_parked()] == [
        ("parked", "letter.failed"), ("heard", None),
    ]  # fmt: skip


async def test_a_copied_id_makes_nobodys_act_void(agencies: Carried) -> None:
    """Health is notified, and answers under the id of the acceptance that it heard."""
    asked = await agencies.says(POLICE, refer(POLICE, SOCIAL, data={"notified": ["health"]}))
    accepted = await agencies.says(SOCIAL, on(SOCIAL, "referral.accept", asked))
    case = agencies.apps[SOCIAL].store.read("SELECT case_ref FROM commands")[0]["case_ref"]
    codes = {"handoff_id": str(asked), "outcome": "done"}
    await agencies.forged(
        HEALTH, "referral.completed", (SOCIAL, POLICE), values=codes, subject=case, record_id=accepted
    )
    agencies.hears()
    assert agencies.apps[SOCIAL].void_of(accepted) is None
    for agency in (POLICE, SOCIAL):
        assert agencies.standing(agency, asked).stage is Stage.ACCEPTED


async def test_a_lift_counts_however_its_sender_spells_the_id(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    invoked = await agencies.says(SOCIAL, bypass(SOCIAL, case))
    spelled = {"bypass_id": str(invoked).upper(), "reason": "unfounded"}
    await agencies.forged(OVERSIGHT, "route.bypass-lifted", (SOCIAL, PROSECUTION), values=spelled, subject=case)
    agencies.hears()
    assert agencies.ledger.bypasses(case) == agencies.apps[SOCIAL].bypasses(case) == frozenset()


def told_otherwise(
    agencies: Carried, sender: Agency, type_name: str, case: str, recipient: Agency, **values: Any
) -> Heard:
    """What becomes of a letter that says other than its record does: the gateway saw only that one."""
    head = agencies.ledger.heads.of_link(sender, recipient)
    made = act(type_name, receivers=(recipient,), subject=case, values=values)
    heard = agencies.by_hand.deliver(
        agencies.apps[recipient], agencies.by_hand.forge(made, sender, Head(head.number, head.digest))
    )
    assert not agencies.post[recipient]
    return heard


@pytest.mark.parametrize(
    "code",
    [
        {"field": "concerns", "value": "somebody"},
        {"field": "missing_since", "value": "the child's whole name, in clear"},
        {"field": "missing_since", "value": {"any": ["thing"]}},
    ],
)
async def test_a_correction_that_no_contract_allows_is_parked_and_stops_nobody(
    agencies: Carried, code: dict[str, Any]
) -> None:
    """Taken in, its words would stand in the recipient's own store for ever, or be read as a person of the case."""
    case = new_case()
    gone = fact(SOCIAL, "child.report-missing", case, missing_since=now().isoformat())
    first = await agencies.says(SOCIAL, gone)
    values = {"of_id": str(first), "of_type": "child.missing", "codes": [code], "concerns": CHILD}
    heard = told_otherwise(agencies, SOCIAL, "record.corrected", case, POLICE, **values)
    assert (heard.state, heard.reason) in {("parked", "correction.not-possible"), ("parked", "field.invalid")}
    identified = fact(POLICE, "suspect.identify", case, suspect=SUSPECT, age="adult")
    await agencies.says(POLICE, identified | {"post": POSTS[POLICE]})


async def test_a_correction_counts_for_what_is_of_its_type_alone(agencies: Carried) -> None:
    case = new_case()
    first = await agencies.says(SOCIAL, fact(SOCIAL, "child.report-missing", case, missing_since=now().isoformat()))
    codes = [{"field": "reason", "value": "no-capacity"}]
    values = {"of_id": str(first), "of_type": "referral.declined", "codes": codes}
    told_otherwise(agencies, SOCIAL, "record.corrected", case, POLICE, **values)
    missing = agencies.apps[POLICE].file(case).last("child.missing")
    assert missing is not None
    assert "reason" not in missing.codes


async def test_nobody_asks_for_what_another_type_alone_may_ask_for(agencies: Carried) -> None:
    """An exam is ordered by police or prosecution; a referral that names it would order one for anybody."""
    case, exam = new_case(), {"service": "forensic-exam", "to": "health", "notified": []}
    forged = {"values": exam, "subject": case}
    assert await agencies.forgery_refused(SOCIAL, "referral.made", (HEALTH,), **forged) == "service.not-offered"
    heard = told_otherwise(agencies, SOCIAL, "referral.made", case, HEALTH, **exam)
    assert (heard.state, heard.reason) == ("parked", "service.not-offered")
    await agencies.says(HEALTH, fact(HEALTH, "exam-consent.record", case, consent="given", by="child") | AS_CLINICIAN)
    example = dict(CATALOGUE["forensic-exam.completed"].example) | {"handoff_id": None, "concerns": CHILD}
    done = command(HEALTH, "forensic-exam.complete", example, case_ref=case)
    assert agencies.refused(HEALTH, done) == ("exam.not-ordered", "data.concerns")


async def test_a_question_to_the_register_in_a_childs_case_keeps_nobody_from_speaking_in_it(agencies: Carried) -> None:
    """A hostile Centre asks it there; the prosecution, which heard of the child too, goes on."""
    for _ in range(4):  # what is kept first and what last is chance
        case = new_case()
        await agencies.says(POLICE, refer(POLICE, PROSECUTION, case_ref=case))
        await agencies.forged(SOCIAL, "clearance.asked", (PROSECUTION,), subject=case)
        assert {heard.state for heard in agencies.hears(PROSECUTION)} == {"heard"}
        assigned = fact(PROSECUTION, "victim-advocate.assign", case, office="prishtina-advocates")
        await agencies.says(PROSECUTION, assigned)


@pytest.mark.parametrize("type_name", ["school-return.agreed", "conviction.entered"])
async def test_what_carries_no_letter_says_all_the_same_who_acts_and_on_what_basis(
    agencies: Carried, type_name: str
) -> None:
    sender = SOCIAL if type_name == "school-return.agreed" else PROSECUTION
    assert await agencies.forgery_refused(sender, type_name, (), about=None) == "field.missing"


async def test_a_record_of_the_bus_itself_is_said_by_no_post_and_opens_no_case(agencies: Carried) -> None:
    case = new_case()
    assert await agencies.forgery_refused(SOCIAL, "submission.refused", (), subject=case) == "field.unknown"
    assert not agencies.ledger.aware(case)


async def test_a_letter_claims_no_institution_that_its_sender_does_not_speak_for(agencies: Carried) -> None:
    case = new_case()
    as_court = about(POLICE).model_copy(update={"on_behalf_of": Institution.COURT})
    made = act("suspect.released", receivers=(SOCIAL,), subject=case, about=as_court)
    heard = agencies.by_hand.deliver(agencies.apps[SOCIAL], agencies.by_hand.forge(made, POLICE))
    assert (heard.state, heard.reason) == ("parked", "sponsor.not-allowed")


async def test_saying_something_in_a_case_gives_no_power_over_others_in_it(agencies: Carried) -> None:
    """Whoever has learned a reference can speak under it; that makes nobody a holder."""
    case = new_case()
    await agencies.says(POLICE, refer(POLICE, SOCIAL, case_ref=case))
    around = {"values": AROUND_SOCIAL, "subject": case}
    told = (OVERSIGHT, PROSECUTION)
    assert await agencies.forgery_refused(HEALTH, "route.bypass-invoked", told, **around) == "case.not-held"
    refusal = {"refused_id": str(uuid4()), "refused_type": "referral.made", "code": "type.unknown"}
    await agencies.forged(HEALTH, "submission.refused", (), values=refusal, subject=case, about=None)
    await agencies.forged(HEALTH, "urgent-care.given", (SOCIAL,), subject=case)
    assert await agencies.forgery_refused(HEALTH, "route.bypass-invoked", told, **around) == "case.not-held"


async def test_what_is_no_reference_at_all_is_refused_and_not_looked_for(agencies: Carried) -> None:
    for other in (["x"], {"x": 1}, None, 7, ""):
        refused = await agencies.forgery_refused(HEALTH, "case.linked", (), values={"other": other}, subject=new_case())
        assert refused.startswith("field.")


async def test_oversight_lifts_also_a_bypass_whose_letter_it_cannot_open(agencies: Carried) -> None:
    """Whoever invoked it sealed oversight's letter to another key, so that nobody could undo it."""
    case = new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, POLICE, case_ref=case))
    made = act("route.bypass-invoked", receivers=(OVERSIGHT, PROSECUTION), values=AROUND_SOCIAL, subject=case)
    wrong = agencies.by_hand.directory.sealing(HEALTH)

    class ToAnother:
        def sealing(self, recipient: Agency) -> object:
            return wrong

    links = {to: agencies.ledger.heads.of_link(POLICE, to) for to in made.receivers}
    head = agencies.ledger.heads.of_sender(POLICE)
    built = build(made, POLICE, head, links, agencies.by_hand.key(POLICE), ToAnother())  # type: ignore[arg-type]
    await agencies.gateway(POLICE, built.body)
    assert {heard.reason for heard in agencies.hears()} == {"content.unreadable"}
    lift = {"bypass_id": str(made.record_id), "reason": "unfounded"}
    await agencies.says(OVERSIGHT, command(OVERSIGHT, "route.lift-bypass", lift, case_ref=case))
    assert agencies.heard_by == {POLICE}
    assert agencies.ledger.bypasses(case) == frozenset()
