"""What may never travel, whoever says it and however deep it stands; and what a type may not rest on or speak for."""

import json
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from uuid import uuid4

import pytest

from contracts import check, never
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.envelope import Record, RecordData, dataschema
from contracts.errors import Refused
from contracts.events.handoff import MayAnswerHandoff
from contracts.examples.parts import CHILD, SUSPECT
from contracts.export import examples
from contracts.ids import NOTHING_BEFORE
from contracts.tiers import LOGGED, cut, tiers_of
from contracts.vocabulary import limit_facts
from tests.builders import PROSECUTION, SOCIAL, command, encoded, new_case, now

TYPED = "what somebody typed and nobody may read"
KINDS: Mapping[str, tuple[str, ...]] = {
    "account": ("account", "childs_account", "statement_of_the_child", "narrative"),
    "recording": ("video", "interview_video", "audio", "photographs", "photo_of_room"),
    "findings": ("findings", "clinical_findings", "diagnosis", "injuries"),
    "address": ("address", "shelter_address", "street", "phone"),
    "reporter": ("reporter", "reported_by", "identity_of_reporter", "informant"),
    "notes": ("therapy_notes", "notes", "comment", "description"),
}
NAMES = pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, names in KINDS.items() for name in names])
PLACES = (
    ("concern.reported", ()),
    ("concern.reported", ("safety",)),
    ("concern.reported", ("allegation", "window")),
    ("crime-report.filed", ("limits",)),
    ("crime-report.filed", ("suspects", 0)),
    ("crime-report.filed", ("evidence", 0)),
    ("placement.changed", ()),
    ("forensic-exam.completed", ("report",)),
    ("evidence.transferred", ("items", 0)),
    ("child-interview.completed", ("recording",)),
    ("child-interview.completed", ("concerns",)),
    ("professional.suspected", ()),
    ("therapy.referred", ("identity",)),
    ("roundtable.decided", ("actions", 0)),
    ("record.corrected", ("clocks",)),
)
"""Types, and groups inside them."""


def refusal(document: Mapping[str, Any], sender: Agency) -> Refused:
    with pytest.raises(Refused) as refused:
        check.command(json.dumps(document).encode(), sender)
    return refused.value


def with_field(entry: Entry, group: tuple[str | int, ...], name: str) -> dict[str, Any]:
    """The type's example with one field more, there."""
    document: dict[str, Any] = deepcopy(examples.document(entry, entry.example))
    place: Any = document["data"]
    for step in group:
        place = place[step]
    place[name] = TYPED
    return document


@NAMES
@pytest.mark.parametrize(("type_name", "group"), PLACES, ids=str)
def test_what_may_never_travel_is_refused_by_name_wherever_it_stands(
    kind: str, name: str, type_name: str, group: tuple[str | int, ...]
) -> None:
    entry = CATALOGUE[type_name]
    error = refusal(with_field(entry, group, name), min(entry.senders))
    assert (error.code, error.field) == ("content.never-travels", ".".join(map(str, ("data", *group, name))))
    assert error.detail == never.WHY[kind], "it says why, and where it belongs"
    assert TYPED not in f"{error} {error.detail} {error!r} {error.__cause__} {error.row}"


def test_every_kind_of_docs_field_4_has_its_reason_and_no_field_of_any_type_bears_such_a_name() -> None:
    assert set(KINDS) == set(never.WHY)
    for entry in CATALOGUE.values():
        for name in entry.content.model_fields:
            assert never.why(name) is None, f"{entry.type}.{name}"


@NAMES
def test_a_gateway_refuses_it_in_a_record_by_the_same_name(kind: str, name: str) -> None:
    error = record_refused("case.registered", {**CATALOGUE["case.registered"].example, name: TYPED})
    assert (error.code, error.field, error.detail) == ("content.never-travels", f"data.content.{name}", never.WHY[kind])
    assert TYPED not in f"{error!r} {error}"


def record_refused(type_name: str, content: Mapping[str, Any]) -> Refused:
    record = Record(
        id=uuid4(),
        source="/agencies/police",
        type=type_name,
        subject=new_case(),
        time=now(),
        dataschema=dataschema(type_name, CATALOGUE[type_name].version),
        number=1,
        previous=NOTHING_BEFORE,
        data=RecordData(content=dict(content)),
    )
    with pytest.raises(Refused) as refused:
        check.record(record)
    return refused.value


PRIVATE = [
    (entry.type, name)
    for entry in CATALOGUE.values()
    for name, tier in tiers_of(entry.content).items()
    if tier not in LOGGED
]


@pytest.mark.parametrize(("type_name", "name"), PRIVATE)
def test_a_record_that_holds_what_only_a_letter_may_is_refused(type_name: str, name: str) -> None:
    entry = CATALOGUE[type_name]
    logged = cut(entry.content, dict(entry.example), LOGGED)
    error = record_refused(type_name, logged | {name: entry.example.get(name)})
    assert (error.code, error.field) == ("tier.in-record", f"data.content.{name}")


