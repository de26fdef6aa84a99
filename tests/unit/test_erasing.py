"""Erasing: what goes and what stays, who is asked, what keeps it from being done, and when a period is over."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from bus import keys
from contracts import retention
from contracts.agencies import Agency
from contracts.catalogue.erasing import ASKED, ERASED
from contracts.ids import person_ref_from
from contracts.retention import Ending
from services.agency import AgencyApplication
from tests.builders import (
    CHILD,
    HEALTH,
    NAME,
    POLICE,
    PROSECUTION,
    SOCIAL,
    bypass,
    command,
    new_case,
    now,
    on,
    refer,
    safe_contact,
)
from tests.carried import Carried

pytestmark = pytest.mark.usefixtures("database")
SUPERVISOR = {"role": "supervisor", "office": "an-office"}
OTHER = {"ref": person_ref_from(b"another child"), "role": "child"}


def erase(agency: Agency, case: str | None, person: Mapping[str, str] | None = CHILD, **data: Any) -> dict[str, Any]:
    said = {"authority": "court-order", "person": person, **data}
    more = {"case_ref": case} if case else {}
    return command(agency, "content.erase", said, post=SUPERVISOR, legal_basis="court-order", **more)


def about(child: Mapping[str, str], agency: Agency = POLICE, to: Agency = SOCIAL, **more: Any) -> dict[str, Any]:
    return refer(agency, to, data={"concerns": child}, **more)


def signed_for(agencies: Carried, sender: Agency, recipient: Agency, number: int) -> None:
    agencies.apps[sender].note_receipt(agencies.by_hand.receipt_notice(recipient, sender, [number]))


def asked_of(agencies: Carried, agency: Agency) -> list[UUID]:
    rows = agencies.apps[agency].inbox.letters()
    return [UUID(row["record_id"]) for row in rows if row["type"] == ASKED]


async def answers(agencies: Carried, agency: Agency) -> None:
    """It does as it is asked, whoever asks."""
    for ask in asked_of(agencies, agency):
        if agencies.standing(agency, ask).open:
            await agencies.says(agency, on(agency, "referral.accept", ask, {"post": SUPERVISOR}))
            await agencies.says(agency, on(agency, "erasure.carry-out", ask, {"post": SUPERVISOR}))


def readable(app: AgencyApplication, case: str) -> int:
    return sum(NAME in str(app.letter(row)) for row in app.inbox.letters() if row["case_ref"] == case)


# what goes, and what stays


async def test_what_is_said_of_another_child_of_the_case_stays_readable_under_a_new_key(agencies: Carried) -> None:
    social, case = agencies.apps[SOCIAL], new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(POLICE, about(OTHER, case_ref=case))
    await agencies.says(SOCIAL, erase(SOCIAL, case))
    assert readable(social, case) == 1
    assert [one.persons for one in social.contents(case)] == [{OTHER["ref"]}]


async def test_of_one_person_it_can_be_one_type_alone(agencies: Carried) -> None:
    social, case = agencies.apps[SOCIAL], new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(SOCIAL, safe_contact(case))
    before = social.store.read("SELECT wrapped FROM vault_keys WHERE person = ?", f"{case}/{CHILD['ref']}")
    await agencies.says(SOCIAL, erase(SOCIAL, case, types=["safe-contact.set"]))
    after = social.store.read("SELECT wrapped FROM vault_keys WHERE person = ?", f"{case}/{CHILD['ref']}")
    assert (readable(social, case), before == after) == (1, False), "what stays lies under another key"
    assert [one.type for one in social.contents(case)] == ["referral.made"]
    await agencies.says(SOCIAL, erase(SOCIAL, case))
    assert social.store.read("SELECT * FROM vault_keys WHERE person = ?", f"{case}/{CHILD['ref']}") == []


async def test_a_letter_on_its_way_keeps_its_bytes_until_its_recipient_has_signed_for_it(agencies: Carried) -> None:
    police, case = agencies.apps[POLICE], new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(POLICE, erase(POLICE, case))
    assert len(police.outbox.holding(SOCIAL, [1])) == 1, "what comes behind it on the link hangs on it"
    signed_for(agencies, POLICE, SOCIAL, 1)
    assert police.outbox.holding(SOCIAL, [1]) == []
    assert len(police.outbox.holding(SOCIAL, [2])) == 1, "the request itself"


async def test_what_comes_about_the_same_person_later_is_new_and_is_kept(agencies: Carried) -> None:
    social, case = agencies.apps[SOCIAL], new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(SOCIAL, erase(SOCIAL, case))
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    assert readable(social, case) == 1
    await agencies.says(SOCIAL, erase(SOCIAL, case))
    assert readable(social, case) == 0


async def test_what_the_log_is_told_names_nobody_and_says_how_much_it_was(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(POLICE, erase(POLICE, case))
    told = [e.text for e in agencies.log.entries.values() if f'"{ERASED}"' in e.text or f'"{ASKED}"' in e.text]
    assert len(told) == 2
    assert '"items":1' in told[0]
    assert not [text for text in told if CHILD["ref"] in text]


async def test_the_same_command_again_is_the_same_erasure_and_another_finds_nothing(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    said = erase(POLICE, case)
    first = await agencies.says(POLICE, said)
    assert agencies.takes(POLICE, said) == first
    assert agencies.refused(POLICE, erase(POLICE, case)) == ("erasure.nothing", None)


async def test_the_act_of_an_own_record_that_is_not_built_yet_goes_out_without_it(agencies: Carried) -> None:
    case = new_case()
    agencies.takes(POLICE, about(CHILD, case_ref=case))
    agencies.takes(POLICE, erase(POLICE, case))
    await agencies.sends(POLICE)
    first, *_ = [heard.told for heard in agencies.hears() if heard.told and heard.told["type"] == "referral.made"]
    assert first["withheld"] == "erased"


# who is asked


async def test_whoever_erases_asks_whom_it_told_in_turn_and_nobody_for_ever(agencies: Carried) -> None:
    """The police told the Centre, the Centre health and the police, health the prosecution."""
    case = new_case()
    for sender, to in ((POLICE, SOCIAL), (SOCIAL, HEALTH), (SOCIAL, POLICE), (HEALTH, PROSECUTION)):
        await agencies.says(sender, about(CHILD, sender, to, case_ref=case))
    await agencies.says(POLICE, erase(POLICE, case))
    for _ in range(4):
        for agency in (POLICE, SOCIAL, HEALTH, PROSECUTION):
            await answers(agencies, agency)
    assert {len(asked_of(agencies, one)) for one in (SOCIAL, HEALTH, PROSECUTION)} == {1}
    assert asked_of(agencies, POLICE) == [], "who asked is not asked back"
    assert not any(readable(app, case) for app in agencies.apps.values())


async def test_who_got_codes_alone_is_not_asked(agencies: Carried) -> None:
    case = new_case()
    said = about(CHILD, case_ref=case)
    said["data"]["notified"] = ["health"]
    await agencies.says(POLICE, said)
    await agencies.says(POLICE, erase(POLICE, case))
    assert (len(asked_of(agencies, SOCIAL)), asked_of(agencies, HEALTH)) == (1, [])


async def test_who_is_led_around_is_told_nothing_of_it(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(POLICE, bypass(POLICE, case, "social", "prosecution"))
    await agencies.says(POLICE, erase(POLICE, case))
    assert asked_of(agencies, SOCIAL) == []


async def test_who_keeps_it_says_by_what_right_and_the_request_has_ended(agencies: Carried) -> None:
    case = new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    await agencies.says(POLICE, erase(POLICE, case))
    (ask,) = asked_of(agencies, SOCIAL)
    kept = on(SOCIAL, "erasure.keep", ask, {"post": SUPERVISOR}, ground="legal-claim", until="2031-01-01")
    await agencies.says(SOCIAL, kept)
    assert not agencies.standing(POLICE, ask).open
    assert readable(agencies.apps[SOCIAL], case) == 1


# what keeps it from being done


async def test_what_cannot_be_erased_is_refused_with_its_reason(agencies: Carried) -> None:
    social, case = agencies.apps[SOCIAL], new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    assert agencies.refused(SOCIAL, erase(SOCIAL, None)) == ("field.missing", "case_ref")
    assert agencies.refused(SOCIAL, erase(SOCIAL, case, items=3)) == ("field.unknown", "data.items")
    assert agencies.refused(SOCIAL, erase(SOCIAL, case, OTHER)) == ("erasure.nothing", None)
    by_a_clerk = erase(SOCIAL, case) | {"post": {"role": "case-manager", "office": "an-office"}}
    assert agencies.refused(SOCIAL, by_a_clerk) == ("post.not-entitled", "post.role")
    early = erase(SOCIAL, case, None, authority="retention-period")
    assert agencies.refused(SOCIAL, early) == ("erasure.too-early", None)
    social.hold(case, now())
    assert agencies.refused(SOCIAL, erase(SOCIAL, case)) == ("erasure.held", None)
    social.lift(case)
    (made,) = (row["record_id"] for row in social.inbox.letters())
    not_asked = on(SOCIAL, "erasure.carry-out", made, {"post": SUPERVISOR})
    assert agencies.refused(SOCIAL, not_asked) == ("handoff.unknown", "data.handoff_id")
    assert readable(social, case) == 1


async def test_while_a_letter_of_the_case_is_parked_nothing_is_erased_and_once_it_is_given_up_its_bytes_go_too(
    agencies: Carried,
) -> None:
    police, social = agencies.apps[POLICE], agencies.apps[SOCIAL]
    case = new_case()
    await agencies.says(POLICE, about(CHILD, case_ref=case))
    said = agencies.takes(POLICE, about(CHILD, case_ref=case))
    await agencies.sends(POLICE)
    social._sealing_keys, held = (keys.new_sealing_key("social"),), social._sealing_keys
    assert [heard.state for heard in agencies.hears(SOCIAL)] == ["parked"]
    social._sealing_keys = held
    assert agencies.refused(SOCIAL, erase(SOCIAL, case)) == ("erasure.parked", None)
    social.store.write(social.inbox.set_aside(str(said)))
    await agencies.says(SOCIAL, erase(SOCIAL, case))
    assert social.inbox.given_up(case) == []
    assert social.retry_parked([str(said)]) == [], "there is nothing left to be tried"
    assert police.knows(said)


async def test_more_than_one_entry_of_the_log_can_name_is_refused_and_can_be_done_in_steps(
    agencies: Carried, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.erasing.MARKS_LIMIT", 1)
    case = new_case()
    await agencies.says(SOCIAL, safe_contact(case))
    await agencies.says(SOCIAL, about(CHILD, SOCIAL, POLICE, case_ref=case))
    assert agencies.refused(SOCIAL, erase(SOCIAL, case)) == ("erasure.too-many", None)
    for name in ("safe-contact.set", "referral.made"):
        await agencies.says(SOCIAL, erase(SOCIAL, case, types=[name]))


# periods


async def closed_case(agencies: Carried) -> str:
    case = new_case()
    await agencies.says(SOCIAL, safe_contact(case))
    await agencies.says(
        SOCIAL, command(SOCIAL, "case.close", {"reason": "goals-reached"}, case_ref=case, post=SUPERVISOR)
    )
    return case


async def test_content_is_due_once_its_period_is_over_and_not_while_the_case_is_open_or_held(agencies: Carried) -> None:
    social, periods = agencies.apps[SOCIAL], retention.read()
    case, in_two_years = await closed_case(agencies), now() + timedelta(days=800)
    assert list(social.due(periods, now())) == []
    (due,) = social.due(periods, in_two_years)
    assert (due.case_ref, due.types) == (case, {"safe-contact.set": 1})
    social.hold(case, now())
    assert list(social.due(periods, in_two_years)) == []
    social.lift(case)
    reopened = command(SOCIAL, "case.reopen", {"reason": "new-concern"}, case_ref=case, post=SUPERVISOR)
    await agencies.says(SOCIAL, reopened)
    assert list(social.due(periods, in_two_years)) == []


async def test_what_is_due_is_erased_by_its_types_and_nobody_is_asked(agencies: Carried) -> None:
    social, periods = agencies.apps[SOCIAL], retention.read()
    case, later = await closed_case(agencies), now() + timedelta(days=800)
    said = erase(SOCIAL, case, None, authority="retention-period", types=["safe-contact.set"])
    await agencies.says(SOCIAL, said)
    assert list(social.due(periods, later)) == []
    assert not [text for text in (e.text for e in agencies.log.entries.values()) if f'"{ASKED}"' in text]


async def test_that_something_was_erased_makes_no_other_period_longer(agencies: Carried) -> None:
    """Content under a period of the last act in the case, and content that goes before it."""
    social, case = agencies.apps[SOCIAL], new_case()
    await agencies.says(SOCIAL, about(CHILD, SOCIAL, POLICE, case_ref=case))
    await agencies.says(SOCIAL, safe_contact(case))
    (asked,) = (one.handoff_id for one in social.handoffs_of(case))
    not_done: dict[str, Any] = {"outcome": "not-done", "not_done_reason": "overtaken"}
    await agencies.says(POLICE, on(POLICE, "referral.accept", asked))
    await agencies.says(POLICE, on(POLICE, "referral.complete", asked, **not_done))
    closing = command(SOCIAL, "case.close", {"reason": "goals-reached"}, case_ref=case, post=SUPERVISOR)
    await agencies.says(SOCIAL, closing)
    before = social.ending(case)
    await agencies.says(SOCIAL, erase(SOCIAL, case, None, authority="retention-period", types=["safe-contact.set"]))
    assert before
    assert social.ending(case) == before


def test_a_case_that_ended_on_a_leap_day_keeps_nothing_a_day_too_short() -> None:
    leap = now().replace(year=2024, month=2, day=29)
    period = retention.read().of("safe-contact.set")
    assert period.ends(Ending(leap, leap)) == leap.replace(year=2026, month=3, day=1)
