"""What may be published of a table of counts: no small cell, and none that could be computed back (docs/field.md 5).

A count under 10 is small, a total and a zero too. It is withheld, and so are others that would give it away through the
totals of rows and columns. What is promised of the table that is left, to a reader who knows that counts are whole and
not below zero, and that totals are sums:
- what a withheld small cell can be, as far as that reader can tell, reaches up to 10 or more: nobody can say of it that
  it is small, let alone how small;
- no withheld cell can be only one thing.
It is not promised against a reader who holds another table of the same cases (another period that overlaps, a third
way to divide them), who knows some of the cases, or who reckons from how the others were chosen.

The method is the known one of networks (Cox 1980; Kelly, Golden and Assad 1992): rows and columns are knots, and cells
arcs along which counts could flow. Around any closed walk a count can be moved and all sums still hold. So for each
small cell the cheapest walk is found through it along which enough can be moved, and its cells are withheld.
"""

from collections.abc import Iterator, Sequence, Set
from heapq import heappop, heappush

SMALL = 10
"""Fewer than this is a small cell."""
Cell = tuple[int, int]
Knot = tuple[str, int]
Published = list[list[int | None]]


def publishable(counts: Sequence[Sequence[int]]) -> Published:
    """The table with a last row and a last column of totals, and None for what is withheld.

    Raises ValueError unless there is a row and a column, all rows are equally long, and no count is below zero.
    """
    table = with_totals(counts)
    cells = [(row, column) for row in range(len(table)) for column in range(len(table[0]))]
    withheld = small = {(row, column) for row, column in cells if table[row][column] < SMALL}
    for cell in sorted(small):
        withheld = withheld | _cover(table, cell, withheld)
    return [[None if (r, c) in withheld else count for c, count in enumerate(row)] for r, row in enumerate(table)]


def withheld_of_a_known_sum(counts: Sequence[int], others: Set[int] = frozenset()) -> frozenset[int]:
    """The places in a row of counts whose sum is known anyway, so small ones too; `others` are withheld as well.

    Each small one is withheld, and the smallest of the rest until those withheld are SMALL or more together (or all
    are). Then each of them can be anything from nothing to what they are together, and nobody can tell which.
    """
    withheld = {place for place, count in enumerate(counts) if count < SMALL} | others
    rest = sorted(set(range(len(counts))) - withheld, key=lambda place: (counts[place], place))
    while withheld and rest and sum(counts[place] for place in withheld) < SMALL:
        withheld.add(rest.pop(0))
    return frozenset(withheld)


def with_totals(counts: Sequence[Sequence[int]]) -> list[list[int]]:
    if not counts or not counts[0] or any(len(row) != len(counts[0]) for row in counts):
        raise ValueError("a table has rows and columns, and all its rows are equally long")
    if any(count < 0 for row in counts for count in row):
        raise ValueError("a count is not below zero")
    rows = [[*row, sum(row)] for row in counts]
    return [*rows, [sum(column) for column in zip(*rows, strict=True)]]


def _cover(table: list[list[int]], cell: Cell, withheld: set[Cell]) -> set[Cell]:
    """The cells of the cheapest walk by which this one could be SMALL or more; the walk over its totals always is one.

    Dijkstra's way through the knots, from where the cell's arc ends to where it begins; what is withheld costs nothing.
    """
    needed = SMALL - table[cell[0]][cell[1]]
    begin, end = _arc(table, cell)
    best, queue, walks = {end: 0}, [(0, end)], {end: frozenset[Cell]()}
    while queue:
        cost, knot = heappop(queue)
        if knot == begin:
            break
        for to, by in _steps(table, knot, needed):
            further = cost + (0 if by in withheld else 1 + table[by[0]][by[1]])
            if by != cell and further < best.get(to, further + 1):
                best[to], walks[to] = further, walks[knot] | {by}
                heappush(queue, (further, to))
    return set(walks[begin])


def _steps(table: list[list[int]], knot: Knot, needed: int) -> Iterator[tuple[Knot, Cell]]:
    """Where a count can be moved to from here, and by which cell: one that gains it, or one that has it to lose."""
    kind, place = knot
    along = range(len(table[0])) if kind == "row" else range(len(table))
    for other in along:
        cell = (place, other) if kind == "row" else (other, place)
        begin, end = _arc(table, cell)
        if begin == knot:
            yield end, cell
        elif table[cell[0]][cell[1]] >= needed:
            yield begin, cell


def _arc(table: list[list[int]], cell: Cell) -> tuple[Knot, Knot]:
    """From which knot to which: a count flows from its column to its row, on to the grand total, and back."""
    row, column = cell
    is_total = (row == len(table) - 1) != (column == len(table[0]) - 1)
    knots: tuple[Knot, Knot] = ("row", row), ("column", column)
    return knots if is_total else (knots[1], knots[0])
