"""JSON Schemas: they accept what passes, refuse what does not where a schema can say it, and bear the tiers."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.errors import CODES, BarnabusError
from contracts.export import answers, examples
from contracts.export.schemas import DIALECT, audiences, schemas
from contracts.handoff import fold
from contracts.ids import NOTHING_BEFORE
from contracts.standing import Act, Move
from contracts.tiers import LOGGED, cut, tiers_of, view

ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)
NAMES = sorted(path.stem for path in Path(__file__).parents[2].glob("contracts/schemas/*.json"))
"""By their files, which are all that there are (`test_generated.py`): to make the schemas takes seconds."""
FORMATS = Draft202012Validator.FORMAT_CHECKER
BEYOND_SCHEMA = {
    "referral.completed", "receipt", "route.bypass-invoked", "case.linked", "suspect.identified",
    "investigation.decided", "judgment.given", "record.corrected",
}  # fmt: skip
"""Refused for a rule between fields, or between the items of a list, which these schemas do not express."""


def accepts(name: str, document: Any) -> bool:
    return bool(Draft202012Validator(schemas()[name], format_checker=FORMATS).is_valid(document))


def record_of(entry: Entry, content: dict[str, Any]) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": "00000000-0000-4000-8000-000000000001",
        "source": f"/agencies/{min(entry.senders)}",
        "type": entry.type,
        "subject": "7k3q-9m2x-w4td-h6r2",
        "time": "2026-03-11T09:20:00+01:00",
        "dataschema": f"urn:barnabus:{entry.type}:{entry.version}",
        "number": 1,
        "previous": NOTHING_BEFORE,
        "data": {"content": content},
    }


def letter_of(entry: Entry, recipient: Agency, content: dict[str, Any], withheld: str | None = None) -> dict[str, Any]:
    command = examples.document(CATALOGUE["information.refused"], CATALOGUE["information.refused"].example)
    return {
        "sender": min(entry.senders),
        "recipient": recipient,
        "id": command["id"],
        "case_ref": "7k3q-9m2x-w4td-h6r2",
        "type": entry.type,
        "version": entry.version,
        "number": 1,
        "previous": NOTHING_BEFORE,
        "about": {name: command[name] for name in ("clocks", "legal_basis", "post")},
        "content": content,
        "withheld": withheld,
    }


@pytest.mark.parametrize("name", NAMES)
def test_every_schema_is_valid_2020_12_and_has_an_id_of_its_own(name: str) -> None:
    schema = schemas()[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$schema"] == DIALECT
    assert schema["$id"].startswith(f"urn:barnabus:schema:{name}:")


@ENTRIES
def test_the_schemas_accept_the_valid_example_and_refuse_the_invalid_one(entry: Entry) -> None:
    good, bad = (examples.document(entry, content) for content in (entry.example, entry.counterexample))
    if entry.command is None:
        good, bad = record_of(entry, good), record_of(entry, bad)
    name = f"{entry.type}.{'command' if entry.command else 'record'}"
    assert accepts(name, good)
    assert accepts(name, bad) is (entry.type in BEYOND_SCHEMA)


@ENTRIES
def test_a_schema_bears_the_tier_of_each_property_of_its_content(entry: Entry) -> None:
    found = schemas()[f"{entry.type}.record"]["$defs"][entry.logged.__name__]["properties"]
    assert {name: shape["x-tier"] for name, shape in found.items()} == tiers_of(entry.logged)
    seen = {f"{entry.type}.command": entry.content} if entry.command else {}
    for suffix, receivers in audiences(entry):
        whole = view(entry.content, entry.seen_by(receivers[0]))
        seen |= {f"{entry.type}.letter{suffix}": whole, f"{entry.type}.told{suffix}": whole}
    for name, content in seen.items():
        found = schemas()[name]["$defs"][content.__name__]["properties"]
        assert {field: shape["x-tier"] for field, shape in found.items()} == tiers_of(content)


@ENTRIES
def test_the_schema_of_a_record_refuses_what_the_log_may_not_hold(entry: Entry) -> None:
    whole = dict(entry.example)
    logged = cut(entry.content, whole, LOGGED)
    assert accepts(f"{entry.type}.record", record_of(entry, logged))
    assert accepts(f"{entry.type}.record", record_of(entry, whole)) is (whole == logged)


@ENTRIES
def test_the_schema_of_a_letter_knows_its_tiers_and_what_is_left_of_an_erased_one(entry: Entry) -> None:
    for suffix, receivers in audiences(entry):
        name = f"{entry.type}.letter{suffix}"
        mine = cut(entry.content, dict(entry.example), entry.seen_by(receivers[0]))
        logged = cut(entry.content, dict(entry.example), LOGGED)
        assert accepts(name, letter_of(entry, receivers[0], mine))
        assert accepts(name, letter_of(entry, receivers[0], logged, withheld="erased"))
        assert accepts(name, letter_of(entry, receivers[0], mine, withheld="erased")) is (mine == logged)
        assert accepts(name, letter_of(entry, receivers[0], logged, withheld="notified"))


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (
            "clocks",
            {"occurred": "2026-03-11T09:00:00", "known": "2026-03-11T09:00:00Z", "recorded": "2026-03-11T09:00:00Z"},
        ),
        ("command", "referral.accept"),
        ("legal_basis", "because"),
        ("case_ref", "1234"),
        ("note", "anything"),
    ],
)
def test_the_schema_of_a_command_refuses_a_wrong_envelope(place: str, wrong: Any) -> None:
    entry = CATALOGUE["referral.made"]
    assert not accepts("referral.made.command", examples.document(entry, entry.example) | {place: wrong})


# what an adapter says


def test_a_problem_is_as_its_schema_says() -> None:
    for code in CODES:
        assert accepts("problem", BarnabusError(code, field="data.to", detail="Said aloud.").problem())
        assert accepts("command-refused", {"error": BarnabusError(code).problem()})


def test_a_standing_is_told_as_its_shape_says() -> None:
    made = Act(UUID(int=1), Move.MAKE, Agency.POLICE, 1, to=Agency.SOCIAL)
    asked = Act(UUID(int=2), Move.ASK, Agency.SOCIAL, 2)
    not_theirs = Act(UUID(int=3), Move.ACCEPT, Agency.POLICE, 3)
    provisional = Act(UUID(int=4), Move.ACCEPT, Agency.SOCIAL)
    shown = fold([made, asked, not_theirs, provisional]).document()
    answers.HandoffStanding.model_validate_json(json.dumps(shown), strict=True)
    assert set(shown) == set(answers.HandoffStanding.model_fields)
