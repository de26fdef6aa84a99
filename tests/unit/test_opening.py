"""Opening what letters said: the adapter opens what was asked, to whom oversight vouches for, and nothing else."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator

from bus import disclosing, seal
from bus.disclosing import Named
from bus.log import Logged
from bus.submission import Built
from bus.vault import person_key
from contracts.envelope import COMMAND_LIMIT_BYTES, LETTER_LIMIT_BYTES, Record, Submission
from contracts.errors import BarnabusError
from contracts.events.content import FIELDS_LIMIT, RECORDS_LIMIT
from contracts.examples.parts import POINTER
from contracts.export.schemas import schemas
from contracts.ids import person_ref_from
from contracts.opening import NAMES
from services.agency import AgencyApplication
from tests.builders import (
    CHILD,
    HEALTH,
    NAME,
    OVERSIGHT,
    POLICE,
    PROSECUTION,
    SOCIAL,
    ByHand,
    act,
    command,
    fact,
    new_case,
    now,
    on,
    refer,
)
from tests.carried import Carried
from tests.openings import Matter, ask, investigator, letter, matter, open_
from tests.unit.spoken import say

pytestmark = pytest.mark.usefixtures("database")
ANOTHER = {"ref": person_ref_from(b"a brother"), "role": "child"}


async def test_what_is_opened_is_what_was_chosen_and_proves_itself(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks()
    await found.opens(letter(found.referral, "safety", "identity"))
    (proven,) = found.shown()
    assert set(proven.fields) == {"safety", "identity"}
    assert proven.fields["identity"]["full_name"] == NAME
    assert (proven.of, proven.record.stamp.position) == (Named(POLICE, found.referral, SOCIAL, found.case), 1)
    assert agencies.apps[OVERSIGHT].standing(found.asking).stage == "completed"  # type: ignore[union-attr]


async def test_the_log_has_who_opened_which_fields_and_no_value_and_no_credential(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks()
    opened = await found.opens(letter(found.referral, "identity"))
    (record,) = [one.record for one in found.log() if one.record.id == opened]
    assert record.data.content == {"handoff_id": str(found.asking), "records": [letter(found.referral, "identity")]}
    assert record.data.about is not None
    assert record.data.about.post.office == "prishtina-csw", "the post that decided it"
    everything = "".join(one.record.model_dump_json() for one in found.log())
    assert found.who.token not in everything
    assert "inspector-17" not in everything


async def test_the_investigators_own_agency_gets_only_what_it_cannot_open(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks()
    await found.opens(letter(found.referral, "identity"))
    told = str([line["data"] for line in agencies.apps[OVERSIGHT].told(0).items])
    assert "'identity'" in told, "which fields it was, is said"
    assert NAME not in told
    app = agencies.apps[OVERSIGHT]
    for key in app._sealing_keys:
        with pytest.raises(BarnabusError) as raised:
            disclosing.opened(
                app.answer_to(found.asking).signed, app.answer_to(found.asking).of, key, found.log(), app._directory
            )
        assert raised.value.code == "content.unreadable"


async def test_the_holders_system_is_told_what_it_would_open(agencies: Carried) -> None:
    found = await matter(agencies)
    elsewhere = await agencies.says(POLICE, refer(case_ref=new_case(), data={"concerns": CHILD}))
    await found.asks(letter(found.referral, "safety", "allegation"), letter(elsewhere), letter(uuid4()))
    would = found.told()["opening"]
    assert (would["holds"], would["person"], would["role"]) == (True, "inspector-17", "inspector")
    first, *others = would["letters"]
    assert (first["type"], first["position"], first["fields"]) == ("referral.made", 1, ["safety", "allegation"])
    assert [one["why_not"] for one in others] == ["content.not-held"] * 2, (
        "a record of another case is not held in this"
    )


async def test_what_is_told_of_asking_and_opening_is_what_its_schema_says(agencies: Carried) -> None:
    found = await matter(agencies, HEALTH)
    await found.asks(letter(found.referral), letter(uuid4()))
    await found.opens(letter(found.referral, "identity"))
    for agency in (SOCIAL, HEALTH, OVERSIGHT):
        told = [line["data"] for line in agencies.apps[agency].told(0).items]
        about = [one for one in told if one["type"].startswith("content.")]
        assert about
        for one in about:
            Draft202012Validator(schemas()[f"{one['type']}.told"]).validate(one)


async def test_oversight_hears_of_asking_and_opening_codes_alone_and_is_told_of_nothing_to_open(
    agencies: Carried,
) -> None:
    found = await matter(agencies, HEALTH)
    await found.asks()
    await found.opens(letter(found.referral, "identity"))
    told = {line["data"]["type"]: line["data"] for line in agencies.apps[OVERSIGHT].told(0).items}
    assert set(told) == {"content.asked", "referral.accepted", "content.opened"}
    assert told["content.asked"]["opening"] is None
    assert {one["withheld"] for one in told.values()} == {"notified"}
    assert not {"credential", "sealed"} & {name for one in told.values() for name in one["content"]}
    assert agencies.refused(
        HEALTH, ask(found.who, SOCIAL, found.case, [letter(found.referral)], data={"notified": []})
    ) == (
        "receiver.not-notified",
        "data.notified",
    )


# who may not


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"issued_at": now() - timedelta(days=3)}, "credential.ended"),
        ({"signed_by": POLICE}, "credential.invalid"),
    ],
)
async def test_an_adapter_asks_with_no_credential_that_does_not_hold(
    agencies: Carried, more: dict[str, Any], code: str
) -> None:
    found = await matter(agencies, **more)
    made = ask(found.who, SOCIAL, found.case, [letter(found.referral)])
    assert agencies.refused(OVERSIGHT, made) == (code, "data.credential")


async def test_an_adapter_asks_with_no_credential_of_another_agency_or_for_another_case(agencies: Carried) -> None:
    found = await matter(agencies)
    of_police = investigator(agencies.by_hand.settings, found.case, agency=POLICE)
    elsewhere = investigator(agencies.by_hand.settings, new_case())
    for who in (of_police, elsewhere):
        made = ask(found.who, SOCIAL, found.case, [letter(found.referral)], data={"credential": who.token})
        assert agencies.refused(OVERSIGHT, made) == ("content.not-vouched", "data.credential")


async def test_nothing_is_opened_once_the_credential_has_ended(agencies: Carried) -> None:
    found = await matter(agencies, good_for=timedelta(hours=1))
    await found.asks()
    agencies.by_hand.clock = lambda: now() + timedelta(hours=2)
    assert found.refuses(letter(found.referral, "safety")) == ("credential.ended", "data.handoff_id")
    assert found.told()["opening"]["holds"], "when it was asked, it held"
    await agencies.says(SOCIAL, on(SOCIAL, "content.refuse", found.asking, reason="credential-invalid"))


async def test_nothing_is_opened_before_it_is_taken_on_or_after_it_has_ended(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks(taken_on=False)
    assert found.refuses(letter(found.referral, "safety"))[0] == "handoff.void"
    await agencies.says(SOCIAL, on(SOCIAL, "referral.accept", found.asking))
    await found.opens(letter(found.referral, "safety"))
    assert found.refuses(letter(found.referral, "identity"))[0] == "handoff.void"


# what may not


async def test_only_what_was_asked_is_opened(agencies: Carried) -> None:
    found = await matter(agencies)
    other = await agencies.says(POLICE, refer(case_ref=found.case, data={"concerns": CHILD}))
    await found.asks(letter(found.referral, "safety"))
    assert found.refuses(letter(found.referral, "safety", "identity")) == ("content.not-asked", "data.records.0")
    assert found.refuses(letter(found.referral, "safety"), letter(other, "safety")) == (
        "content.not-asked",
        "data.records.1",
    )
    await found.opens(letter(found.referral, "safety"))


async def test_a_field_that_the_letter_has_not_is_named(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks()
    assert found.refuses(letter(found.referral, "items")) == ("content.no-such-field", "data.records.0.fields")
    twice = letter(found.referral, "safety", "safety")
    assert found.refuses(twice) == ("field.invalid", "data")
    assert found.refuses(letter(found.referral, "safety"), letter(found.referral, "urgency")) == (
        "field.invalid",
        "data",
    )


async def test_no_word_of_ones_own_gets_into_the_log_as_the_name_of_a_field(agencies: Carried) -> None:
    """The gateway refuses it, too: what stands there, stands for ever."""
    found = await matter(agencies)
    own = [letter(found.referral, "filane_fisteku")]
    asking = ask(found.who, SOCIAL, found.case, own)
    assert agencies.refused(OVERSIGHT, asking) == ("content.no-such-field", "data.records.0.fields")
    said = {"values": asking["data"], "subject": found.case, "notified": frozenset()}
    assert await agencies.forgery_refused(OVERSIGHT, "content.asked", [SOCIAL], **said) == "content.no-such-field"


async def test_what_was_erased_is_opened_to_nobody(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks()
    agencies.apps[SOCIAL].vault.erase(person_key(found.case, CHILD["ref"]))
    assert found.refuses(letter(found.referral, "safety")) == ("content.erased", "data.handoff_id"), (
        "nor what was asked"
    )
    await found.asks()
    assert found.refuses(letter(found.referral, "safety")) == ("content.erased", "data.records.0")
    assert found.told()["opening"]["letters"][0]["why_not"] == "content.erased"
    await agencies.says(SOCIAL, on(SOCIAL, "content.refuse", found.asking, reason="erased"))


async def test_a_parked_letter_is_opened_to_nobody(agencies: Carried) -> None:
    found, app = await matter(agencies), agencies.apps[SOCIAL]
    keys, app._sealing_keys = app._sealing_keys, ()
    lost = agencies.takes(POLICE, refer(case_ref=found.case, data={"concerns": CHILD}))
    await agencies.sends(POLICE)
    assert {heard.state for heard in agencies.hears(SOCIAL)} == {"parked"}
    app._sealing_keys = keys
    await found.asks(letter(found.referral), letter(lost))
    assert found.refuses(letter(lost, "safety")) == ("content.parked", "data.records.0")
    assert found.told()["opening"]["letters"][1]["why_not"] == "content.parked"


async def test_a_letter_of_another_person_waits_for_an_asking_about_that_person(agencies: Carried) -> None:
    """Else what was opened of a brother would lie where only the child's erasure reaches."""
    found = await matter(agencies)
    other = await agencies.says(POLICE, refer(case_ref=found.case, data={"concerns": ANOTHER}))
    await found.asks(letter(found.referral), letter(other))
    assert found.refuses(letter(other, "identity")) == ("content.other-person", "data.records.0")
    await found.asks(letter(other), child=ANOTHER)
    await found.opens(letter(other, "identity"))
    agencies.apps[OVERSIGHT].vault.erase(person_key(found.case, ANOTHER["ref"]))
    with pytest.raises(BarnabusError) as raised:
        found.shown()
    assert raised.value.code == "content.erased", "so it goes with the person, also with who asked"


