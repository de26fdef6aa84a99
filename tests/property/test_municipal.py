"""Whatever the counts: what a municipality's figures withhold stays withheld from who has every other one's as well."""

from collections import Counter
from collections.abc import Mapping

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts import places
from contracts.places import Places
from projections.municipal import WAYS, Counted, shown
from projections.publishing import SMALL

WAY = ("police", "social")
IDS = ("north", "south", "east")
TABLE = Places.model_validate(
    {"jurisdiction": "made-up", "municipality": [{"id": name, "offices": []} for name in IDS]}, by_alias=True
)
MADE = st.integers(0, 3) | st.integers(0, 12) | st.integers(0, 40)
COUNTS = st.fixed_dictionaries(
    {name: MADE.flatmap(lambda made: st.tuples(st.just(made), st.integers(0, made))) for name in TABLE.ids}
)
"""Of each place: how many were made, and how many of these are open."""
Counts = Mapping[str, tuple[int, int]]


def told(counts: Counts) -> dict[str, Counted]:
    made, is_open = (Counter({(WAY, name): pair[n] for name, pair in counts.items()}) for n in (0, 1))
    return shown(made, is_open, TABLE)[WAY]


def ranges(counts: Counts) -> dict[tuple[str, int], tuple[float, float]]:
    """For each withheld count the least and the most that it can be, by an independent solver's word.

    The reader knows what is shown of every place, the whole country's sums, and that no more are open than were made.
    """
    from scipy.optimize import linprog  # half a second that whoever collects tests should not wait for

    names = list(counts)
    flat = [(name, n) for n in (0, 1) for name in names]
    found = told(counts)
    known = [(found[name].made, found[name].open)[n] for name, n in flat]
    sums = np.array([[float(n == of) for _, n in flat] for of in (0, 1)])
    totals = [sum(pair[n] for pair in counts.values()) for n in (0, 1)]
    no_more = np.array([[(n == 1) - (n == 0) if name == of else 0.0 for name, n in flat] for of in names])
    bounds = [(0, None) if count is None else (count, count) for count in known]
    reach = {}
    for place, count in enumerate(known):
        if count is None:
            aim = np.eye(len(flat))[place]
            least, most = (
                linprog(s * aim, A_eq=sums, b_eq=totals, A_ub=no_more, b_ub=np.zeros(len(names)), bounds=bounds)
                for s in (1, -1)
            )
            assert (least.status, most.status) == (0, 0)
            reach[flat[place]] = round(least.fun, 6), round(-most.fun, 6)
    return reach


@settings(max_examples=60, deadline=None)
@given(counts=COUNTS)
def test_nobody_can_reckon_that_a_withheld_count_is_small_unless_the_whole_countrys_is(counts: Counts) -> None:
    for (name, n), (least, most) in ranges(counts).items():
        whole, count = sum(pair[n] for pair in counts.values()), counts[name][n]
        assert least <= count <= most
        assert least < most or whole == 0, "it can be only one thing"
        if count < SMALL:
            assert most >= min(SMALL, whole), "it can only be small"


@given(counts=COUNTS)
def test_what_is_shown_is_true_and_never_small(counts: Counts) -> None:
    for name, found in told(counts).items():
        for count, there in zip(counts[name], (found.made, found.open), strict=True):
            assert there is None or there == count >= SMALL


@given(counts=COUNTS)
def test_where_the_made_are_withheld_so_are_the_open(counts: Counts) -> None:
    assert all(found.open is None for found in told(counts).values() if found.made is None)


@given(counts=COUNTS)
def test_counts_of_which_none_is_small_are_all_shown(counts: Counts) -> None:
    large = {name: (made + SMALL, open_ + SMALL) for name, (made, open_) in counts.items()}
    assert {name: (found.made, found.open) for name, found in told(large).items()} == large


def test_every_way_is_there_whatever_happened_and_a_zero_is_withheld() -> None:
    found = shown(Counter(), Counter(), TABLE)
    assert set(found) == set(WAYS)
    assert len(WAYS) == 20
    assert {counted for of_place in found.values() for counted in of_place.values()} == {Counted(None, None)}


def test_what_gives_a_small_count_away_is_withheld_with_it() -> None:
    """4 is told by 40 less 25 and 11, unless another is withheld: the smallest that is large enough."""
    found = told({"north": (4, 0), "south": (25, 0), "east": (11, 0), places.ELSEWHERE: (30, 0)})
    assert {name: counted.made for name, counted in found.items()} == {
        "north": None,
        "south": 25,
        "east": None,
        places.ELSEWHERE: 30,
    }
