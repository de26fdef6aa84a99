"""Pictures, as numbers from which a template draws SVG; the table of the same numbers stands beside each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any

HEIGHT = 100
"""Of a picture's own units; its width is a unit a week, or HEIGHT for a bar of shares."""


_READ_WELL = (1, 2, 3, 4, 5, 6, 8)
"""With noughts behind them."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One week: how high in all, and how much of it from the ground is open."""

    week: str
    made: int
    open: int
    height: float
    open_height: float


@dataclass(frozen=True, slots=True)
class Weeks:
    bars: list[Bar]
    top: int
    """What the picture's upper edge stands for."""

    @property
    def made(self) -> int:
        return sum(bar.made for bar in self.bars)


def weeks(found: Sequence[Mapping[str, Any]]) -> Weeks:
    top = _round(max((week["made"] for week in found), default=0))
    bars = [
        Bar(week["week"], week["made"], week["open"], HEIGHT * week["made"] / top, HEIGHT * week["open"] / top)
        for week in found
    ]
    return Weeks(bars, top)


def _round(most: int) -> int:
    """The next number that reads well on an axis."""
    edges: Iterator[int] = (edge * int("1" + noughts * "0") for noughts in count() for edge in _READ_WELL)
    return next(edge for edge in edges if edge >= most)


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a whole: from where to how far, of 100."""

    of: str
    start: float
    width: float


def shares(lengths: Mapping[str, float]) -> list[Share]:
    whole, at, found = sum(lengths.values()), 0.0, []
    for name, length in lengths.items():
        width = 100 * length / whole if whole else 0.0
        found.append(Share(name, at, width))
        at += width
    return found
