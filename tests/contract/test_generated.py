"""The generated files: current, the same at every run, whole, and saying what the code says."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import export, subjects, web
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.catalogue.post import SAID_AGAIN
from contracts.errors import CODES
from contracts.export import agencies, asyncapi, law, openapi, pages, schemas, sequences
from contracts.export.schemas import DIALECT
from contracts.standing import Move, Stage, Void
from tests.builders import SOCIAL
from tests.contract.test_schemas import accepts

ROOT = Path(__file__).parents[2]


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
        if path.startswith("services/"):
            assert text.count(agencies.BEGIN) == text.count(agencies.END) == 1, "and of an agency's page its tables"
        elif path.endswith((".md", ".conf")):
            assert "barnabus contracts export" in text.splitlines()[0], path


def test_no_generated_file_names_an_address_but_the_schemas_own_dialect() -> None:
    for path, text in export.files().items():
        assert "://" not in text.replace(DIALECT, ""), path


# AsyncAPI


def references(document: Any) -> Iterator[str]:
    if isinstance(document, dict):
        yield from (value for key, value in document.items() if key == "$ref")
        for inner in document.values():
            yield from references(inner)
    elif isinstance(document, list):
        for inner in document:
            yield from references(inner)


@pytest.mark.parametrize("kind", [asyncapi, openapi])
def test_every_reference_of_a_document_resolves(kind: ModuleType) -> None:
    document = kind.document()
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
    told = [entry for entry in CATALOGUE.values() if entry.receivers and entry.type != SAID_AGAIN]
    heard = {subjects.heard(entry.type) for entry in told}
    addresses = {channel["address"] for channel in channels.values()}
    assert addresses == heard | {subjects.COMMAND, subjects.FEED, subjects.VOIDED, None}
    used = {operation["channel"]["$ref"].rpartition("/")[2] for operation in document["operations"].values()}
    assert used == set(channels) - {"answer", "page"}


def test_the_asyncapi_examples_pass_their_own_schema() -> None:
    messages = asyncapi.document()["components"]["messages"]
    for entry in COMMANDS.values():
        for example in messages[entry.command]["examples"]:
            assert accepts(f"{entry.type}.command", example["payload"])


# OpenAPI


def test_the_openapi_document_is_one() -> None:
    path = ROOT / "contracts" / "openapi.json"
    assert not [*OpenAPIV31SpecValidator(json.loads(path.read_text()), base_uri=path.as_uri()).iter_errors()]


def test_the_openapi_document_names_every_command_and_everything_that_is_told() -> None:
    kinds = openapi.document()["components"]["schemas"]
    assert set(kinds["Command"]["discriminator"]["mapping"]) == set(COMMANDS)
    told = {reference.removeprefix("schemas/").removesuffix(".json") for reference in references(kinds["Told"])}
    assert told == {name for name in schemas.schemas() if ".told" in name} | {"act-voided", "letter-erased"}


def test_the_openapi_examples_pass_their_own_schemas() -> None:
    bodies = openapi.document()["paths"][web.EVENTS]["post"]["requestBody"]["content"]
    assert accepts("referral.made.command", bodies[web.JSON]["example"])
    assert accepts("command-event", bodies[web.STRUCTURED]["example"])


def test_types_that_are_told_under_names_of_their_own_are_in_no_catalogue() -> None:
    assert not {web.VOIDED, web.ERASED} & set(CATALOGUE)


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


def test_acts_that_cross_in_a_story_come_to_the_same_in_either_order() -> None:
    crossings = [crossing for story in sequences.STORIES for crossing in story.rounds if len(crossing) > 1]
    assert crossings
    (made,) = sequences.STORIES[1].rounds[0]
    orders = [sequences.after([made, *crossing]) for crossing in (*crossings, *(each[::-1] for each in crossings))]
    assert {(each.stage, each.withdrawal_asked, each.whose_move) for each in orders} == {("accepted", True, SOCIAL)}


def test_the_page_of_the_law_shows_the_figures_of_the_exhaustive_check_only_where_there_are_any() -> None:
    assert "<!-- checked -->" not in law.page()
    run = {
        "course": "transfer", "acts": 4, "questions": 1, "reassignments": 2, "expiries": 0, "refusals": 0,
        "intrusions": 0, "states": 5139, "transitions": 13603, "depth": 15, "settled": 9,
    }  # fmt: skip
    assert "| transfer | up to 4 | up to 1 | up to 2 | none | none | none | 5,139 | 13,603 | 15 | 9 |" in law.page(
        {"runs": [run]}
    )
