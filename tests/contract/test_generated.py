"""The generated files: current, the same at every run, whole, and saying what the code says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from jsonschema import Draft202012Validator

from contracts import export, subjects
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, COMMANDS, Entry
from contracts.errors import CODES, BarnabusError
from contracts.export import answers, asyncapi, examples, law, pages
from contracts.export.schemas import DIALECT, audiences, schemas
from contracts.handoff import Act, Move, Stage, Void, fold
from contracts.ids import NOTHING_BEFORE
from contracts.tiers import LOGGED, cut, tiers_of
from services import translate

ROOT = Path(__file__).parents[2]
ENTRIES = pytest.mark.parametrize("entry", CATALOGUE.values(), ids=CATALOGUE)
SCHEMAS = schemas()
FORMATS = Draft202012Validator.FORMAT_CHECKER
BEYOND_SCHEMA = {"referral.completed", "receipt"}
"""Refused for a rule between fields, or between the items of a list, which these schemas do not express."""


def accepts(name: str, document: Any) -> bool:
    return bool(Draft202012Validator(SCHEMAS[name], format_checker=FORMATS).is_valid(document))


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


def letter_of(entry: Entry, content: dict[str, Any], withheld: str | None = None) -> dict[str, Any]:
    command = examples.document(entry, entry.example)
    return {
        "sender": min(entry.senders),
        "recipient": max(entry.receivers),
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


# current and repeatable


def test_the_generated_files_are_up_to_date() -> None:
    assert export.stale(ROOT) == [], "run `barnabus contracts export` and commit what it writes"


def test_the_files_are_the_same_at_every_run_whatever_the_order_of_sets() -> None:
    script = "from contracts import export; print(sorted(export.files().items()))"
    digests = {
        sha256(
            subprocess.run(
                [sys.executable, "-c", script],
                cwd=ROOT,
                env=os.environ | {"PYTHONHASHSEED": seed},
                check=True,
                capture_output=True,
            ).stdout
        ).hexdigest()
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_export_writes_what_differs_and_removes_what_no_type_stands_behind(tmp_path: Path) -> None:
    written = export.write(tmp_path)
    assert written == sorted(export.files(tmp_path))
    assert export.stale(tmp_path) == []
    (tmp_path / "contracts/schemas/stamp.json").write_text("{}")
    (tmp_path / "contracts/examples/concern.shouted.valid.json").write_text("{}")
    (tmp_path / "docs/errors.md").unlink()
    differing = ["contracts/examples/concern.shouted.valid.json", "contracts/schemas/stamp.json", "docs/errors.md"]
    assert export.stale(tmp_path) == differing
    assert export.write(tmp_path) == differing
    assert export.stale(tmp_path) == []
    assert not (tmp_path / "contracts/examples/concern.shouted.valid.json").exists()


def test_every_page_starts_by_saying_that_it_is_generated() -> None:
    for path, text in export.files().items():
        if path.endswith((".md", ".conf")):
            assert "barnabus contracts export" in text.splitlines()[0], path


def test_no_generated_file_names_an_address_but_the_schemas_own_dialect() -> None:
    for path, text in export.files().items():
        assert "://" not in text.replace(DIALECT, ""), path


# JSON Schemas


@pytest.mark.parametrize("name", SCHEMAS)
def test_every_schema_is_valid_2020_12_and_has_an_id_of_its_own(name: str) -> None:
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["$schema"] == DIALECT
    assert SCHEMAS[name]["$id"].startswith(f"urn:barnabus:schema:{name}:")


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
    found = SCHEMAS[f"{entry.type}.record"]["$defs"][entry.logged.__name__]["properties"]
    assert {name: shape["x-tier"] for name, shape in found.items()} == tiers_of(entry.logged)
    for kind in ("command", "letter", "told"):
        if f"{entry.type}.{kind}" in SCHEMAS:
            found = SCHEMAS[f"{entry.type}.{kind}"]["$defs"][entry.content.__name__]["properties"]
            assert {name: shape["x-tier"] for name, shape in found.items()} == tiers_of(entry.content)


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
        assert accepts(name, letter_of(entry, mine))
        assert accepts(name, letter_of(entry, logged, withheld="erased"))
        assert accepts(name, letter_of(entry, mine, withheld="erased")) is (mine == logged)


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
    made = Act(UUID(int=1), Move.MAKE, Agency.POLICE, 1, Agency.SOCIAL)
    asked = Act(UUID(int=2), Move.ASK, Agency.SOCIAL, 2)
    not_theirs = Act(UUID(int=3), Move.ACCEPT, Agency.POLICE, 3)
    provisional = Act(UUID(int=4), Move.ACCEPT, Agency.SOCIAL)
    shown = translate.standing(fold([made, asked, not_theirs, provisional]))
    answers.HandoffStanding.model_validate_json(json.dumps(shown), strict=True)
    assert set(shown) == set(answers.HandoffStanding.model_fields)


# AsyncAPI


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        yield from (value for key, value in document.items() if key == "$ref")
        for inner in document.values():
            yield from references(inner)
    elif isinstance(document, list):
        for inner in document:
            yield from references(inner)


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    document = asyncapi.document()
    found = set(references(document))
    assert found
    for reference in found:
        path, _, pointer = reference.partition("#")
        target: Any = json.loads((ROOT / "contracts" / path).read_text()) if path else document
        for part in pointer.split("/")[1:]:
            target = target[part]
        assert target


def test_the_asyncapi_document_names_every_command_and_every_letter_once() -> None:
    document = asyncapi.document()
    channels = document["channels"]
    assert set(channels[subjects.COMMAND]["messages"]) == set(COMMANDS)
    heard = {subjects.heard(entry.type) for entry in CATALOGUE.values() if entry.receivers}
    addresses = {channel["address"] for channel in channels.values()}
    assert addresses == heard | {subjects.COMMAND, subjects.VOIDED, None}
    used = {operation["channel"]["$ref"].rpartition("/")[2] for operation in document["operations"].values()}
    assert used == set(channels) - {"answer"}


def test_the_asyncapi_examples_pass_their_own_schema() -> None:
    messages = asyncapi.document()["components"]["messages"]
    for entry in COMMANDS.values():
        for example in messages[entry.command]["examples"]:
            assert accepts(f"{entry.type}.command", example["payload"])


# pages


def test_the_catalogue_page_names_every_type_and_every_code_of_the_vocabulary() -> None:
    page = pages.catalogue()
    for entry in CATALOGUE.values():
        assert f"### {entry.type}\n" in page
        assert all(f"`{name}`" in page for name in entry.content.model_fields)
    assert "`child-protection-assessment` | `social` | no" in page


def test_the_errors_page_names_every_code() -> None:
    page = pages.errors()
    assert all(f"| `{code}` |" in page for code in CODES)


def test_the_page_of_the_law_says_every_reason_in_words_and_answers_for_every_move_in_every_stage() -> None:
    page = law.page()
    assert set(law.REASONS) == set(Void)
    for move in Move:
        rows = [line for line in page.splitlines() if line.startswith(f"| `{move}`")]
        assert len(rows) >= 2, "one for the opener, one for the receiver"
        assert all(row.count("|") == len(Stage) + 2 for row in rows)


def test_the_page_of_the_law_shows_the_figures_of_the_exhaustive_check_only_where_there_are_any() -> None:
    assert "<!-- checked -->" not in law.page()
    run = {"acts": 4, "questions": 1, "refusals": 0, "states": 5139, "transitions": 13603, "depth": 15, "settled": 9}
    assert "| up to 4 | up to 1 | none | 5,139 | 13,603 | 15 | 9 |" in law.page({"runs": [run]})
