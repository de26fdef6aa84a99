"""How long things take when some are still open, exactly and from tallies."""

from datetime import timedelta
from itertools import pairwise

import pytest

from projections.tallies import EDGES, GROWTH, LIMITS, LONGEST, SHORTEST, Between, Lasted, Tally, bucket, tally
from tests.kaplan_meier import curve

DAY = timedelta(days=1)


def ended(*days: float) -> list[Lasted]:
    return [Lasted(each * DAY, True) for each in days]


def still_open(*days: float) -> list[Lasted]:
    return [Lasted(each * DAY, False) for each in days]


REMISSION = [
    *ended(6, 6, 6, 7, 10, 13, 16, 22, 23),
    *still_open(6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35),
]
"""Weeks in remission under 6-MP (Freireich and others, 1963), taken as days: the textbook's own example."""


def test_the_textbooks_example_comes_out_as_in_the_textbook() -> None:
    """Ended and still open at 6 and at 10: the ends come first."""
    found = [(step.length / DAY, round(step.survival, 3)) for step in curve(REMISSION).steps]
    assert found == [(6, 0.857), (7, 0.807), (10, 0.753), (13, 0.690), (16, 0.627), (22, 0.538), (23, 0.448)]


def test_a_quantile_that_the_curve_does_not_reach_is_none() -> None:
    found = curve(REMISSION)
    assert (found.median, found.quantile(90), found.quantile(99)) == (23 * DAY, None, None)
    assert curve(still_open(1, 2, 3)).median is None
    assert curve([]).median is None


def test_the_curve_is_a_staircase_that_falls_at_each_end() -> None:
    found = curve([*ended(1, 3), *still_open(2)])
    assert [step.length for step in found.steps] == [DAY, 3 * DAY]
    assert [found.at(days * DAY) for days in (0.5, 1, 2.9, 3, 9)] == [1, *[pytest.approx(2 / 3)] * 2, 0, 0]


def test_an_end_and_a_censoring_at_the_same_length_count_the_censored_as_at_risk() -> None:
    assert curve([*ended(5), *still_open(5)]).at(5 * DAY) == 0.5


def test_without_the_open_ones_the_median_is_shorter_than_it_is() -> None:
    """Why a median of what is done flatters: what takes longest is still open."""
    done, waiting = ended(1, 2, 3, 4, 5), still_open(6, 8, 10, 12)
    assert curve(done).median == 3 * DAY
    assert curve([*done, *waiting]).median == 5 * DAY


def test_a_negative_length_and_a_percentage_that_is_none_are_refused() -> None:
    with pytest.raises(ValueError, match="less than no time"):
        curve(ended(-1))
    for percent in (0, 100):
        with pytest.raises(ValueError, match="1 to 99"):
            curve(ended(1)).quantile(percent)
    for length in (-DAY, LONGEST + DAY):
        with pytest.raises(ValueError, match="no length"):
            bucket(length)


def test_the_grid_is_small_its_edges_are_at_most_five_percent_apart_and_all_limits_are_on_it() -> None:
    assert len(EDGES) < 500
    assert (EDGES[0], EDGES[-1]) == (SHORTEST, LONGEST)
    assert all(a < b <= a * GROWTH + timedelta(microseconds=1) for a, b in pairwise(EDGES))
    assert set(LIMITS) <= set(EDGES)


def test_exactly_72_hours_kept_a_limit_of_72_hours_and_a_moment_more_did_not() -> None:
    limit = timedelta(hours=72)
    found = tally(Lasted(limit + n * timedelta(microseconds=1), True) for n in (-1, 0, 1))
    assert found.within(limit) == 2
    with pytest.raises(ValueError, match="no edge"):
        found.within(timedelta(hours=73))


def test_a_handoff_that_ends_moves_from_the_open_ones_to_the_ended() -> None:
    before = tally([*ended(1), *still_open(2, 3)])
    after = before - tally(still_open(3)) + tally(ended(4))
    assert after == tally([*ended(1, 4), *still_open(2)])
    assert after.count == 3


def test_what_was_never_counted_cannot_be_taken_away() -> None:
    for gone in (ended(2), ended(1, 1), still_open(1)):
        with pytest.raises(ValueError, match="never counted"):
            tally(ended(1)) - tally(gone)


def test_when_the_order_in_a_bucket_decides_whether_the_curve_comes_down_the_answer_says_so() -> None:
    """One ended and one still open, both after a second at most: which came first is not known any more."""
    second = timedelta(seconds=1)
    found = tally([Lasted(0.5 * second, True), Lasted(0.6 * second, False)])
    assert found.quantile(50) == Between(0 * second, second)
    assert found.quantile(90) == Between(0 * second, None)
    assert tally(still_open(1, 2)).quantile(50) is None
    assert Tally().quantile(50) is None
