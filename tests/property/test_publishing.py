"""Whatever the table: what is withheld stays withheld, by an independent solver's word."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.publishing import SMALL, Published, publishable, with_totals

COUNTS = st.integers(0, 12) | st.integers(0, 60)
TABLES = st.tuples(st.integers(1, 4), st.integers(1, 4)).flatmap(
    lambda size: st.lists(st.lists(COUNTS, min_size=size[1], max_size=size[1]), min_size=size[0], max_size=size[0])
)


def sums(height: int, width: int) -> np.ndarray:
    """That the last of each row and of each column is the sum of the others, as rows of coefficients."""
    places = np.arange(height * width).reshape(height, width)
    found = np.zeros((height + width, height * width))
    for line, along in enumerate([*places, *places.T]):
        found[line, along] = 1
        found[line, along[-1]] = -1
    return found


def ranges(published: Published) -> dict[tuple[int, int], tuple[float, float]]:
    """For each withheld cell the least and the most that it can be.

    Whole numbers come out by themselves: what the sums say of a table is a network.
    """
    from scipy.optimize import linprog  # half a second that whoever collects tests should not wait for

    height, width = len(published), len(published[0])
    flat = [count for row in published for count in row]
    equal, right = sums(height, width), np.zeros(height + width)
    bounds = [(0, None) if count is None else (count, count) for count in flat]
    found = {}
    for place, count in enumerate(flat):
        if count is None:
            aim = np.zeros(len(flat))
            aim[place] = 1
            least, most = (linprog(s * aim, A_eq=equal, b_eq=right, bounds=bounds) for s in (1, -1))
            unbounded = most.status == 3
            assert least.status == 0
            assert unbounded or most.status == 0
            found[divmod(place, width)] = (round(least.fun, 6), np.inf if unbounded else round(-most.fun, 6))
    return found


@settings(max_examples=40, deadline=None)
@given(counts=TABLES)
def test_nobody_can_reckon_that_a_withheld_small_cell_is_small_or_what_any_withheld_cell_is(
    counts: list[list[int]],
) -> None:
    whole, published = with_totals(counts), publishable(counts)
    for (row, column), (least, most) in ranges(published).items():
        assert least <= whole[row][column] <= most
        assert least < most, "it can be only one thing"
        if whole[row][column] < SMALL:
            assert most >= SMALL, "it can only be small"


@given(counts=TABLES)
def test_what_is_published_is_true_and_never_small(counts: list[list[int]]) -> None:
    for row, shown in zip(with_totals(counts), publishable(counts), strict=True):
        assert all(there is None or there == count >= SMALL for count, there in zip(row, shown, strict=True))


@given(counts=TABLES)
def test_a_table_without_small_cells_is_published_whole(counts: list[list[int]]) -> None:
    large = [[count + SMALL for count in row] for row in counts]
    assert publishable(large) == with_totals(large)
