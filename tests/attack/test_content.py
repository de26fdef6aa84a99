"""Attempts to be opened to without leave, and to pass something off for what was said.

The hostile have valid keys and accounts of their own, and adapters that do as they like; the gateway's rules, the
holder's adapter and the proof are the real ones.
"""

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from bus import content, disclosing
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.builders import (
    CHILD,
    HEALTH,
    OVERSIGHT,
    POLICE,
    SOCIAL,
    ByHand,
    about,
    new_case,
    now,
    on,
    refer,
)
from tests.carried import Carried
from tests.openings import Investigator, Matter, ask, investigator, letter, matter


@pytest.fixture
def agencies(by_hand: ByHand, tmp_path: Path) -> Iterator[Carried]:
    found = Carried(by_hand, tmp_path)
    yield found
    found.close()


async def forges(agencies: Carried, by: Agency, type_name: str, case: str, values: dict[str, Any], to: Agency) -> UUID:
    """What this agency's adapter would never say, heard by all who get a letter of it."""
    notified = frozenset({OVERSIGHT} - {by, to})
    said = await agencies.forged(
        by, type_name, sorted({to, *notified}), values=values, subject=case, notified=notified, about=about(by)
    )
    assert {heard.state for heard in agencies.hears()} == {"heard"}
    return said.id


def unproven(found: Matter, who: Investigator | None = None) -> str:
    """With which code nothing is shown."""
    with pytest.raises(BarnabusError) as raised:
        found.shown(who)
    return raised.value.code


# a hostile asker

CREDENTIALS: dict[str, tuple[Callable[[ByHand, str], Investigator], str]] = {
    "stolen from another agency": (lambda h, case: investigator(h.settings, case), "content.not-vouched"),
    "for another case": (lambda h, _: investigator(h.settings, new_case(), agency=POLICE), "content.not-vouched"),
    "made by itself": (
        lambda h, case: investigator(h.settings, case, agency=POLICE, signed_by=POLICE),
        "credential.invalid",
    ),
    "ended": (
        lambda h, case: investigator(h.settings, case, agency=POLICE, issued_at=now() - timedelta(days=9)),
        "credential.ended",
    ),
}


@pytest.mark.parametrize("which", CREDENTIALS)
async def test_no_asking_gets_anything_by_a_credential_that_does_not_hold(agencies: Carried, which: str) -> None:
    """The holder's system is told so, and were it to open all the same, its adapter would not."""
    made, code = CREDENTIALS[which]
    found = await matter(agencies)
    who = made(agencies.by_hand, found.case)
    values = {**ask(who, SOCIAL, found.case, [letter(found.referral)])["data"], "notified": ["oversight"]}
    found.asking = await forges(agencies, POLICE, "content.asked", found.case, values, SOCIAL)
    assert found.told()["opening"] == {
        "holds": False,
        "why_not": code,
        "person": None,
        "role": None,
        "until": None,
        "letters": [],
    }
    await agencies.says(SOCIAL, on(SOCIAL, "referral.accept", found.asking))
    assert found.refuses(letter(found.referral, "identity")) == (code, "data.handoff_id")


async def test_a_record_of_another_case_is_not_opened_in_one_that_the_credential_names(agencies: Carried) -> None:
    """Not even what the holder has of it is told."""
    found = await matter(agencies)
    elsewhere = await agencies.says(POLICE, refer(case_ref=new_case(), data={"concerns": CHILD}))
    await found.asks(letter(elsewhere))
    assert [one["why_not"] for one in found.told()["opening"]["letters"]] == ["content.not-held"]
    assert found.refuses(letter(elsewhere, "identity")) == ("content.not-held", "data.records.0")


async def test_a_copied_record_id_opens_its_copier_s_letter_alone(agencies: Carried) -> None:
    """Health says something under the id of the police's referral: a letter is named by its sender as well."""
    found = await matter(agencies)
    copied = refer(HEALTH, SOCIAL, case_ref=found.case, id=str(found.referral), data={"concerns": CHILD})
    await agencies.says(HEALTH, copied)
    await found.asks(letter(found.referral, by=HEALTH))
    assert found.refuses(letter(found.referral, "identity")) == ("content.not-asked", "data.records.0")


async def test_what_is_opened_to_one_is_nothing_in_the_hands_of_another(agencies: Carried) -> None:
    """Another investigator of the same agency, whose colleague's letter lies in the same store."""
    found = await matter(agencies)
    await found.asks()
    await found.opens(letter(found.referral, "identity"))
    assert unproven(found, investigator(agencies.by_hand.settings, found.case)) == "content.unreadable"


# a hostile holder


async def opens_by_force(found: Matter, sealed: str, *named: dict[str, Any]) -> None:
    """The holder answers with whatever it likes in place of what its adapter would seal."""
    await found.asks()
    values = {"handoff_id": str(found.asking), "records": list(named), "sealed": sealed}
    await forges(found.agencies, SOCIAL, "content.opened", found.case, values, OVERSIGHT)