# the register


@pytest.mark.parametrize(
    "wrong", [{"concerns": SUSPECT}, {"concerns": CHILD}, {"adult_at_offence": False}, {"adult_at_offence": None}]
)
def test_no_suspect_and_no_child_enters_the_register(wrong: dict[str, Any]) -> None:
    entered = CATALOGUE["conviction.entered"]
    document = examples.document(entered, {**entered.example, **wrong})
    assert refusal(document, PROSECUTION).code == "field.invalid"


def test_who_was_not_said_to_be_an_adult_then_does_not_enter_the_register() -> None:
    entered = CATALOGUE["conviction.entered"]
    content = {name: value for name, value in entered.example.items() if name != "adult_at_offence"}
    error = refusal(examples.document(entered, content), PROSECUTION)
    assert (error.code, error.field) == ("field.missing", "data.adult_at_offence")


# consent

BY_CONSENT = {"exam-consent.recorded", "forensic-exam.completed", "therapy.referred"}
COMMANDED = [entry for entry in CATALOGUE.values() if entry.command]
FIRST = [entry for entry in COMMANDED if "handoff_id" not in entry.content.model_fields]
UNASKED = [entry for entry in COMMANDED if issubclass(entry.content, MayAnswerHandoff)]
"""What may be said without a handoff that asks for it."""


@pytest.mark.parametrize("entry", [*FIRST, *UNASKED], ids=lambda entry: entry.type)
def test_consent_is_the_basis_of_an_exam_and_a_therapy_and_of_nothing_that_is_a_duty(entry: Entry) -> None:
    content = dict(entry.example) | ({"handoff_id": None} if entry in UNASKED else {})
    if "notified" in content:
        content["notified"] = []
    sender = SOCIAL if entry.type == "duty.excused" else min(entry.senders - {content.get("to")})
    said = command(sender, str(entry.command), content, on_behalf_of=entry.speaks_for, legal_basis="consent")
    if entry.type in BY_CONSENT:
        assert check.command(encoded(said), sender)[0] is entry
    else:
        error = refusal(json.loads(encoded(said)), sender)
        assert (error.code, error.field) == ("basis.consent", "legal_basis")


@pytest.mark.parametrize(("service", "fits"), [("psychological-support", True), ("urgent-medical-care", False)])
def test_a_referral_rests_on_consent_where_the_service_does(service: str, fits: bool) -> None:
    content = {**CATALOGUE["referral.made"].example, "to": "health", "service": service}
    said = command(SOCIAL, "referral.make", content, legal_basis="consent")
    if fits:
        check.command(encoded(said), SOCIAL)
    else:
        assert refusal(said, SOCIAL).code == "basis.consent"


# who speaks for whom

OTHERS_WORD = [entry for entry in CATALOGUE.values() if entry.speaks_for]


def test_what_a_court_the_register_and_corrections_say_is_theirs() -> None:
    assert {entry.type: str(entry.speaks_for) for entry in OTHERS_WORD} == {
        "hearing.adjourned": "court",
        "judgment.given": "court",
        "conviction.entered": "court",
        "conviction.removed": "court",
        "clearance.answered": "register",
        "custody-status.changed": "corrections",
    }


@pytest.mark.parametrize("entry", OTHERS_WORD, ids=lambda entry: entry.type)
def test_an_institutions_word_without_its_name_is_refused_and_so_is_anothers_name(entry: Entry) -> None:
    document = command(PROSECUTION, str(entry.command), entry.example)
    missing = refusal(document, PROSECUTION)
    assert (missing.code, missing.field) == ("sponsor.missing", "on_behalf_of")
    assert str(entry.speaks_for) in (missing.detail or "")
    assert refusal(document | {"on_behalf_of": "school"}, PROSECUTION).code == "sponsor.not-allowed"
    check.command(encoded(document | {"on_behalf_of": entry.speaks_for}), PROSECUTION)


# what stands in the log for ever


def test_the_facts_that_limits_need_are_these_and_a_change_is_a_review() -> None:
    """Tier O is kept for ever: nothing finer may be added, and nothing that was said may lose its word."""
    found = {name: [*map(str, codes)] for name, codes in vars(limit_facts).items() if _is_own_vocabulary(codes)}
    assert found == {
        "IncidentWindow": ["within-72-hours", "within-120-hours", "within-7-days", "longer-ago", "unknown"],
        "AgeBand": ["under-6", "6-to-11", "12-to-13", "14-to-15", "16-to-17", "unknown"],
        "SuspectAge": ["under-criminal-age", "under-18", "adult", "unknown"],
    }


def _is_own_vocabulary(found: Any) -> bool:
    return isinstance(found, type) and found.__module__ == limit_facts.__name__
