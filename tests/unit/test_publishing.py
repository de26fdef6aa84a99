"""No small cell in what is published, and none that could be computed back."""

import pytest

from projections.publishing import publishable


def test_a_table_without_small_cells_is_published_whole_with_its_totals() -> None:
    assert publishable([[10, 20], [30, 40]]) == [[10, 20, 30], [30, 40, 70], [40, 60, 100]]


def test_a_small_cell_takes_others_with_it_so_that_no_total_gives_it_away() -> None:
    """One in its row, one in its column, and the one where these two meet; the least of them that do."""
    assert publishable([[3, 40, 50], [60, 30, 80], [70, 90, 99]]) == [
        [None, None, 50, 93],
        [None, None, 80, 170],
        [70, 90, 99, 259],
        [133, 160, 229, 522],
    ]


def test_two_small_cells_in_a_row_that_are_small_together_are_not_left_to_each_other() -> None:
    """3 + 4: whoever has the row's total knows that both are under 10."""
    found = publishable([[3, 4, 50], [60, 70, 80], [30, 20, 40]])
    assert found[0] == [None, None, None, 57]


def test_a_count_of_nine_is_small_and_one_of_ten_is_not() -> None:
    assert publishable([[10, 10], [10, 10]])[0][0] == 10
    assert publishable([[9, 10], [10, 10]])[0][0] is None


def test_a_zero_is_small_and_so_is_a_total() -> None:
    found = publishable([[0, 0, 0], [40, 50, 60], [20, 30, 50]])
    assert found[0] == [None, None, None, None], "a total of zero would say what all of its cells are"


def test_in_a_list_with_one_total_a_second_one_is_withheld() -> None:
    assert publishable([[4], [30], [20], [60]]) == [
        [None, None],
        [30, 30],
        [None, None],
        [60, 60],
        [114, 114],
    ]


def test_of_one_small_number_nothing_is_left() -> None:
    assert publishable([[4]]) == [[None, None], [None, None]]


@pytest.mark.parametrize("counts", [[], [[]], [[1, 2], [3]], [[1, -1]]])
def test_what_is_no_table_of_counts_is_refused(counts: list[list[int]]) -> None:
    with pytest.raises(ValueError, match=r"a table has rows|not below zero"):
        publishable(counts)