async def test_a_system_does_not_say_itself_what_is_sealed(agencies: Carried) -> None:
    found = await matter(agencies)
    await found.asks()
    made = open_(SOCIAL, found.asking, letter(found.referral, "safety"))
    made["data"]["sealed"] = "a.b.c.d.e"
    assert agencies.refused(SOCIAL, made) == ("field.unknown", "data.sealed")


# how much


async def test_as_many_whole_letters_as_can_be_asked_for_fit_into_one(agencies: Carried) -> None:
    found = await matter(agencies)
    more = [await agencies.says(POLICE, refer(case_ref=found.case, data={"concerns": CHILD})) for _ in range(9)]
    wanted = [letter(one, "safety", "identity", "allegation", "urgency") for one in (found.referral, *more)]
    await found.asks(*wanted)
    await found.opens(*wanted)
    assert [one.of.id for one in found.shown()] == [found.referral, *more]


async def test_what_does_not_fit_into_one_letter_is_refused_with_how_large_it_is(agencies: Carried) -> None:
    case, item = new_case(), {**POINTER, "kind": "sample"}
    sent = {"to": HEALTH, "concerns": CHILD, "notified": ["prosecution"], "items": [item] * 50, "offence": "neglect"}
    records = [await agencies.says(POLICE, command(POLICE, "evidence.transfer", sent, case_ref=case)) for _ in range(3)]
    found = Matter(agencies, investigator(agencies.by_hand.settings, case), case, records[0])
    found.asking = await agencies.says(OVERSIGHT, ask(found.who, HEALTH, case, [letter(one) for one in records]))
    await agencies.says(HEALTH, on(HEALTH, "referral.accept", found.asking))
    everything = open_(HEALTH, found.asking, *(letter(one, "items") for one in records))
    assert agencies.refused(HEALTH, everything) == ("content.too-large", "data.records")
    await agencies.says(HEALTH, open_(HEALTH, found.asking, letter(records[2], "items")))
    (proven,) = found.shown()
    assert len(proven.fields["items"]) == 50


