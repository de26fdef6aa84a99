"""`barnabus duties list|show|missing` as a user meets them: what is owed, what was never done, what is lacking."""

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner, Result

from bus import provisioning
from bus.clock import wall_clock
from bus.log import Logged
from bus.settings import Settings
from cli.duty_rows import COLUMNS, MISSING_COLUMNS
from cli.main import app
from contracts.agencies import Agency
from contracts.duties import fold, notices
from contracts.errors import CODES
from contracts.protocol import read
from projections.owed import STANDINGS
from projections.protections import PROTECTIONS
from projections.pulse import Pulse
from projections.records import Records
from projections.view import LIVE, PROJECTIONS, Place
from tests import views
from tests.builders import HEALTH, KEEPER, POLICE, PROSECUTION, SOCIAL, new_case
from tests.case_logs import CASE, Log
from tests.dated_cases import Case, scenario
from tests.unit.given import SIBLING
from tests.unit.test_durations import at

HOUR, DAY, INSTANT = timedelta(hours=1), timedelta(days=1), timedelta(microseconds=1)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
ENTRIES = 400
PERSON = re.compile(r"\bp-[0-9a-z]{10}\b")
XK = read()


@pytest.fixture(params=["sqlite", "postgres"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """Of a home's own, as the command finds it, in each kind of database."""
    url = request.getfixturevalue("postgres").url() if request.param == "postgres" else None
    monkeypatch.setenv(PROJECTIONS, url) if url else monkeypatch.delenv(PROJECTIONS, raising=False)
    at_home(tmp_path, monkeypatch)
    return Place(tmp_path / "projections", url)


@pytest.fixture
def file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Place:
    """The same in a file alone."""
    monkeypatch.delenv(PROJECTIONS, raising=False)
    at_home(tmp_path, monkeypatch)
    return Place(tmp_path / "projections", None)


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with the read models of a part of a made-up year."""
    home = tmp_path_factory.mktemp("home")
    place = Place.of(Settings(home=home))
    place.begin(LIVE)
    views.fold(place, views.made_up_log(ENTRIES))
    return home


@pytest.fixture
def year(made_up: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(PROJECTIONS, raising=False)
    at_home(made_up, monkeypatch)


def at_home(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BARNABUS_HOME", str(home))
    monkeypatch.delenv("BARNABUS_PROTOCOL", raising=False)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr("cli.show.out._width", 80)
    monkeypatch.setattr("cli.show.err._width", 400)


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["duties", *words])


def document(*words: str) -> Any:
    found = run(*words, "--json")
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def listed(*words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document("list", "--limit", "1000", *words)["duties"]
    return found


def rules(*words: str, as_of: datetime) -> set[str]:
    return {one["rule"] for one in listed("--as-of", as_of.isoformat(), *words)}


def refused(found: Result, code: str) -> str:
    assert (found.exit_code, found.stdout) == (CODES[code].exit, ""), found.output
    assert code in found.stderr
    return " ".join(found.stderr.split())


def logged(case: Case) -> Log:
    """A case that is said by hand, as the log has it: with the letters and receipts that it says there are."""
    log = Log()
    for one in case.said:
        log.say(
            one.by,
            one.said.type,
            dict(one.said.codes),
            sorted(one.received),
            logged=one.at,
            known=one.clocks.known,
            occurred=one.clocks.occurred,
        )
        entry = log.entries.pop()
        log.entries.append(replace(entry, record=entry.record.model_copy(update={"id": one.said.id})))
        number = len(log.entries)
        for agency, receipt in one.received.items():
            log.signs(agency, one.by, number, at=receipt.at, logged=receipt.logged_at)
    return log


# what was never done


def test_the_pattern_of_2019_shows_exam_and_detention_as_absent_from_the_moment_they_were_due(place: Place) -> None:
    """Everybody was informed: every letter arrived, no exam was made, no detention was sought."""
    views.by_hand(place, logged(scenario("2-everybody-was-informed")).entries)
    exam, judge = at(2026, 3, 2, 8) + 50 * timedelta(minutes=1) + 72 * HOUR, at(2026, 3, 2, 18) + 48 * HOUR
    assert not {"sampling-before-puberty", "examined-anyway"} & rules("--absent", as_of=exam), "at the limit is inside"
    assert {"sampling-before-puberty", "examined-anyway"} <= rules("--absent", as_of=exam + INSTANT)
    assert "examined-anyway" not in rules("--overdue", as_of=exam + INSTANT), "what has no limit in law is never late"
    assert "arrested-before-judge" not in rules("--absent", as_of=judge)
    assert "arrested-before-judge" in rules("--overdue", as_of=judge + INSTANT)
    assert "arrested-before-judge" in rules("--absent", as_of=at(2026, 7, 1)), "a late release does not hide it"
    (told,) = listed("--met", "--rule", "release-told-to-social", "--as-of", "2026-07-01")
    assert (told["on_time"], told["owner"]) == (True, "police")
    shown = run("list", "--absent", "--rule", "examined-anyway", "--as-of", "2026-07-01").stdout
    assert "absent by" in shown
    assert "late" not in shown
    assert "UNVERIFIED" in shown


def test_a_view_comes_to_the_duties_that_the_fold_of_what_was_said_comes_to(place: Place) -> None:
    log = logged(scenario("3-known-and-not-acted-on"))
    views.by_hand(place, log.entries)
    for moment in (at(2026, 3, 3), at(2026, 3, 20), at(2026, 9, 1)):
        every = listed(*(f"--{name}" for name in STANDINGS), "--as-of", moment.isoformat())
        every += [one for one in listed("--as-of", moment.isoformat()) if one["state"] == "open"]
        found = {one["id"]: (one["state"], one["due_at"], one["absent"]) for one in every}
        wanted = [one.document() for one in fold(log.case.dated(), XK, moment)]
        assert found == {one["id"]: (one["state"], one["due_at"], one["absent"]) for one in wanted}
        assert len(found) > 3


def test_by_how_much_is_counted_from_the_limit_to_when_it_was_done(file: Place) -> None:
    case = Case()
    reported = case.concern(NOON)
    case.say(SOCIAL, "crime-report.filed", NOON + 25 * HOUR, to="prosecution", notified=[])
    views.by_hand(file, logged(case).entries)
    (met,) = listed("--met", "--rule", "suspicion-to-prosecutor", "--as-of", (NOON + 9 * DAY).isoformat())
    assert (met["on_time"], met["past_s"], met["trigger"]["id"]) == (False, 3600, str(reported))
    assert "met, 1 h 0 min late" in run("list", "--met", "--rule", "suspicion-to-prosecutor").stdout
    (open_,) = listed("--rule", "concern-screened", "--as-of", (NOON + HOUR).isoformat())
    assert open_["past_s"] < 0


def test_what_is_due_soon_is_no_more_so_when_it_is_absent(file: Place) -> None:
    case = Case()
    case.concern(NOON)
    views.by_hand(file, logged(case).entries)
    assert "treatment-started" in rules("--due-soon", as_of=NOON + DAY), "at once, and its alarm has not passed"
    assert "treatment-started" not in rules("--due-soon", as_of=NOON + DAY + INSTANT)
    assert "examined-anyway" not in rules("--due-soon", as_of=NOON + 4 * DAY)
    assert "examined-anyway" in rules("--absent", as_of=NOON + 4 * DAY)


def test_a_closed_case_is_listed_on_demand_and_as_of_before_it_was_closed(place: Place) -> None:
    case = Case()
    case.concern(NOON)
    case.say(SOCIAL, "case.closed", NOON + 9 * DAY, reason="goals-reached")
    views.by_hand(place, logged(case).entries)
    before, after = (NOON + 9 * DAY - INSTANT).isoformat(), (NOON + 9 * DAY).isoformat()
    assert listed("--as-of", before)
    assert listed("--as-of", after) == []
    assert listed("--as-of", after, "--closed")
    assert listed("--as-of", after, "--case", CASE)
    assert listed("--as-of", (NOON - HOUR).isoformat(), "--closed") == [], "nothing was said then"


def test_a_duty_is_found_with_whoever_has_to_do_it_where_a_bypass_leads_around_its_owner(file: Place) -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=SOCIAL)
    case.bypass(HEALTH, POLICE, PROSECUTION, NOON + HOUR)
    views.by_hand(file, logged(case).entries)
    then = (NOON + 2 * HOUR).isoformat()
    assert listed("--agency", "police", "--as-of", then) == []
    (found,) = listed("--agency", "prosecution", "--rule", "examined-anyway", "--as-of", then)
    assert (found["owner"], found["holder"]) == ("police", "prosecution")
    assert "police → prosecution" in run("list", "--agency", "prosecution", "--as-of", then).stdout


def test_of_a_real_log_the_present_is_now_and_of_a_made_up_one_its_last_moment(file: Place) -> None:
    case = Case()
    case.concern(wall_clock() - 2 * HOUR)
    log = logged(case)
    views.by_hand(file, log.entries)
    assert "handoff-acknowledged" in {one["rule"] for one in listed("--overdue")}
    made_up = [replace(one, stamp=one.stamp.model_copy(update={"synthetic": True})) for one in log.entries]
    views.by_hand(file, made_up)
    assert "handoff-acknowledged" not in {one["rule"] for one in listed("--overdue")}
    assert document("list")["as_of"] == log.entries[-1].stamp.logged_at.isoformat()


def test_it_says_so_where_nobody_keeps_the_read_models_up_to_date(file: Place) -> None:
    case = Case()
    case.concern(NOON)
    views.by_hand(file, logged(case).entries)
    assert "up to date" in run("list").stderr
    assert "up to date" not in run("list", "--as-of", "2026-03-11").stderr
    Pulse(file.folder, wall_clock).beat()
    assert "up to date" not in run("list").stderr


def test_a_case_that_is_held_up_says_so_for_more_may_have_been_done(file: Place) -> None:
    log = views.made_up_log(80)
    told = {one["case_ref"] for one in duties_of(file, log)}
    last = next(one for one in reversed(log) if one.record.subject in told)
    newer = last.record.model_copy(update={"dataschema": last.record.dataschema.replace(":1.0", ":9.0")})
    found = duties_of(file, [*log[: last.stamp.position - 1], replace(last, record=newer)])
    assert {one["case_ref"] for one in found if one["held_up"]} == {last.record.subject}
    for words in (
        ("list", "--limit", "1000"),
        ("missing",),
        ("show", next(one["id"] for one in found if one["held_up"])),
    ):
        assert last.record.subject in run(*words).stderr


def test_a_case_of_which_nothing_can_be_reckoned_is_named_and_keeps_nobody_from_the_others(place: Place) -> None:
    before = duties_of(place, views.made_up_log(80))
    broken = before[0]["case_ref"]
    of_it = Records.table.c.case_ref == broken
    with place.opened() as opened, opened.begin() as connection:
        row = connection.execute(select(Records.table.c.key, Records.table.c.state).where(of_it)).first()
        assert row
        spoiled = {**row.state, "type": "no.such-type"}
        connection.execute(update(Records.table).where(Records.table.c.key == row.key).values(state=spoiled))
    found = document("list", "--limit", "1000")
    assert found["failing"] == {broken: "type.unknown"}
    assert found["duties"] == [one for one in before if one["case_ref"] != broken]
    assert document("missing")["failing"] == found["failing"]
    result = run("check", "--json")
    assert (result.exit_code, json.loads(result.stdout)["failing"]) == (1, found["failing"])
    for words in (("list",), ("missing",), ("check",), ("show", found["duties"][0]["id"])):
        assert f"cannot be reckoned, and is not shown: {broken} (type.unknown)" in _flat(run(*words).stderr)


def test_a_case_that_somebody_blew_up_is_named_and_keeps_nobody_from_the_others(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = duties_of(place, log := views.made_up_log(300))
    counts = Counter(one.record.subject for one in log if not one.subject.startswith("link."))
    monkeypatch.setattr("projections.said.RECORDS_LIMIT", max(counts.values()) - 1)
    long = {case_ref for case_ref, count in counts.items() if count == max(counts.values())}
    found = document("list", "--limit", "1000")
    assert found["failing"] == dict.fromkeys(sorted(long), "case.too-long")
    assert found["duties"] == [one for one in before if one["case_ref"] not in long]


def _flat(text: str) -> str:
    return " ".join(text.split())


def duties_of(place: Place, log: Sequence[Logged]) -> list[dict[str, Any]]:
    place.begin(LIVE)
    views.fold(place, log)
    return listed()


# one duty


def test_one_duty_shows_both_due_times_and_what_its_holder_had_received(place: Place) -> None:
    case = Case()
    reported = case.say(HEALTH, "concern.reported", NOON, to=SOCIAL, notified=["police"])
    case.receives(POLICE, reported, NOON + HOUR, NOON + 2 * HOUR)
    views.by_hand(place, logged(case).entries)
    (duty,) = listed("--rule", "suspicion-to-prosecutor", "--as-of", (NOON + 3 * HOUR).isoformat())
    known = document("show", duty["id"], "--as-of", (NOON + 2 * HOUR).isoformat())
    (letter,) = known["letters"]
    assert (letter["position"], letter["receipt"], letter["opened"]) == (1, 2, True)
    assert letter["received_at"] == (NOON + HOUR).isoformat()
    before = document("show", duty["id"], "--as-of", (NOON + HOUR).isoformat())
    assert [one["received_at"] for one in before["letters"]] == [None], "the log had no receipt then"
    assert (before["begun"], before["starts_at"]) == (False, (NOON + 4 * HOUR).isoformat())
    shown = " ".join(run("show", duty["id"], "--as-of", (NOON + HOUR).isoformat()).stdout.split())
    assert "at the latest, since nobody has signed for its letter" in shown
    shown = run("show", duty["id"]).stdout
    for said in (
        "authority (K)",
        "UNVERIFIED",
        "set off by: concern.reported of health, position 1",
        "2026-03-10 13:00",
    ):
        assert said in shown


def test_a_correction_shows_when_it_was_first_due_and_when_it_is_now(file: Place) -> None:
    case = Case()
    reported = case.concern(NOON, known=NOON)
    moved = case.said[0].clocks.model_copy(update={"occurred": NOON - DAY, "known": NOON - DAY})
    right = case.corrected(reported, NOON + HOUR, clocks=moved)
    views.by_hand(file, logged(case).entries)
    (duty,) = listed("--rule", "treatment-started", "--as-of", (NOON + 2 * HOUR).isoformat())
    assert (duty["first_due_at"], duty["due_at"]) == ((NOON + DAY).isoformat(), NOON.isoformat())
    shown = " ".join(run("show", duty["id"], "--as-of", (NOON + 2 * HOUR).isoformat()).stdout.split())
    assert f"put right by {right}: first due 2026-03-11 12:00, now 2026-03-10 12:00" in shown


# what is lacking


# what the keeper has said


def keeper_looks(log: Log, at: datetime) -> None:
    """It says what is to be said as of this moment, and the log has it at once."""
    dated, position = log.case.dated(), len(log.entries)
    for notice in notices.wanted(fold(dated, XK, at), dated, position):
        log.say(KEEPER, notice.type, dict(notice.codes), notice.tell, logged=at)


def watched() -> tuple[Log, datetime]:
    """A concern that the police neither report to the prosecution nor answer, and a keeper that looks once a day."""
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    log = logged(case)
    for days in range(1, 8):
        keeper_looks(log, NOON + days * DAY + INSTANT)
    return log, NOON + 7 * DAY + HOUR


def test_a_duty_shows_what_the_keeper_has_said_of_it_and_to_whom(place: Place) -> None:
    log, at = watched()
    views.by_hand(place, log.entries)
    (duty,) = listed("--rule", "suspicion-to-prosecutor", "--as-of", at.isoformat())
    said = [(one["type"], one["to"]) for one in document("show", duty["id"], "--as-of", at.isoformat())["notices"]]
    assert said == [
        ("duty.opened", ["police"]),
        ("duty.breached", ["oversight", "police"]),
        ("duty.escalated", ["oversight"]),
    ]
    before = document("show", duty["id"], "--as-of", (NOON + HOUR).isoformat())
    assert before["notices"] == []
    shown = " ".join(run("show", duty["id"], "--as-of", at.isoformat()).stdout.split())
    assert "the keeper said duty.breached to oversight, police: 2026-03-11 12:00" in shown


def test_what_the_keeper_said_is_reckoned_again_and_agrees(place: Place) -> None:
    log, at = watched()
    views.by_hand(place, log.entries)
    found = document("check", "--as-of", at.isoformat())
    assert (found["agrees"], found["wrong"], found["unsaid"]) == (True, [], [])
    assert found["notices"] == sum(one.record.sender == KEEPER for one in log.entries)


def test_a_notice_that_does_not_follow_from_the_log_and_one_that_is_lacking_are_named(place: Place) -> None:
    log, at = watched()
    gone = log.entries.pop(next(n for n, one in enumerate(log.entries) if one.record.type == "duty.escalated"))
    forged = log.entries[-1]
    content = {**forged.record.data.content, "owner": "social"}
    data = forged.record.data.model_copy(update={"content": content})
    log.entries[-1] = replace(forged, record=forged.record.model_copy(update={"data": data}))
    views.by_hand(place, log.entries)
    result = run("check", "--as-of", at.isoformat(), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert [one["id"] for one in found["wrong"]] == [str(forged.record.id)]
    assert (gone.record.type, gone.record.data.content["rule"]) in [
        (one["type"], one["rule"]) for one in found["unsaid"]
    ]
    shown = run("check", "--as-of", at.isoformat())
    assert shown.exit_code == 1
    assert "1 do not follow from the log" in shown.stdout


def test_where_no_keeper_ever_spoke_everything_is_unsaid_but_what_was_said_just_now(place: Place) -> None:
    case = Case()
    case.concern(NOON, by=HEALTH, to=POLICE)
    views.by_hand(place, logged(case).entries)
    assert document("check", "--as-of", (NOON + INSTANT).isoformat())["agrees"]
    result = run("check", "--as-of", (NOON + HOUR).isoformat(), "--json")
    assert result.exit_code == 1
    assert {one["type"] for one in json.loads(result.stdout)["unsaid"]} == {"duty.opened"}


def test_a_child_lacks_what_nobody_has_done_for_it_and_is_protected_by_the_first_act_that_protects(
    place: Place,
) -> None:
    case = Case()
    case.concern(NOON, known=NOON - DAY)
    views.by_hand(place, logged(case).entries)
    (found,) = document("missing", "--as-of", (NOON + DAY).isoformat())["cases"]
    (child,) = found["children"]
    assert (child["known_at"], child["protected_at"], child["waits_s"]) == ((NOON - DAY).isoformat(), None, 2 * 86_400)
    assert child["lacks"] == [name for name in PROTECTIONS if name != "ordered-exam"]
    case.say(POLICE, "immediate-protection.taken", NOON + 5 * HOUR, began_at=(NOON + HOUR).isoformat())
    case.say(SOCIAL, "safe-contact.set", NOON + 6 * HOUR, found=False)
    case.say(Agency.PROSECUTION, "forensic-exam.ordered", NOON + 7 * HOUR, to="health", notified=[])
    views.by_hand(place, logged(case).entries)
    then = document("missing", "--as-of", (NOON + DAY).isoformat())
    (child,) = then["cases"][0]["children"]
    assert (child["protected_at"], child["took_s"]) == ((NOON + HOUR).isoformat(), 25 * 3600)
    assert "safe-contact" in child["lacks"], "that none was found protects nobody"
    assert "ordered-exam" in child["lacks"]
    assert "immediate-protection" not in child["lacks"]
    counts = then["counts"]
    assert counts["protected_within"] == {"24h": 0, "72h": 1, "7d": 0, "30d": 0, "longer": 0}
    assert (counts["children"], counts["not_protected_yet"], counts["lacking"]["urgent-care"]) == (1, 0, 1)


def test_a_measure_protects_once_it_is_ordered_and_nobody_before_anybody_knew(file: Place) -> None:
    case = Case()
    case.concern(NOON)
    for change, days in (("requested", 1), ("ordered", 2)):
        since = (NOON + days * DAY).isoformat()
        case.say(Agency.PROSECUTION, "protective-measure.changed", NOON + 9 * DAY, change=change, since=since)
    views.by_hand(file, logged(case).entries)
    assert document("missing")["cases"][0]["children"][0]["took_s"] == 2 * 86_400
    case.say(HEALTH, "urgent-care.given", NOON + 9 * DAY, began_at=(NOON - HOUR).isoformat())
    views.by_hand(file, logged(case).entries)
    assert document("missing")["cases"][0]["children"][0]["took_s"] == 0


def test_each_child_of_a_case_is_counted_by_itself(file: Place) -> None:
    case = Case()
    case.concern(NOON)
    case.concern(NOON + DAY, concerns=SIBLING)
    case.say(SOCIAL, "safe-contact.set", NOON + 2 * DAY, found=True, concerns=SIBLING)
    case.say(POLICE, "immediate-protection.taken", NOON + 2 * DAY)
    views.by_hand(file, logged(case).entries)
    (found,) = document("missing")["cases"]
    first, second = found["children"]
    assert ("safe-contact" in first["lacks"], "safe-contact" in second["lacks"]) == (True, False)
    assert (first["protected_at"] is None, second["protected_at"] is None) == (False, True)
    assert (found["lacks"]["safe-contact"], found["lacks"]["urgent-care"]) == (1, 2)
    assert "safe-contact (1 of 2)" in run("missing").stdout


def test_within_24_hours_is_exactly_24_hours_too(file: Place) -> None:
    for more, length in ((timedelta(0), "24h"), (INSTANT, "72h")):
        case = Case()
        case.concern(NOON)
        case.say(POLICE, "immediate-protection.taken", NOON + 2 * DAY, began_at=(NOON + DAY + more).isoformat())
        views.by_hand(file, logged(case).entries)
        assert document("missing")["counts"]["protected_within"][length] == 1


@pytest.mark.usefixtures("year")
def test_the_counts_count_what_the_cases_show() -> None:
    found = document("missing", "--limit", "1000")
    children = [child for case in found["cases"] for child in case["children"]]
    assert found["counts"]["children"] == len(children) > 3
    for name in PROTECTIONS:
        lacking = [child for child in children if name in child["lacks"]]
        assert found["counts"]["lacking"][name] == len(lacking)
        of = document("missing", "--limit", "1000", "--lacking", name)
        assert [case for case in found["cases"] if name in case["lacks"]] == of["cases"]
        assert of["counts"] == found["counts"]


# as a user meets it


@pytest.mark.usefixtures("year")
def test_a_filter_shows_those_of_which_it_holds_and_no_other() -> None:
    every = listed(*(f"--{name}" for name in STANDINGS), "--closed")
    every += [one for one in listed("--closed") if one["state"] == "open"]
    wanted: Callable[[dict[str, Any]], bool]
    for words, wanted in (
        (("--overdue",), lambda one: one["state"] == "breached"),
        (("--absent",), lambda one: one["absent"]),
        (("--due-soon",), lambda one: one["state"] == "due-soon" and not one["absent"]),
        (("--met",), lambda one: one["state"] == "met"),
        (("--met", "--overdue"), lambda one: one["state"] in ("met", "breached")),
        ((), lambda one: one["owed"]),
        (("--agency", "police"), lambda one: one["owed"] and one["holder"] == "police"),
        (("--met", "--rule", "handoff-decided"), lambda one: (one["state"], one["rule"]) == ("met", "handoff-decided")),
        (("--case", every[0]["case_ref"]), lambda one: one["owed"] and one["case_ref"] == every[0]["case_ref"]),
    ):
        found = listed(*words, "--closed")
        assert {one["id"] for one in found} == {one["id"] for one in every if wanted(one)}, words
        assert found, words


@pytest.mark.usefixtures("year")
def test_pages_show_every_duty_once_and_what_was_expected_first_stands_first() -> None:
    every = listed()
    expected = [one["expected_by"] for one in every if one["expected_by"]]
    assert expected == sorted(expected)
    shown, after = list[str](), ""
    while page := document("list", "--limit", "40", "--after", after)["duties"]:
        shown += [one["id"] for one in page]
        after = shown[-1]
    assert shown == [one["id"] for one in every]
    assert f"--after {every[1]['id']}" in run("list", "--limit", "2").stderr


@pytest.mark.usefixtures("year")
def test_all_that_is_shown_fits_80_columns_and_nobody_is_named() -> None:
    everything = [f"--{name}" for name in STANDINGS]
    ids = [one["id"] for one in listed(*everything, "--closed")[::40]]
    for words in (("list", *everything, "--closed"), ("missing",), *(("show", one) for one in ids)):
        found = run(*words)
        assert found.exit_code == 0, found.output
        assert max(len(line.rstrip()) for line in found.stdout.splitlines()) <= 80, found.stdout
        assert not PERSON.search(found.stdout + run(*words, "--json").stdout), "no person, by a pseudonym either"


@pytest.mark.usefixtures("year")
def test_a_spreadsheet_says_what_the_document_says() -> None:
    duties = list(csv.DictReader(io.StringIO(run("list", "--csv").stdout_bytes.decode(), newline="")))
    assert [(one["id"], one["verified"], one["state"]) for one in duties] == [
        (one["id"], str(one["verified"]).lower(), one["state"]) for one in document("list")["duties"]
    ]
    assert tuple(duties[0]) == COLUMNS
    lacking = list(csv.DictReader(io.StringIO(run("missing", "--csv").stdout_bytes.decode(), newline="")))
    assert tuple(lacking[0]) == MISSING_COLUMNS
    children = [child for case in document("missing")["cases"] for child in case["children"]]
    assert [[name for name in PROTECTIONS if one[name]] for one in lacking] == [child["lacks"] for child in children]


@pytest.mark.usefixtures("year")
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("list", "--agency", "court"), "agency.unknown", "health, oversight, police, prosecution, social"),
        (("list", "--rule", "exam"), "option.invalid", "examined-anyway"),
        (("list", "--case", "7"), "field.invalid", "case_ref"),
        (("list", "--as-of", "yesterday"), "option.invalid", "2019-03-12T14:00"),
        (("list", "--json", "--csv"), "option.invalid", "--json, --csv"),
        (("list", "--after", "x"), "duty.not-found", "--after"),
        (("show", "00000000-0000-0000-0000-000000000000"), "duty.not-found", "duties list"),
        (("missing", "--lacking", "exam"), "option.invalid", "safe-contact"),
    ],
)
def test_a_wrong_value_is_refused_with_those_that_there_are(words: tuple[str, ...], code: str, said: str) -> None:
    assert said in refused(run(*words), code)


def test_without_a_view_it_says_what_to_do_and_of_an_empty_one_that_there_is_nothing(place: Place) -> None:
    provisioning.provision(Settings(), NOON)
    for verb in ("list", "missing"):
        refused(run(verb), "projections.missing")
    place.begin(LIVE)
    views.fold(place, [])
    for verb in ("list", "missing"):
        assert run(verb).stdout == "There are none.\n"
    assert document("list")["duties"] == []


def test_a_case_that_nobody_knows_has_no_duties(file: Place) -> None:
    file.begin(LIVE)
    views.fold(file, views.made_up_log(40))
    assert listed("--case", new_case()) == []
