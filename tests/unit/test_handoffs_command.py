"""`barnabus handoffs list|show|summary` as a user meets them: filters, forms, wrong input, a small terminal."""

import csv
import io
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from bus.settings import Settings
from cli import show
from cli.handoff_rows import COLUMNS, SUMMARY_COLUMNS, within
from cli.main import app
from contracts.errors import CODES
from contracts.vocabulary.asking import Service, Urgency
from projections.choice import By
from projections.engine import Projector
from projections.models import MODELS
from projections.readmodel import META
from projections.view import LIVE, Place
from tests.unit.test_latency import made_up

Run = Callable[..., Result]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With the read models of a made-up year."""
    found = tmp_path_factory.mktemp("home")
    place = Place.of(Settings(home=found))
    place.begin(LIVE)
    with place.opened() as opened:
        Projector(opened, MODELS).apply(made_up())
    return found


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a command line over that home, on a terminal of 80 columns."""
    monkeypatch.setenv("BARNABUS_HOME", str(home))
    monkeypatch.delenv("BARNABUS_PROJECTIONS", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("cli.show.out._width", 80)
    monkeypatch.setattr("cli.show.err._width", 400)
    return lambda *words: CliRunner().invoke(app, ("handoffs", *words))


def document(found: Result) -> Any:
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def table(found: Result) -> list[dict[str, str]]:
    assert found.exit_code == 0, found.output
    return list(csv.DictReader(io.StringIO(found.stdout_bytes.decode(), newline="")))


def refused(found: Result, code: str) -> str:
    assert found.exit_code == CODES[code].exit, found.output
    assert (found.stdout, "Traceback" in found.stderr) == ("", False)
    assert code in found.stderr
    return found.stderr


def test_every_filter_leaves_those_that_it_names_and_no_others(run: Run) -> None:
    every = document(run("list", "--limit", "1000", "--json"))["handoffs"]
    for words, wanted in (
        (("--service", "screening"), lambda one: one["service"] == "screening"),
        (("--urgency", "urgent"), lambda one: one["urgency"] == "urgent"),
        (("--from", "police"), lambda one: one["from"] == "police"),
        (("--to", "social"), lambda one: one["to"] == "social"),
        (("--agency", "health"), lambda one: "health" in (one["from"], one["to"])),
        (("--period", "2025-03"), lambda one: one["period"] == "2025-03"),
        (("--period", "2025"), lambda one: one["period"].startswith("2025")),
        (("--since", "2025-03", "--until", "2025-05"), lambda one: "2025-03" <= one["period"] <= "2025-05"),
        (("--whose-move", "police", "--open"), lambda one: one["open"] and one["whose_move"] == "police"),
        (("--case", every[0]["case_ref"]), lambda one: one["case_ref"] == every[0]["case_ref"]),
    ):
        found = document(run("list", *words, "--limit", "1000", "--json"))["handoffs"]
        assert found == [one for one in every if wanted(one)], words
        assert found, words


def test_pages_of_a_list_follow_on(run: Run) -> None:
    every = document(run("list", "--limit", "1000", "--json"))["handoffs"]
    first = run("list", "--limit", "2", "--json")
    assert f"--after {every[1]['id']}" in first.stderr
    assert document(run("list", "--after", every[1]["id"], "--limit", "2", "--json"))["handoffs"] == every[2:4]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--service", "exam"), "option.invalid", [*Service]),
        (("--urgency", "soon"), "option.invalid", [*Urgency]),
        (("--from", "court"), "agency.unknown", ["police"]),
        (("--agency", "Police"), "agency.unknown", ["police"]),
        (("--period", "2025-13"), "option.invalid", ["2021-03"]),
        (("--until", "1999"), "option.invalid", ["2021-Q3"]),
        (("--since", "March"), "option.invalid", ["2021-03"]),
        (("--since", "2025-03", "--until", "2025-02"), "option.invalid", ["before"]),
        (("--period", "2025-03", "--since", "2025-02"), "option.invalid", ["since"]),
        (("--json", "--csv"), "option.invalid", ["--json, --csv"]),
    ],
)
def test_a_wrong_value_is_refused_with_those_that_there_are(
    run: Run, words: tuple[str, ...], code: str, said: list[str]
) -> None:
    for command in ("list", "summary"):
        found = refused(run(command, *words), code)
        assert all(word in found for word in said)


def test_a_summary_is_divided_as_asked_or_says_how_it_can_be(run: Run) -> None:
    found = refused(run("summary", "--by", "month"), "option.invalid")
    assert all(by in found for by in By)
    counts = {
        by: sum(group["count"] for group in document(run("summary", "--by", by, "--json"))["groups"]) for by in By
    }
    assert len(set(counts.values())) == 1, "however it is divided, it is the same handoffs"