def test_the_largest_that_is_not_refused_fits_into_a_letter(by_hand: ByHand) -> None:
    names = sorted(NAMES, key=len)[-FIELDS_LIMIT:]
    said = {"handoff_id": str(uuid4()), "records": [letter(uuid4(), *names) for _ in range(RECORDS_LIMIT)]}
    room = COMMAND_LIMIT_BYTES - len(seal.dump({**said, "sealed": None}))
    built = by_hand.built(
        act("content.opened", values={**said, "sealed": f"a.b.c.d.{'x' * (room - 8)}"}, notified=frozenset()), SOCIAL
    )
    ((sealed),) = Submission.model_validate_json(built.body).letters
    assert LETTER_LIMIT_BYTES * 0.9 < len(sealed.jwe) <= LETTER_LIMIT_BYTES


def test_what_was_said_again_is_proven_by_the_record_that_said_it_again(
    by_hand: ByHand, police: AgencyApplication
) -> None:
    """Its recipient could not open the first: what it keeps was signed anew, and another record names that."""
    lost = say(by_hand, police, refer())
    by_hand.lose_key(SOCIAL)
    social = by_hand.application(SOCIAL)
    assert by_hand.deliver(social, lost).state == "parked"
    police.note_receipt(by_hand.receipt_notice(SOCIAL, POLICE, [1], unopened={1}))
    (again,) = by_hand.log_again(police)
    assert by_hand.deliver(social, again).state == "heard"
    row = social.inbox.said_by(POLICE, lost.record.id)
    assert row
    signed = str(social.vault.get(row["vault_item"]))
    log = [logged(by_hand, one.record, place) for place, one in enumerate((lost, again), 1)]
    of = Named(POLICE, lost.record.id, SOCIAL, lost.record.subject)
    proven = disclosing.prove(disclosing.select(signed, ["identity"]), of, log, by_hand.directory)
    assert (proven.type, proven.record.record.type) == ("referral.made", "letter.said-again")
    with pytest.raises(BarnabusError):
        disclosing.prove(disclosing.select(signed, ["identity"]), of, log[:1], by_hand.directory)
    social.close()


def logged(by_hand: ByHand, record: Record, position: int) -> Logged:
    built = Built(record.number, record, seal.digest(str(record.id)), b"")
    return Logged(record, built.record_digest, by_hand.stamp(built, POLICE, position)[1], record.subject)


# what looking is not


async def test_who_only_looks_neither_works_on_the_case_nor_holds_it(agencies: Carried) -> None:
    """Else asking for content would bring all later facts of the case to who asked."""
    found, other = await matter(agencies, PROSECUTION), new_case()
    await agencies.says(SOCIAL, refer(SOCIAL, PROSECUTION, case_ref=other))
    await found.asks()
    assert agencies.apps[SOCIAL].active(found.case) == {POLICE, SOCIAL}
    tie = {"other": other, "other_concerns": CHILD["ref"], "reason": "same-child"}
    await agencies.says(SOCIAL, fact(SOCIAL, "case.link", found.case, **tie))
    assert PROSECUTION not in agencies.heard_by
