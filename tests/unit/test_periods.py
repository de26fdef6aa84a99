"""Years, quarters and months by Kosovo's dates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.periods import Period

PERIODS = st.from_regex(r"20(19|2[012])(-Q[1-4]|-0[1-9]|-1[012])?", fullmatch=True).map(Period.of)


@pytest.mark.parametrize(
    ("written", "begins", "ends"),
    [
        ("2021", "2020-12-31T23:00:00+00:00", "2021-12-31T23:00:00+00:00"),
        ("2021-Q1", "2020-12-31T23:00:00+00:00", "2021-03-31T22:00:00+00:00"),
        ("2021-Q2", "2021-03-31T22:00:00+00:00", "2021-06-30T22:00:00+00:00"),
        ("2021-Q4", "2021-09-30T22:00:00+00:00", "2021-12-31T23:00:00+00:00"),
        ("2020-02", "2020-01-31T23:00:00+00:00", "2020-02-29T23:00:00+00:00"),
        ("2021-12", "2021-11-30T23:00:00+00:00", "2021-12-31T23:00:00+00:00"),
    ],
)
def test_a_period_begins_and_ends_at_kosovos_midnights(written: str, begins: str, ends: str) -> None:
    period = Period.of(written)
    assert (str(period), period.start.isoformat(), period.end.isoformat()) == (written, begins, ends)


@pytest.mark.parametrize("written", ["", "21", "2021-Q0", "2021-Q5", "2021-00", "2021-13", "1999", "2101", "2021-Q1 "])
def test_only_whole_years_quarters_and_months_are_periods(written: str) -> None:
    with pytest.raises(ValueError, match="neither a year nor a quarter or a month"):
        Period.of(written)


@given(one=PERIODS, other=PERIODS)
def test_two_periods_overlap_if_and_only_if_they_share_a_month(one: Period, other: Period) -> None:
    assert one.overlaps(other) == bool(set(one.months) & set(other.months))
    assert Period.of(str(one)) == one