def kept(found: Matter) -> str:
    """The referral as social services keep it, with its salts."""
    row = found.agencies.apps[SOCIAL].inbox.letter(str(found.referral))
    assert row
    return str(found.agencies.apps[SOCIAL].vault.get(row["vault_item"]))


@pytest.mark.parametrize("signed_by", [SOCIAL, POLICE], ids=["its own key", "its sender's key, were that to help"])
async def test_a_holder_shows_no_other_value_than_was_said(agencies: Carried, signed_by: Agency) -> None:
    found = await matter(agencies)
    claims, fields, _ = content.verify(kept(found), lambda _: agencies.by_hand.key(POLICE))
    altered, _ = content.sign(claims, {**fields, "safety": None}, agencies.by_hand.key(signed_by))
    sealed = disclosing.seal_to(found.who.sealing, [disclosing.select(altered, ["safety"])])
    await opens_by_force(found, sealed, letter(found.referral, "safety"))
    assert unproven(found) == "content.unproven"


@pytest.mark.parametrize(
    ("logged", "given"), [(["safety"], ["safety", "identity"]), (["safety", "identity"], ["safety"])]
)
async def test_a_holder_opens_neither_more_nor_less_than_the_log_says(
    agencies: Carried, logged: list[str], given: list[str]
) -> None:
    """Else it could let somebody see more than oversight hears of, or pass an omission off for all there was."""
    found = await matter(agencies)
    sealed = disclosing.seal_to(found.who.sealing, [disclosing.select(kept(found), given)])
    await opens_by_force(found, sealed, letter(found.referral, *logged))
    assert unproven(found) == "content.unproven"


async def test_a_holder_passes_no_letter_off_for_another(agencies: Carried) -> None:
    first, second = await matter(agencies), await matter(agencies)
    sealed = disclosing.seal_to(first.who.sealing, [disclosing.select(kept(second), ["safety"])])
    await opens_by_force(first, sealed, letter(first.referral, "safety"))
    assert unproven(first) == "content.unproven"


async def test_what_was_opened_once_is_not_played_again_to_another_investigator(agencies: Carried) -> None:
    found = await matter(agencies)
    sealed = disclosing.seal_to(found.who.sealing, [disclosing.select(kept(found), ["safety"])])
    found.who = investigator(agencies.by_hand.settings, found.case)
    await opens_by_force(found, sealed, letter(found.referral, "safety"))
    assert unproven(found) == "content.unreadable"


@pytest.mark.parametrize("sealed", ["a.b.c.d.e", "e30..c.d.e", "eyJraWQiOiJpbnNwZWN0b3ItMTctZW5jLTEifQ.b.c.d.e"])
async def test_rubbish_in_place_of_what_is_sealed_is_named(agencies: Carried, sealed: str) -> None:
    found = await matter(agencies)
    await opens_by_force(found, sealed, letter(found.referral, "safety"))
    assert unproven(found) == "content.unreadable"


# whoever runs the investigator's own agency


async def test_who_runs_the_askers_systems_alters_nothing_unnoticed(agencies: Carried) -> None:
    """They hold its store and its keys, and not the holder's."""
    found = await matter(agencies)
    await found.asks()
    await found.opens(letter(found.referral, "safety"))
    app, directory = agencies.apps[OVERSIGHT], agencies.by_hand.directory
    answer = app.answer_to(found.asking)
    claims, fields, _ = content.verify(answer.signed, lambda _: agencies.by_hand.key(SOCIAL))
    other = disclosing.seal_to(found.who.sealing, [disclosing.select(kept(found), ["identity"])])
    for signed in (
        content.sign(claims, {**fields, "sealed": other}, agencies.by_hand.key(OVERSIGHT))[0],
        content.sign(claims, {**fields, "sealed": other}, agencies.by_hand.key(SOCIAL))[0],  # its key stolen since
        disclosing.select(answer.signed, ["handoff_id", "records"]),
        answer.signed[:-40] + "~",
        kept(found),
        "",
    ):
        with pytest.raises(BarnabusError) as raised:
            disclosing.opened(signed, answer.of, found.who.sealing, found.log(), directory)
        assert raised.value.code == "content.unproven"


async def test_a_log_that_does_not_have_the_record_proves_nothing(agencies: Carried) -> None:
    """An administrator who shows another log: one without the letter, or without the word that it was opened."""
    found = await matter(agencies)
    await found.asks()
    await found.opens(letter(found.referral, "safety"))
    answer = agencies.apps[OVERSIGHT].answer_to(found.asking)
    for hidden in ("referral.made", "content.opened"):
        log = [one for one in found.log() if one.record.type != hidden]
        with pytest.raises(BarnabusError) as raised:
            disclosing.opened(answer.signed, answer.of, found.who.sealing, log, agencies.by_hand.directory)
        assert raised.value.code == "content.unproven"
