"""`barnabus contracts`: data on standard output, everything else on standard error."""

import json
from pathlib import Path

from typer.testing import CliRunner

from cli.contracts import app
from contracts.catalogue import CATALOGUE
from contracts.errors import CODES

RUN = CliRunner()


def test_the_catalogue_shows_every_type() -> None:
    shown = RUN.invoke(app, ["catalogue"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(name in shown.stdout for name in CATALOGUE)
    assert shown.stderr == ""


def test_the_catalogue_as_json_is_one_document_with_stable_keys() -> None:
    shown = RUN.invoke(app, ["catalogue", "--json"])
    types = json.loads(shown.stdout)["types"]
    assert [entry["type"] for entry in types] == list(CATALOGUE)
    for entry in types:
        assert list(entry) == ["type", "version", "command", "meaning", "senders", "receivers", "fields"]
        assert all(list(field) == ["name", "tier", "kind", "required", "codes"] for field in entry["fields"])


def test_one_type_can_be_asked_for() -> None:
    shown = RUN.invoke(app, ["catalogue", "--json", "--type", "referral.declined"])
    (entry,) = json.loads(shown.stdout)["types"]
    assert entry["receivers"]["police"] == ["E", "O"]
    assert [field["name"] for field in entry["fields"]] == ["handoff_id", "reason", "next_step"]


def test_an_unknown_type_ends_with_its_code_and_the_next_step_and_no_data() -> None:
    shown = RUN.invoke(app, ["catalogue", "--type", "referral.lost"])
    assert shown.exit_code == CODES["type.unknown"].exit
    assert shown.stdout == ""
    assert "type.unknown" in shown.stderr


def test_export_writes_into_another_root_and_then_finds_nothing_to_do(tmp_path: Path) -> None:
    checked = RUN.invoke(app, ["export", "--check", "--root", str(tmp_path)])
    assert checked.exit_code == 1
    assert "out of date" in checked.stderr
    assert list(tmp_path.iterdir()) == [], "--check writes nothing"
    written = RUN.invoke(app, ["export", "--root", str(tmp_path)])
    assert written.exit_code == 0
    assert written.stdout == checked.stdout
    again = RUN.invoke(app, ["export", "--check", "--root", str(tmp_path)])
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "")


def test_explain_says_who_gets_which_fields_and_who_gets_nothing() -> None:
    shown = RUN.invoke(app, ["explain", "referral.made", "--from", "police", "--json"])
    found = json.loads(shown.stdout)
    assert list(found) == ["type", "version", "sender", "meaning", "record", "letters", "nothing"]
    letters = {letter["to"]: letter for letter in found["letters"]}
    assert set(letters) == {"prosecution", "social", "health", "oversight", "others"}
    assert letters["others"]["fields"] == found["record"]["fields"]
    assert letters["social"]["tiers"] == ["E", "S", "A", "I"]
    assert {"identity", "allegation", "safety"} <= set(letters["social"]["fields"])
    assert not {"identity", "allegation"} & set(letters["oversight"]["fields"])
    assert "safety" not in found["record"]["fields"]
    nothing = {row["to"]: row["rule"] for row in found["nothing"]}
    assert nothing["police"] == "it says it"
    assert nothing["forensics"] == "it has no account; you may speak for it"
    assert "prosecution" in nothing["court"]


def test_explain_shows_the_same_to_people() -> None:
    shown = RUN.invoke(app, ["explain", "referral.made", "--from", "police"], env={"COLUMNS": "400"})
    assert shown.exit_code == 0
    assert "if `to` names it" in shown.stdout
    assert "it has no account; spoken for by social" in shown.stdout


def test_explain_names_who_may_say_what_this_agency_may_not() -> None:
    assert RUN.invoke(app, ["explain", "referral.made", "--from", "fire-brigade"]).exit_code == 2
    assert "type.unknown" in RUN.invoke(app, ["explain", "child.search", "--from", "police"]).stderr


def test_a_type_without_letters_is_explained_as_such() -> None:
    shown = RUN.invoke(app, ["explain", "receipt", "--from", "police", "--json"])
    found = json.loads(shown.stdout)
    assert found["letters"] == []
    assert {row["rule"] for row in found["nothing"]} == {
        "it says it", "the catalogue names no receivers: it carries no letter"
    }  # fmt: skip
