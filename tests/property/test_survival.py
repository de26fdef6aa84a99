"""Kaplan and Meier's estimate against a library's, and what tallies keep of it."""

from collections import Counter
from datetime import timedelta
from math import ceil
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.tallies import EDGES_US, GROWTH, SHORTEST, Lasted, Tally, place, places, tally
from tests.kaplan_meier import curve

SECOND = timedelta(seconds=1)
FEW = st.integers(0, 30).map(lambda n: n * timedelta(hours=7))
"""Lengths that often tie."""
MANY = st.timedeltas(timedelta(0), timedelta(days=2000))
HISTORIES = st.lists(st.builds(Lasted, length=FEW | MANY, ended=st.booleans()), min_size=1, max_size=60)
PERCENT = st.integers(1, 99)
AT_EDGES = st.builds(int.__add__, st.sampled_from(EDGES_US), st.integers(-1, 1))
LENGTHS_US = st.integers(-10, EDGES_US[-1] * 2) | AT_EDGES


@given(lasted=HISTORIES)
def test_the_curve_is_the_librarys(lasted: list[Lasted]) -> None:
    from scipy.stats import CensoredData, ecdf  # half a second that whoever collects tests should not wait for

    seconds = np.array([one.length / SECOND for one in lasted])
    theirs = ecdf(CensoredData.right_censored(seconds, np.array([not one.ended for one in lasted]))).sf
    ours = curve(lasted)
    assert [ours.at(one.length) for one in lasted] == pytest.approx(list(theirs.evaluate(seconds)), abs=1e-12)


@given(lengths=st.lists(FEW | MANY, min_size=1, max_size=60), percent=PERCENT)
def test_with_nothing_open_a_quantile_is_the_empirical_one(lengths: list[timedelta], percent: int) -> None:
    """The shortest length that so many percent of all do not exceed."""
    found = curve(Lasted(length, True) for length in lengths).quantile(percent)
    assert found == sorted(lengths)[ceil(percent * len(lengths) / 100) - 1]


@given(lasted=HISTORIES, percent=PERCENT)
def test_leaving_the_open_ones_out_never_makes_a_quantile_longer(lasted: list[Lasted], percent: int) -> None:
    whole, flattering = curve(lasted).quantile(percent), curve(one for one in lasted if one.ended).quantile(percent)
    assert whole is None or (flattering is not None and flattering <= whole)


@given(lasted=HISTORIES, percent=PERCENT)
def test_the_exact_quantile_lies_where_its_tally_says(lasted: list[Lasted], percent: int) -> None:
    exact, found = curve(lasted).quantile(percent), tally(lasted).quantile(percent)
    if found is None:
        assert exact is None
    elif exact is None:
        assert found.most is None
    else:
        assert found.over < exact or found.over == timedelta(0)
        assert found.most is None or exact <= found.most


@given(lengths=st.lists(FEW | MANY, min_size=1, max_size=60), percent=PERCENT)
def test_with_nothing_open_a_tally_is_never_more_than_one_bucket_off(lengths: list[timedelta], percent: int) -> None:
    lasted = [Lasted(length, True) for length in lengths]
    exact, found = curve(lasted).quantile(percent), tally(lasted).quantile(percent)
    assert exact is not None
    assert found is not None
    assert found.most is not None
    assert exact <= found.most <= max(exact * GROWTH + timedelta(microseconds=1), SHORTEST)


@pytest.mark.parametrize("percent", [50, 90])
def test_of_many_handoffs_a_fifth_of_them_open_the_tally_is_within_five_percent(percent: int) -> None:
    rng = Random(5)
    lasted = [Lasted(timedelta(hours=rng.lognormvariate(3, 1.5)), rng.random() < 0.8) for _ in range(5_000)]
    exact, found = curve(lasted).quantile(percent), tally(lasted).quantile(percent)
    assert exact is not None
    assert found is not None
    assert found.most is not None
    assert exact <= found.most <= exact * GROWTH + timedelta(microseconds=1)


@given(lasted=HISTORIES, data=st.data())
def test_however_tallies_are_cut_and_in_whatever_order_they_add_up_to_the_same(
    lasted: list[Lasted], data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(lasted)), max_size=4)))
    parts = [tally(lasted[a:b]) for a, b in zip([0, *cuts], [*cuts, len(lasted)], strict=True)]
    shuffled = data.draw(st.permutations(parts))
    assert sum(shuffled, Tally()) == tally(lasted)
    assert sum(shuffled[1:], shuffled[0]) == tally(lasted)


@given(lasted=HISTORIES, more=HISTORIES)
def test_what_was_added_can_be_taken_away_again(lasted: list[Lasted], more: list[Lasted]) -> None:
    assert tally(lasted) + tally(more) - tally(more) == tally(lasted)


@given(lengths_us=st.lists(LENGTHS_US, max_size=60))
def test_many_lengths_lie_in_the_buckets_in_which_each_lies(lengths_us: list[int]) -> None:
    assert places(lengths_us) == Counter(map(place, lengths_us))
