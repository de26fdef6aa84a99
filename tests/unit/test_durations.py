"""How long something took, by three clocks, and when a limit ends."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from contracts.durations import KOSOVO, Limit, Office, Span, Unit, band
from contracts.workdays import WorkingDays

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
LAST = timedelta(microseconds=1)


def at(year: int, month: int, day: int, hour: int = 0, minute: int = 0) -> datetime:
    """By the clocks of Kosovo."""
    return datetime(year, month, day, hour, minute, tzinfo=KOSOVO)


def local(moment: datetime) -> datetime:
    return moment.astimezone(KOSOVO)


def midnight_after(year: int, month: int, day: int) -> datetime:
    """When that day is over: the first moment that is not in it."""
    return at(year, month, day) + DAY


def test_from_17_january_to_4_april_2019_are_77_days() -> None:
    assert Span(at(2019, 1, 17), at(2019, 4, 4)).calendar_days == 77
    assert Span(at(2019, 1, 17, 23, 59), at(2019, 4, 4, 0, 1)).calendar_days == 77, "whatever the time of day"


def test_a_calendar_day_is_one_of_kosovo_and_not_of_utc() -> None:
    evening, after_midnight = datetime(2019, 7, 1, 21, 59, tzinfo=UTC), datetime(2019, 7, 1, 22, 0, tzinfo=UTC)
    assert Span(evening, after_midnight).calendar_days == 1


def test_four_days_are_not_in_the_band_of_up_to_three() -> None:
    assert [band(days, (3, 7, 14)) for days in (0, 3, 4, 7, 8, 14, 15)] == [0, 0, 1, 1, 2, 2, 3]


def test_exactly_72_hours_are_in_the_band_of_72_hours_and_a_moment_more_is_not() -> None:
    limits = [72 * HOUR, 120 * HOUR]
    assert [band(length, limits) for length in (72 * HOUR - LAST, 72 * HOUR, 72 * HOUR + LAST)] == [0, 0, 1]
    assert [band(length, limits) for length in (120 * HOUR, 120 * HOUR + LAST)] == [1, 2]


def test_bands_whose_limits_do_not_rise_are_refused() -> None:
    for limits in ((3, 3), (7, 3)):
        with pytest.raises(ValueError, match="rise"):
            band(1, limits)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(2019, 3, 30, 12), at(2019, 3, 31, 12), 23),  # spring: the night is an hour short
        (at(2019, 10, 26, 12), at(2019, 10, 27, 12), 25),  # autumn: an hour long
        (at(2019, 3, 29, 12), at(2019, 3, 30, 12), 24),
    ],
)
def test_a_change_of_clocks_does_not_change_what_the_wall_clock_counts(
    start: datetime, end: datetime, hours: int
) -> None:
    assert Span(start, end).wall == hours * HOUR
    assert Span(start, end).calendar_days == 1


def test_the_hour_that_autumn_has_twice_is_two_hours() -> None:
    first, second = at(2019, 10, 27, 2, 30), at(2019, 10, 27, 2, 30).replace(fold=1)
    assert Span(first, second).wall == HOUR


@pytest.mark.parametrize(
    ("start", "ends"),
    [
        (at(2019, 3, 30, 12), at(2019, 3, 31, 13)),
        (at(2019, 10, 26, 12), at(2019, 10, 27, 11)),
        (at(2019, 3, 29, 12), at(2019, 3, 30, 12)),
    ],
)
def test_a_limit_of_24_hours_ends_24_hours_later_whatever_the_clocks_say(start: datetime, ends: datetime) -> None:
    limit = Limit(24, Unit.HOURS)
    assert local(limit.ends(start)).isoformat() == ends.isoformat()
    assert limit.holds(start, ends), "exactly at the limit is inside"
    assert not limit.holds(start, ends.astimezone(UTC) + LAST)


def test_a_limit_in_days_ends_with_its_last_day_also_across_a_change_of_clocks() -> None:
    limit = Limit(14, Unit.DAYS)
    assert limit.ends(at(2019, 3, 25, 9)) == midnight_after(2019, 4, 8).astimezone(UTC) - LAST
    assert limit.holds(at(2019, 3, 25, 9), at(2019, 4, 8, 23, 59))
    assert not limit.holds(at(2019, 3, 25, 9), at(2019, 4, 9))


def test_the_same_day_is_a_limit_of_no_days() -> None:
    limit = Limit(0, Unit.DAYS)
    assert limit.holds(at(2019, 3, 12, 0), at(2019, 3, 12, 23, 59))
    assert not limit.holds(at(2019, 3, 12, 23, 59), at(2019, 3, 13))


def test_over_easter_neither_the_sunday_nor_the_monday_after_it_is_worked() -> None:
    """Both Easters of 2019: the Catholic one on 21 April, the Orthodox one a week later."""
    catholic = Span(at(2019, 4, 18, 12), at(2019, 4, 24, 12))
    assert catholic.working_time() == (4 + 8 + 0 + 8 + 4) * HOUR
    assert catholic.working_days() == 3
    orthodox = Span(at(2019, 4, 26, 8), at(2019, 4, 30, 16))
    assert orthodox.working_time() == 16 * HOUR, "Friday and Tuesday"


def test_independence_day_is_not_worked() -> None:
    """17 February 2020 is a Monday."""
    span = Span(at(2020, 2, 14, 15), at(2020, 2, 18, 9))
    assert span.working_time() == 2 * HOUR
    assert span.working_days() == 1
    assert span.calendar_days == 4


def test_independence_day_on_a_sunday_frees_the_monday_after_it() -> None:
    """17 February 2019."""
    assert Span(at(2019, 2, 15, 16), at(2019, 2, 18, 23)).working_time() == timedelta(0)
    assert Span(at(2019, 2, 15, 16), at(2019, 2, 19, 9)).working_time() == HOUR


def test_one_working_day_from_a_friday_evening_before_a_free_monday_ends_with_tuesday() -> None:
    limit, friday = Limit(1, Unit.WORKING_DAYS), at(2020, 2, 14, 18)
    assert limit.ends(friday) == midnight_after(2020, 2, 18).astimezone(UTC) - LAST
    assert limit.holds(friday, at(2020, 2, 18, 23, 59))
    assert not limit.holds(friday, at(2020, 2, 19))


def test_what_is_done_on_the_free_day_after_the_last_working_day_is_late() -> None:
    """Thursday to Saturday: by its end, the one working day has passed."""
    thursday, saturday = at(2019, 3, 14, 10), at(2019, 3, 16, 10)
    assert not Limit(1, Unit.WORKING_DAYS).holds(thursday, saturday)
    assert Span(thursday, saturday).working_days() == 2
    assert Span(at(2019, 3, 15, 10), saturday).working_days() == 1, "from Friday it is inside"


def test_45_working_days_from_17_january_2019() -> None:
    """A Thursday: nine weeks later, and a day more for 18 February."""
    assert local(Limit(45, Unit.WORKING_DAYS).ends(at(2019, 1, 17))).date() == date(2019, 3, 22)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        (at(2019, 3, 12, 6), at(2019, 3, 12, 9), 1),  # begins before it opens
        (at(2019, 3, 12, 15), at(2019, 3, 12, 22), 1),  # ends after it closed
        (at(2019, 3, 12, 17), at(2019, 3, 13, 7), 0),  # a night
        (at(2019, 3, 16, 9), at(2019, 3, 17, 15), 0),  # a weekend
        (at(2019, 3, 16, 9), at(2019, 3, 18, 9), 1),  # from a Saturday to a Monday
        (at(2019, 3, 12, 3), at(2019, 3, 14, 23), 24),  # three days, from before to after
        (at(2018, 12, 31, 12), at(2019, 1, 3, 12), 8),  # over the year's end: 1 and 2 January are free
        (at(2019, 3, 29, 12), at(2019, 4, 1, 12), 8),  # over the night when the clocks change
    ],
)
def test_only_office_hours_count_wherever_a_span_begins_or_ends(start: datetime, end: datetime, hours: int) -> None:
    assert Span(start, end).working_time() == hours * HOUR


def test_an_office_has_hours_and_days_of_its_own() -> None:
    office = Office(time(9, 30), time(13), WorkingDays(frozenset({5, 6})))
    weekend = Span(at(2019, 2, 15, 12), at(2019, 2, 18, 12))
    assert weekend.working_time(office) == 7 * HOUR, "it does not keep the holiday on the Sunday"
    assert local(Limit(2, Unit.WORKING_DAYS).ends(at(2019, 2, 16, 8), office)).date() == date(2019, 2, 23)


def test_a_day_ends_where_the_office_lies() -> None:
    elsewhere = Office(days=WorkingDays(), zone=ZoneInfo("Europe/Lisbon"))
    evening, limit = at(2019, 3, 12, 23, 30), Limit(1, Unit.WORKING_DAYS)
    assert limit.ends(evening, elsewhere) - limit.ends(evening) == HOUR
    past_midnight_here = at(2019, 3, 13, 0, 30)
    assert Limit(0, Unit.DAYS).holds(evening, past_midnight_here, elsewhere)
    assert not Limit(0, Unit.DAYS).holds(evening, past_midnight_here)


def test_an_empty_or_a_reversed_span_is_refused() -> None:
    noon = at(2019, 3, 12, 12)
    for start, end in ((noon, noon), (noon, noon.astimezone(UTC)), (noon, noon - LAST)):
        with pytest.raises(ValueError, match="ends after it starts"):
            Span(start, end)


def test_a_moment_without_a_zone_is_refused() -> None:
    bare = datetime(2019, 3, 12)  # noqa: DTZ001  that is what is refused
    for call in (lambda: Span(bare, at(2019, 4, 4)), lambda: Limit(1, Unit.HOURS).ends(bare)):
        with pytest.raises(ValueError, match="without a zone"):
            call()


@pytest.mark.parametrize(
    ("count", "unit"), [(0, Unit.HOURS), (0, Unit.WORKING_DAYS), (-1, Unit.DAYS), (10**6, Unit.DAYS)]
)
def test_what_is_no_limit_is_refused(count: int, unit: Unit) -> None:
    with pytest.raises(ValueError, match="no limit"):
        Limit(count, unit)


def test_an_office_that_works_at_night_or_not_at_all_is_refused() -> None:
    for opens, closes in ((time(0), time(8)), (time(16), time(8)), (time(8), time(8))):
        with pytest.raises(ValueError, match="an office opens"):
            Office(opens, closes)
    for weekdays in (frozenset[int](), frozenset({7})):
        with pytest.raises(ValueError, match="days of the week"):
            WorkingDays(weekdays)


def test_a_year_whose_holidays_nobody_knows_is_refused_and_not_taken_for_one_without() -> None:
    with pytest.raises(ValueError, match="2008 are not known"):
        Span(at(2008, 12, 30), at(2009, 1, 5)).working_days()
    assert Span(at(2008, 12, 30), at(2009, 1, 5)).calendar_days == 6
