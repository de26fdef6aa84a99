"""Who gets a letter of which type: as the catalogue says, and never whom a bypass keeps out."""

from itertools import product
from typing import Any

import pytest

from contracts import check, documents
from contracts.agencies import Agency, Institution
from contracts.bypass import Bypass, kept_out
from contracts.catalogue import CATALOGUE
from contracts.catalogue.accounting import EXCUSED
from contracts.entry import Audience, Entry
from contracts.envelope import Record
from contracts.errors import Refused
from contracts.ids import NOTHING_BEFORE
from contracts.standing import Move
from contracts.tiers import LOGGED, cut, view

LETTERS = pytest.mark.parametrize(
    "entry", [entry for entry in CATALOGUE.values() if entry.receivers], ids=lambda entry: entry.type
)
TOLD = pytest.mark.parametrize(
    "entry",
    [entry for entry in CATALOGUE.values() if entry.told and entry.move is not Move.MAKE],
    ids=lambda entry: entry.type,
)


def unasked(entry: Entry, sender: Agency) -> dict[str, Any]:
    """What makes the example a fact of this sender's: it answers no handoff, and excuses a duty of its own."""
    names_handoff = "handoff_id" in entry.content.model_fields
    return ({"handoff_id": None} if names_handoff else {}) | ({"owner": sender} if entry.type == EXCUSED else {})


def record(entry: Entry, sender: Agency, receivers: set[Agency], office: str | None = None, **codes: Any) -> Record:
    """A record as a sender could submit it, with letters to these."""
    return made(entry, sender, receivers, dict(entry.example) | codes, office)


def made(
    entry: Entry, sender: Agency, receivers: set[Agency], values: dict[str, Any], office: str | None = None
) -> Record:
    letters = [
        {
            "to": to,
            "tiers": sorted(entry.seen_by(to) & LOGGED),
            "number": 1,
            "previous": NOTHING_BEFORE,
            "sealed": NOTHING_BEFORE,
            "content": NOTHING_BEFORE,
        }
        for to in sorted(receivers)
    ]
    moment = "2026-03-11T09:20:00+01:00"
    about = {
        "clocks": {"occurred": moment, "known": moment, "recorded": moment},
        "legal_basis": "protection-duty",
        "post": {"role": "supervisor", "office": office},
        "on_behalf_of": entry.speaks_for,
    }
    content = cut(entry.content, values, LOGGED)
    return Record.model_validate(
        {
            "id": "00000000-0000-4000-8000-000000000001",
            "source": f"/agencies/{sender}",
            "type": entry.type,
            "subject": "7k3q-9m2x-w4td-h6r2",
            "time": moment,
            "dataschema": f"urn:barnabus:{entry.type}:{entry.version}",
            "number": 1,
            "previous": NOTHING_BEFORE,
            "data": {"about": about, "content": content, "letters": letters},
        }
    )


def refusal(found: Record, *bypasses: Bypass) -> str:
    with pytest.raises(Refused) as raised:
        check.record(found, frozenset(bypasses))
    return raised.value.code


@LETTERS
def test_no_type_reaches_whom_a_bypass_keeps_out(entry: Entry) -> None:
    for out, sender in product(entry.receivers - {Agency.OVERSIGHT}, entry.senders):
        if out is sender:
            continue
        names: dict[str, Any] = {"to": out.value, "notified": []} if entry.course else {}
        found = record(entry, sender, {out}, **names)
        assert refusal(found, Bypass(out)) == "route.bypassed"


@TOLD
def test_who_must_be_told_is_told_or_the_gateway_refuses(entry: Entry) -> None:
    for sender in entry.senders:
        whole, codes = set(entry.told - {sender}), unasked(entry, sender)
        check.record(record(entry, sender, whole, **codes))
        for left_out in whole:
            assert refusal(record(entry, sender, whole - {left_out}, **codes)) == "receiver.left-out"


@TOLD
def test_for_whom_a_bypass_keeps_out_oversight_is_told(entry: Entry) -> None:
    for sender in entry.senders:
        for out in entry.told - {sender, Agency.OVERSIGHT}:
            instead, codes = (entry.told - {sender, out}) | {Agency.OVERSIGHT}, unasked(entry, sender)
            check.record(record(entry, sender, set(instead), **codes), frozenset({Bypass(out)}))
            silent = record(entry, sender, set(instead - {Agency.OVERSIGHT}), **codes)
            assert refusal(silent, Bypass(out)) == "receiver.left-out"


@TOLD
def test_oversight_hears_a_fact_only_where_a_bypass_is_in_the_way(entry: Entry) -> None:
    if Agency.OVERSIGHT in entry.told:
        return
    for sender in entry.senders:
        more = set(entry.told - {sender}) | {Agency.OVERSIGHT}
        assert refusal(record(entry, sender, more, **unasked(entry, sender))) == "receiver.not-allowed"


