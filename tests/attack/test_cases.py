"""What an agency's valid keys do not give it in a case of others; gateway's rules and adapters are the real ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from eventsourcing.persistence import IntegrityError

from bus import keys
from bus.inbox import letter_id
from bus.submission import build
from contracts.agencies import Agency
from contracts.standing import Stage
from services.facts import fact_id
from services.handoffs import handoff_key
from tests.builders import (
    HEALTH,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SOCIAL,
    ByHand,
    act,
    bypass,
    command,
    new_case,
    on,
    refer,
)
from tests.carried import Carried

WELFARE = {"to": "police", "service": "welfare-check"}
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
