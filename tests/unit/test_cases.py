"""`barnabus cases`: where all cases stand, as the read model has it, and never who is in them."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update
from typer.testing import CliRunner, Result

from bus import provisioning
from bus.log import Logged
from bus.settings import Settings
from cli.main import app
from contracts.errors import CODES
from projections import case_fold, cases
from projections.cases import Cases
from projections.engine import Projector
from projections.models import MODELS
from projections.readmodel import META
from projections.view import LIVE, PROJECTIONS, Place
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL
from tests.case_logs import CASE, FIRST, Log
from tests.views import made_up_log

ENTRIES = 600
CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}
SUSPECT = {"ref": "p-2m8r4t6v0z", "role": "suspect"}
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def log() -> Sequence[Logged]:
    return made_up_log(ENTRIES)


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """Of a home's own, as the command finds it."""
    url = request.getfixturevalue("postgres").url() if request.param == "postgres" else None
    monkeypatch.setenv("BARNABUS_HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv(PROJECTIONS, url) if url else monkeypatch.delenv(PROJECTIONS, raising=False)
    return Place(tmp_path / "projections", url)


@pytest.fixture
def folded(place: Place, log: Sequence[Logged]) -> None:
    fold(place, log)


def fold(place: Place, entries: Sequence[Logged]) -> None:
    place.begin(LIVE)
    with place.opened() as opened:
        projector = Projector(opened, MODELS)
        if entries:
            projector.apply(entries)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["cases", *words])


def listed(*words: str) -> list[dict[str, Any]]:
    found = run("list", *words, "--json")
    assert found.exit_code == 0, found.output
    rows: list[dict[str, Any]] = json.loads(found.stdout)["cases"]
    return rows


def summary() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("summary", "--json").stdout)
    return found


def refused(found: Result, code: str) -> str:
    assert (found.exit_code, found.stdout) == (CODES[code].exit, ""), found.output
    assert code in found.stderr
    return found.stderr


# what is shown


@pytest.mark.usefixtures("folded")
def test_pages_show_every_case_once_in_the_order_of_references(log: Sequence[Logged]) -> None:
    shown, after = list[str](), ""
    while page := listed("--limit", "7", "--after", after):
        shown += [one["case_ref"] for one in page]
        after = shown[-1]
    assert shown == sorted({entry.record.subject for entry in log if not entry.subject.startswith("link.")})


@pytest.mark.usefixtures("folded")
@pytest.mark.parametrize(
    ("asked", "holds"),
    [
        (("--phase", "intervention"), lambda one: one["phase"] == "intervention"),
        (("--responsible", "social"), lambda one: one["responsible"] == "social"),
        (("--active", "health"), lambda one: "health" in one["active"]),
        (("--waiting-on", "police"), lambda one: "police" in one["waiting_on"]),
        (("--open",), lambda one: not one["closed"]),
        (("--closed",), lambda one: one["closed"]),
    ],
)
def test_a_filter_shows_those_of_which_it_holds_and_no_other(
    asked: tuple[str, ...], holds: Callable[[dict[str, Any]], bool]
) -> None:
    everything = listed()
    found = listed(*asked)
    assert found == [one for one in everything if holds(one)]
    assert 0 < len(found) < len(everything)


@pytest.mark.usefixtures("folded")
def test_the_summary_counts_what_the_list_shows() -> None:
    shown, found = listed(), summary()
    assert {(one["phase"], one["responsible"]): (one["cases"], one["closed"]) for one in found["standing"]} == {
        stands: (count, sum(one["closed"] for one in shown if (one["phase"], one["responsible"]) == stands))
        for stands, count in Counter((one["phase"], one["responsible"]) for one in shown).items()
    }
    closed = sum(one["closed"] for one in shown)
    assert (found["cases"], found["open"], found["closed"]) == (len(shown), len(shown) - closed, closed)


@pytest.mark.usefixtures("folded")
@pytest.mark.parametrize("verb", ["list", "summary"])
def test_a_narrow_terminal_shows_it_and_nobody_in_it_is_named(verb: str) -> None:
    found = run(verb)
    assert found.exit_code == 0
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert "p-" not in found.stdout + run(verb, "--json").stdout, "no person, by a pseudonym either"


