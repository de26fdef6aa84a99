"""What a span lasted and what a limit holds are one law, whatever the moments."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from contracts.durations import KOSOVO, OFFICE, Limit, Office, Span, Unit
from contracts.workdays import WorkingDays

MOMENTS = st.datetimes(datetime(2019, 1, 1), datetime(2020, 12, 31), timezones=st.sampled_from([UTC, KOSOVO]))  # noqa: DTZ001
AFTER = st.timedeltas(timedelta(microseconds=1), timedelta(days=120))
OFFICES = st.sampled_from(
    [OFFICE, Office(time(9), time(12, 30), WorkingDays(frozenset({0, 5}))), Office(closes=time(22))]
)


def later(start: datetime, by: timedelta) -> datetime:
    return start.astimezone(UTC) + by


def lasted(span: Span, unit: Unit, office: Office) -> timedelta | int:
    if unit is Unit.HOURS:
        return span.wall
    return span.calendar_days if unit is Unit.DAYS else span.working_days(office)


@given(start=MOMENTS, after=AFTER, count=st.integers(1, 70), unit=st.sampled_from(Unit), office=OFFICES)
@example(datetime(2019, 3, 14, tzinfo=KOSOVO), timedelta(days=2), 1, Unit.WORKING_DAYS, OFFICE)
def test_a_span_is_at_most_n_long_exactly_when_a_limit_of_n_holds_it(
    start: datetime, after: timedelta, count: int, unit: Unit, office: Office
) -> None:
    end, most = later(start, after), timedelta(hours=count) if unit is Unit.HOURS else count
    length = lasted(Span(start, end), unit, office)
    inside = length <= most  # type: ignore[operator]  # both are of one kind
    assert Limit(count, unit).holds(start, end, office) is inside


@given(start=MOMENTS, count=st.integers(1, 70), unit=st.sampled_from(Unit), office=OFFICES)
def test_the_last_moment_of_a_limit_is_inside_and_the_next_is_longer(
    start: datetime, count: int, unit: Unit, office: Office
) -> None:
    ends, most = Limit(count, unit).ends(start, office), timedelta(hours=count) if unit is Unit.HOURS else count
    assert lasted(Span(start, ends), unit, office) == most
    assert lasted(Span(start, ends + timedelta(microseconds=1)), unit, office) > most  # type: ignore[operator]


@given(start=MOMENTS, first=AFTER, second=AFTER, office=OFFICES)
def test_the_working_time_of_two_spans_that_meet_is_that_of_the_whole(
    start: datetime, first: timedelta, second: timedelta, office: Office
) -> None:
    middle = later(start, first)
    end = later(middle, second)
    parts = Span(start, middle).working_time(office) + Span(middle, end).working_time(office)
    assert Span(start, end).working_time(office) == parts
    assert timedelta(0) <= parts <= Span(start, end).wall


@given(start=MOMENTS, hours=st.integers(1, 1000), office=OFFICES)
def test_working_time_is_what_counting_each_quarter_of_an_hour_gives(
    start: datetime, hours: int, office: Office
) -> None:
    """All opens and closes on a quarter of an hour, so a quarter is worked as a whole or not at all."""
    start = start.astimezone(UTC).replace(minute=15, second=0, microsecond=0)
    quarter, found = timedelta(minutes=15), timedelta(0)
    for n in range(4 * hours):
        local = (start + n * quarter).astimezone(KOSOVO)
        if office.days.includes(local.date()) and office.opens <= local.time() < office.closes:
            found += quarter
    assert Span(start, start + hours * timedelta(hours=1)).working_time(office) == found
