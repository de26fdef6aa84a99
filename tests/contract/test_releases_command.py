"""`barnabus contracts diff`, `gate`, `release`: data on standard output, the rest on standard error, and exit codes."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import contracts
from cli.contracts import app
from contracts.releasing import document
from tests.contract.test_changes import State, changed, without
from tests.contract.test_consumers import POLICE_SYSTEM

RUN = CliRunner()
WIDE = {"COLUMNS": "400"}


def saved(folder: Path, name: str, state: Any) -> str:
    path = folder / f"{name}.json"
    path.write_text(document.text(state))
    return str(path)


@pytest.fixture
def fewer(tmp_path: Path) -> str:
    """A release without a field that the police read, and without one more error code."""
    state = changed(without("types", "child.missing", "fields", "missing_since"))
    del state["errors"]["field.missing"]
    return saved(tmp_path, "fewer", state)


def as_version(state: State, number: str) -> State:
    return state | {"version": number}


def test_nothing_differs_from_what_was_just_released() -> None:
    shown = RUN.invoke(app, ["diff", contracts.VERSION, "now"])
    assert shown.exit_code == 0
    assert "Nothing differs." in shown.stdout


def test_a_change_is_shown_with_for_whom_it_breaks_and_whom_it_hurts(fewer: str) -> None:
    shown = RUN.invoke(app, ["diff", "now", fewer], env=WIDE)
    assert shown.exit_code == 1
    (line,) = (line for line in shown.stdout.splitlines() if "missing_since" in line)
    for word in ("major", "child.missing", "is removed", "police", "prosecution", "Records system of the police"):
        assert word in line
    assert "step none; what differs asks for major" in shown.stderr


def test_as_json_it_is_one_document_with_stable_keys(fewer: str) -> None:
    found = json.loads(RUN.invoke(app, ["diff", "now", fewer, "--json"]).stdout)
    assert list(found) == ["from", "to", "step", "asked", "changes"]
    keys = ["rule", "part", "of", "at", "detail", "step", "breaking", "says", "hears", "broken_for"]
    assert [list(change) for change in found["changes"]] == [[*keys, "older_needs_upcast", "hurts"]] * 2
    field = found["changes"][0]
    assert (field["of"], field["at"]) == ("child.missing", "missing_since")
    assert field["hurts"] == ["Records system of the police", "Read model of cases"]
    assert field["hears"] == {"who": ["log", "oversight", "police", "prosecution"], "is": "breaking"}


def test_what_breaks_passes_with_a_major_step_alone(tmp_path: Path) -> None:
    state = changed(without("errors", "field.missing"))
    for number, code in (("1.0.1", 1), ("1.1.0", 1), ("2.0.0", 0)):
        other = saved(tmp_path, number, as_version(state, number))
        assert RUN.invoke(app, ["diff", "now", other]).exit_code == code, number


def test_a_consumer_of_ones_own_is_asked_about_in_place_of_those_shipped(tmp_path: Path) -> None:
    """A new code is compatible, and this one says which codes it knows."""
    own = tmp_path / "own.toml"
    own.write_text(POLICE_SYSTEM)
    state = changed(lambda state: state["types"]["child.missing"]["fields"]["safety.whereabouts"]["codes"].append("x"))
    newer = saved(tmp_path, "1.1.0", as_version(state, "1.1.0"))
    assert RUN.invoke(app, ["diff", "now", newer]).exit_code == 0
    shown = RUN.invoke(app, ["diff", "now", newer, "--consumer", str(own), "--json"])
    assert shown.exit_code == 1
    assert [change["hurts"] for change in json.loads(shown.stdout)["changes"]] == [["A system of the police"]]


def test_a_file_of_a_consumer_that_is_wrong_ends_with_its_code_and_no_data(tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text(POLICE_SYSTEM.replace("missing_since", "gone_since"))
    shown = RUN.invoke(app, ["diff", "now", "now", "--consumer", str(own)], env=WIDE)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert "consumer.invalid" in shown.stderr
    assert "line 6" in shown.stderr


def test_an_unknown_release_names_those_that_there_are() -> None:
    shown = RUN.invoke(app, ["diff", "0.0.1"], env=WIDE)
    assert (shown.exit_code, shown.stdout) == (2, "")
    assert f"{contracts.VERSION}, now" in shown.stderr


def test_the_gate_says_nothing_where_nothing_is_missing_and_each_objection_with_its_next_step(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    passed = RUN.invoke(app, ["gate"])
    assert (passed.exit_code, passed.stdout, passed.stderr) == (0, "", "")
    monkeypatch.setattr(contracts, "VERSION", "0.9.0")
    refused = RUN.invoke(app, ["gate"], env=WIDE)
    assert refused.exit_code == 1
    assert "contract.step-missing" in refused.stderr
    assert "Next: " in refused.stderr


def test_a_version_that_is_released_is_not_released_again() -> None:
    shown = RUN.invoke(app, ["release", contracts.VERSION], env=WIDE)
    assert (shown.exit_code, shown.stdout) == (1, "")
    assert "release.refused" in shown.stderr
