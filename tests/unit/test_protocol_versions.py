"""By which protocol a duty is judged: another country's, and an older or a newer version."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bus.settings import Settings
from contracts.duties.duty import State
from contracts.protocol import Protocol, read
from tests.builders import OVERSIGHT, POLICE, PROSECUTION
from tests.dated_cases import Case
from tests.unit.test_protocol import HEAD, RULE, written

ELSEWHERE = Path(__file__).parents[1] / "protocols" / "elsewhere"
TOKYO = ZoneInfo("Asia/Tokyo")
INSTANT = timedelta(microseconds=1)


def test_another_countrys_protocol_takes_the_place_of_the_shipped_one_without_touching_code(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert Settings().protocol is None
    monkeypatch.setenv("BARNABUS_PROTOCOL", str(ELSEWHERE))
    protocol = read(Settings().protocol)
    assert {version.jurisdiction for version in protocol.versions} == {"elsewhere"}
    case = Case()
    thursday = datetime(2026, 3, 12, 20, tzinfo=TOKYO)
    case.concern(thursday)
    (duty,) = case.duties(thursday, protocol)
    assert (duty.rule.id, duty.owner, duty.tell_of_breach) == ("taken-on", POLICE, (POLICE, OVERSIGHT))
    assert duty.due_at == datetime(2026, 3, 18, tzinfo=TOKYO).astimezone(UTC) - INSTANT, "Friday, Saturday are free"
    assert duty.document()["verified_by"] == "A made-up ministry"


def test_a_rule_changed_by_a_new_version_applies_from_its_date_and_a_replay_of_before_uses_the_old_one() -> None:
    protocol = read(ELSEWHERE)
    new_year = datetime(2027, 1, 1, tzinfo=TOKYO)
    case = Case()
    case.concern(new_year - INSTANT)
    case.concern(new_year)
    old, new = case.all("taken-on", new_year, protocol)
    assert (old.version, old.rule.limit and old.rule.limit.count) == ("2026", 3)
    assert (new.version, new.rule.limit and new.rule.limit.count) == ("2027", 1)
    assert case.all("taken-on", new_year - INSTANT, protocol)[0].version == "2026"
    years_later = case.all("taken-on", new_year + timedelta(days=900), protocol)
    assert [one.version for one in years_later] == ["2026", "2027"], "what began under a version is judged by it"


def test_a_rule_that_a_new_version_drops_is_owed_by_what_began_before_and_by_nothing_later() -> None:
    protocol = read(ELSEWHERE)
    new_year = datetime(2027, 1, 1, tzinfo=TOKYO)
    case = Case()
    for moment in (new_year - INSTANT, new_year):
        case.say(PROSECUTION, "case.registered", moment, handoff_id=None)
    assert [one.opened_at for one in case.all("advocate", new_year, protocol)] == [new_year - INSTANT]


def test_before_its_first_day_a_protocol_asks_nothing_of_anybody() -> None:
    case = Case()
    case.concern(datetime(2025, 12, 31, 23, 59, tzinfo=TOKYO))
    assert case.duties(datetime(2027, 5, 1, tzinfo=UTC), read(ELSEWHERE)) == ()


def test_the_version_is_that_of_the_duty_s_own_beginning_and_not_of_its_being_typed_in(tmp_path: Path) -> None:
    known = RULE.replace('"stamp"', '"knowledge"')
    written(tmp_path, HEAD + known)
    written(tmp_path, HEAD.replace('"1"', '"2"').replace("2026-", "2027-") + known.replace("24", "12"), "2.toml")
    protocol = read(tmp_path)
    case = Case()
    learned = datetime(2026, 12, 31, 12, tzinfo=UTC)
    case.concern(learned + timedelta(days=30), known=learned)
    (duty,) = case.duties(learned + timedelta(days=31), protocol)
    assert (duty.version, duty.due_at, duty.state) == ("1", learned + timedelta(hours=24), State.BREACHED)


def test_a_rule_whose_clock_a_new_version_changes_leaves_no_gap_and_owes_nothing_twice(tmp_path: Path) -> None:
    written(tmp_path, HEAD + RULE)
    changed = HEAD.replace('"1"', '"2"').replace("2026-", "2027-") + RULE.replace('"stamp"', '"knowledge"')
    written(tmp_path, changed, "2.toml")
    protocol: Protocol = read(tmp_path)
    case = Case()
    before, after = datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    case.concern(after, known=before)  # it was not known under the new one, and is not logged under the old
    assert [one.version for one in case.duties(after, protocol)] == ["1"]