def test_a_mistyped_case_is_refused_and_not_said_to_have_none(run: Run) -> None:
    case_ref = document(run("list", "--limit", "1", "--json"))["handoffs"][0]["case_ref"]
    assert document(run("list", "--case", case_ref, "--json"))["handoffs"]
    refused(run("list", "--case", case_ref[:-1]), "field.invalid")


def test_nothing_to_show_is_said_so(run: Run) -> None:
    for command in ("list", "summary"):
        assert run(command, "--period", "2001").stdout == "There are none.\n"
    assert document(run("summary", "--period", "2001", "--json"))["groups"] == []
    assert run("list", "--period", "2001", "--csv").stdout_bytes.decode() == ",".join(COLUMNS) + "\r\n"


def test_one_handoff_is_shown_in_full_or_not_found(run: Run) -> None:
    every = document(run("list", "--limit", "1000", "--json"))["handoffs"]
    for one in every[:5]:
        assert document(run("show", one["id"], "--json")) == one
    refused(run("show", "00000000-0000-0000-0000-000000000000"), "handoff.not-found")


def test_all_that_is_shown_fits_a_terminal_of_80_columns(run: Run) -> None:
    every = document(run("list", "--limit", "1000", "--json"))["handoffs"]
    shown = [run("show", one["id"]) for one in every[:12]]
    for found in (run("list"), *(run("summary", "--by", by) for by in By), *shown):
        assert found.exit_code == 0
        assert found.stdout.strip()
        assert all(len(line.rstrip()) <= 80 for line in found.stdout.splitlines()), found.stdout


def test_a_spreadsheet_says_what_the_document_says(run: Run) -> None:
    every = document(run("list", "--limit", "1000", "--json"))["handoffs"]
    rows = table(run("list", "--limit", "1000", "--csv"))
    assert (list(rows[0]), len(rows)) == (list(COLUMNS), len(every))
    for one, row in zip(every, rows, strict=True):
        assert (row["id"], row["from"], row["open"]) == (one["id"], one["from"], "true" if one["open"] else "false")
        for leg in one["legs"]:
            if leg["leg"] != "information":
                assert row[f"{leg['leg']}_wall_s"] == str(leg["wall_s"])
        parts = sum(float(row[f"held_{holder}_wall_s"] or 0) for holder in one["holders"])
        assert parts == pytest.approx(float(row["whole_wall_s"]), abs=1e-5)


def test_a_summary_as_a_spreadsheet_has_a_row_a_leg(run: Run) -> None:
    groups = document(run("summary", "--by", "pair", "--json"))["groups"]
    rows = table(run("summary", "--by", "pair", "--csv"))
    assert list(rows[0]) == list(SUMMARY_COLUMNS)
    legs = [(group["from"], name, str(leg["ended"])) for group in groups for name, leg in group["legs"].items()]
    assert [(row["from"], row["leg"], row["ended"]) for row in rows] == legs


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_what_a_spreadsheet_would_take_for_a_formula_is_text(capsysbinary: Any, text: str) -> None:
    show.as_csv(("name", "number"), [{"name": text, "number": -1.5}])
    (_, row) = csv.reader(io.StringIO(capsysbinary.readouterr().out.decode(), newline=""))
    assert row == [f"'{text}", "-1.5"]


def test_a_moment_is_shown_in_utc_wherever_it_was_said() -> None:
    assert show.minute("2026-03-11T00:20:00+01:00") == "2026-03-10 23:20"


def test_a_length_is_shown_by_one_that_it_does_not_exceed() -> None:
    second, hour, day = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
    shown = {
        second / 2: "1 s", 90 * second: "90 s", 121 * second: "3 min", 119 * 60 * second: "119 min",
        72 * hour: "72 h", 72 * hour + second: "4 days", 4 * day: "4 days", 4 * day + second: "5 days",
    }  # fmt: skip
    assert {length: within(length) for length in shown} == shown


def test_read_models_of_another_version_are_asked_for_anew(
    run: Run, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path))
    place = Place.of(Settings(home=tmp_path))
    place.begin(LIVE)
    with place.opened() as opened:
        Projector(opened, MODELS)
        with opened.begin() as connection:
            connection.execute(update(META).values(version=META.c.version - 1))
    for words in (("list",), ("summary",), ("show", "x")):
        assert "rebuild" in refused(run(*words), "projections.stale")
