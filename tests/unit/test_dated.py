"""A case as time limits read it, from its log."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from contracts.dated import Received, words
from tests.builders import HEALTH, POLICE, SOCIAL
from tests.case_logs import DAY, FIRST, Log
from tests.dated_cases import Case

HOUR = timedelta(hours=1)
LATER = FIRST + 99 * DAY


def test_the_log_says_when_each_recipient_had_a_letter_and_where_its_receipt_stands() -> None:
    log = Log()
    log.make(POLICE, SOCIAL, known=FIRST - HOUR)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + HOUR)
    (one,) = log.case.dated()
    assert (one.at, one.clocks.known) == (FIRST, FIRST - HOUR)
    assert one.received == {SOCIAL: Received(FIRST + HOUR, 2, FIRST + DAY)}
    assert log.case.until(position=2).dated() == [one]


def test_a_letter_that_could_not_be_opened_was_not_received() -> None:
    log = Log()
    log.make(POLICE, SOCIAL)
    log.signs(SOCIAL, POLICE, 1, at=FIRST + HOUR, opened=False)
    assert [dict(one.received) for one in log.case.dated()] == [{}]


def test_acts_on_a_handoff_are_about_the_child_and_the_service_that_its_making_names() -> None:
    log = Log()
    made = log.make(POLICE, SOCIAL)
    log.on(SOCIAL, "referral.accepted", made)
    log.on(SOCIAL, "referral.accepted", made)
    making, accepted = words(log.case.dated(), LATER)
    assert (accepted.child, accepted.service, accepted.handoff) == (making.child, making.service, made)
    assert (making.other, accepted.other) == (SOCIAL, POLICE)
    assert making.child


def test_the_same_record_twice_counts_where_it_stood_first() -> None:
    case, noon = Case(), datetime(2026, 3, 10, 12, tzinfo=UTC)
    case.say(HEALTH, "urgent-care.given", noon)
    case.say(HEALTH, "urgent-care.given", noon + DAY)
    first, second = case.said
    twice = [replace(second, said=replace(second.said, id=first.said.id)), first]
    assert [one.said.position for one in words(twice, noon + DAY)] == [1]
    assert words(twice, noon + DAY) == words(reversed(twice), noon + DAY)


def test_what_was_put_right_reads_so_and_keeps_its_wordings_in_order() -> None:
    case, noon = Case(), datetime(2026, 3, 10, 12, tzinfo=UTC)
    given = case.say(HEALTH, "urgent-care.given", noon, window="within-72-hours")
    for window in ("within-7-days", "longer-ago"):
        case.corrected(given, noon + DAY, window=window)
    care, *_ = words(case.said, noon + DAY)
    assert care.value("window") == "longer-ago"
    assert [one.value("window") for one in care.before] == ["within-72-hours", "within-7-days"]
    assert words(case.said, noon)[0].before == ()