@pytest.mark.parametrize(
    "entry",
    [entry for entry in CATALOGUE.values() if entry.told and entry.move not in (None, Move.MAKE)],
    ids=lambda entry: entry.type,
)
def test_an_act_reaches_whom_the_catalogue_names_whoever_else_hears_its_handoff(entry: Entry) -> None:
    handoff_id = "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"
    for sender in entry.senders:
        told = set(entry.told - {sender})
        check.record(record(entry, sender, told | (entry.receivers - {sender}), handoff_id=handoff_id))
        for left_out in told:
            found = record(entry, sender, told - {left_out}, handoff_id=handoff_id)
            assert refusal(found) in {"receiver.left-out", "receiver.none"}
            if left_out is not Agency.OVERSIGHT and len(told) > 1:
                check.record(found, frozenset({Bypass(left_out)}))


def test_a_bypassed_agencys_own_word_is_not_refused_for_the_refusal_would_tell_it() -> None:
    entry = CATALOGUE["referral.accepted"]
    check.record(record(entry, Agency.POLICE, {Agency.SOCIAL}), frozenset({Bypass(Agency.POLICE)}))


def test_an_office_that_is_kept_out_says_nothing_in_the_case_and_its_agency_goes_on() -> None:
    entry, around = CATALOGUE["referral.accepted"], Bypass(Agency.POLICE, "drenas-station")
    theirs = record(entry, Agency.POLICE, {Agency.SOCIAL}, office="drenas-station")
    assert refusal(theirs, around) == "route.bypassed"
    check.record(record(entry, Agency.POLICE, {Agency.SOCIAL}, office="peja-station"), frozenset({around}))
    check.record(record(entry, Agency.SOCIAL, {Agency.POLICE}, office="drenas-station"), frozenset({around}))
    assert kept_out({around}) == frozenset()


def test_an_institution_is_kept_out_of_what_its_sponsor_hands_over() -> None:
    around = Bypass(Institution.FORENSICS)
    handed = record(CATALOGUE["letter.handed-over"], Agency.HEALTH, {Agency.POLICE})
    check.record(handed, frozenset({around}))  # that it happened is evidence; its own adapter refuses it before
    asked = record(CATALOGUE["referral.made"], Agency.POLICE, {Agency.HEALTH}, to="health", for_institution="forensics")
    assert refusal(asked, around) == "route.bypassed"
    assert kept_out({around}) == frozenset()


def test_nothing_leads_around_oversight_also_not_what_no_adapter_would_say() -> None:
    """The record that the log holds has fewer fields than the command; the rules between them stay."""
    entry = CATALOGUE["route.bypass-invoked"]
    wrong: list[dict[str, str]] = [
        {"conflicted": "oversight", "alternate": "social"},
        {"conflicted": "social", "alternate": "social"},
        {"conflicted": "police", "alternate": "social", "office": "a-station"},
    ]
    for codes in wrong:
        content = dict(entry.example) | codes
        assert refusal(made(entry, Agency.POLICE, {Agency.SOCIAL, Agency.OVERSIGHT}, content)) == "field.invalid"
    assert kept_out({Bypass(Agency.OVERSIGHT)}) == frozenset()


def test_a_rule_between_fields_holds_in_what_is_left_of_a_type_after_every_cut() -> None:
    """So such a rule reads tiers E and O alone: a cut would leave it without its fields else."""
    for entry in CATALOGUE.values():
        rules = set(entry.content.__pydantic_decorators__.model_validators)
        for seen in {LOGGED, *(entry.seen_by(receiver) for receiver in entry.receivers)}:
            left = view(entry.content, seen)
            assert set(left.__pydantic_decorators__.model_validators) == rules
            documents.read(left, cut(entry.content, dict(entry.example), seen))


def test_every_type_says_who_hears_it() -> None:
    for entry in CATALOGUE.values():
        if entry.audience is Audience.TOLD:
            assert entry.told
        elif entry.told:
            assert entry.audience is Audience.PARTIES
        words = (Audience.NAMED, Audience.KNOWN, Audience.AGAIN, Audience.SAME, Audience.OWED)
        assert bool(entry.whom) is (entry.audience in words) or entry.audience is Audience.NOBODY
        assert (entry.names is not None) is (entry.audience is Audience.NAMED)
        assert (entry.move is not None) is (entry.audience is Audience.PARTIES)
        assert bool(entry.receivers) is (entry.audience is not Audience.NOBODY)


def test_what_nobody_may_be_told_of_a_child_is_not_in_the_catalogue_at_all() -> None:
    """No field of any type is an address, an account, a finding or who reported it (docs/field.md 4)."""
    fields = {name for entry in CATALOGUE.values() for name in entry.content.model_fields}
    assert not fields & {"address", "account", "findings", "reported_by", "reporter", "narrative", "notes", "telephone"}