def test_a_case_that_is_held_up_says_so(place: Place, log: Sequence[Logged]) -> None:
    last = max(n for n, entry in enumerate(log) if not entry.subject.startswith("link."))
    record = log[last].record
    newer = record.model_copy(update={"dataschema": record.dataschema.replace(":1.0", ":9.0")})
    fold(place, [*log[:last], replace(log[last], record=newer)])
    assert [one["case_ref"] for one in listed() if one["held_up"]] == [record.subject]
    assert record.subject in run("list").stderr
    assert summary()["held_up"] == 1


# what is refused, and what is not there


@pytest.mark.usefixtures("folded")
@pytest.mark.parametrize(
    ("words", "code", "choices"),
    [
        (("--phase", "over"), "option.invalid", "intervention, investigation, reintegration"),
        (("--responsible", "court"), "agency.unknown", "health, oversight, police, prosecution, social"),
        (("--active", "court"), "agency.unknown", "health, oversight, police, prosecution, social"),
        (("--waiting-on", "court"), "agency.unknown", "health, oversight, police, prosecution, social"),
    ],
)
def test_a_wrong_value_is_refused_with_those_that_there_are(words: tuple[str, ...], code: str, choices: str) -> None:
    assert choices in " ".join(refused(run("list", *words), code).split())


@pytest.mark.parametrize("verb", ["list", "summary"])
def test_without_a_view_or_with_one_of_another_fold_it_says_what_to_do(place: Place, verb: str) -> None:
    provisioning.provision(Settings(), FIRST)
    refused(run(verb), "projections.missing")
    fold(place, [])
    assert "There are none." in run(verb).stdout
    with place.opened() as opened, opened.begin() as connection:
        connection.execute(update(META).where(META.c.model == Cases.name).values(version=Cases.version + 1))
    refused(run(verb), "projections.stale")


# what a row tells


def row(log: Log) -> dict[str, Any]:
    return cases.row(CASE, case_fold.folded(log.entries))


def test_a_case_waits_for_whoever_has_to_move_in_what_is_open() -> None:
    log, model = Log(), Cases()
    asked = log.make(POLICE, SOCIAL)
    log.make(PROSECUTION, HEALTH, "forensic-exam.ordered")
    assert (row(log)["waiting_on"], row(log)["exams"]) == (["health", "social"], ["ordered, made"])
    log.on(SOCIAL, "information.asked", asked, priority="red")
    assert row(log)["waiting_on"] == ["health", "police"]
    columns = model.columns(case_fold.folded(log.entries))
    assert (columns["waiting_on"], columns["active"]) == (" health police ", " health police prosecution social ")
    log.on(SOCIAL, "referral.declined", asked, reason="no-capacity", next_step="sender-keeps")
    assert (row(log)["waiting_on"], row(log)["active"]) == (["health"], ["health", "prosecution"])


def test_measures_interviews_and_missing_children_are_counted_without_saying_whose_they_are() -> None:
    log, since = Log(), FIRST.isoformat()
    log.say(SOCIAL, "child.missing", {"concerns": CHILD, "missing_since": since})
    for ordinal in (1, 2):
        interview = {"held_at": since, "ordinal": ordinal, "recorded": "yes", "handoff_id": None}
        log.say(PROSECUTION, "child-interview.completed", {"concerns": CHILD, **interview})
    for change in ("requested", "ordered"):
        measure = {"measure": "keep-away-order", "change": change, "since": since}
        log.say(PROSECUTION, "protective-measure.changed", {"concerns": CHILD, "suspect": SUSPECT, **measure})
    found = row(log)
    assert (found["children"], found["missing"], found["interviews"]) == (1, 1, 2)
    assert [(one["measure"], one["change"]) for one in found["measures"]] == [("keep-away-order", "ordered")]
    assert CHILD["ref"] not in json.dumps(found)
    assert SUSPECT["ref"] not in json.dumps(found)


def test_a_receipt_is_of_no_case() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    log.signs(SOCIAL, POLICE, 1, at=FIRST)
    assert [list(Cases().keys(entry)) for entry in log.entries] == [[CASE], []]
