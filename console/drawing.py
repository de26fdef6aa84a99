"""Pictures, as numbers from which a template draws SVG; the table of the same numbers stands beside each."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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


@dataclass(frozen=True, slots=True)
class Span:
    """A handoff on the time of all that is shown, from where to how far, of 100; `open` reaches to the right edge."""

    start: float
    width: float
    open: bool
    marks: tuple[float, ...]


def spans(rows: Sequence[Mapping[str, Any]], until: datetime) -> list[Span]:
    """One a row; the axis goes from the first of them to the last, or to now."""
    moments = [datetime.fromisoformat(at) for row in rows for at in _moments(row)]
    begin = min(moments, default=until)
    is_open = any(row.get("open") for row in rows)
    whole_s = ((max(moments, default=until) if not is_open else max([*moments, until])) - begin).total_seconds() or 1.0

    def place(at: str) -> float:
        return 100 * (datetime.fromisoformat(at) - begin).total_seconds() / whole_s

    found: list[Span] = []
    for row in rows:
        if row["kind"] != "handoff":
            found.append(Span(place(row["logged_at"]), 0, False, (place(row["logged_at"]),)))
            continue
        start = place(row["made_at"])
        end = place(row["ended_at"]) if row["ended_at"] else 100.0
        marks = tuple(place(row[name]) for name in ("acknowledged_at", "decided_at", "started_at") if row[name])
        found.append(Span(start, max(end - start, 0), row["ended_at"] is None, marks))
    return found


def _moments(row: Mapping[str, Any]) -> Iterator[str]:
    if row["kind"] != "handoff":
        yield row["logged_at"]
        return
    yield from (row[name] for name in ("made_at", "ended_at") if row[name])
