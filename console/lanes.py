"""A case as lanes: a column an agency, time downwards, each letter an arrow from who sent it to who had it and when.

Pure: records in, numbers out, from which a template draws SVG. The axis is time, and its distances grow with the
logarithm of the time between, so that a minute and a year both have room; each long gap says how long it is.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import log10

from bus.log import Logged
from contracts.agencies import FIELD, Agency
from contracts.durations import KOSOVO
from projections.case_log import CaseLog

LEFT, LANE, RIGHT = 132, 104, 280
"""Widths, in the picture's own units: times, one lane, what happened."""
TOP, RECORD, RECEIPT, A_STEP = 44, 24, 5, 7
"""Heights: above the first record; between two records at least, and before a receipt; for ten times as long a gap."""
NAMED_EVERY = 24
"""After so many records the lanes are named again: who reads further down has not to remember."""
ARRIVAL = 2**62
"""In place of a position: at one moment a letter comes after the record that it is of."""
LONG = timedelta(hours=24)
"""A gap from here on is written out."""


@dataclass(frozen=True, slots=True)
class Arrow:
    """One letter. `y` is None while nobody has signed for it."""

    to: str
    x: int
    y: float | None
    opened: bool
    number: int


@dataclass(frozen=True, slots=True)
class Mark:
    """One record: where it stands, what it says, and its letters. `gap` is how long nothing happened before it."""

    logged: Logged
    x: int
    y: float
    void: str | None
    arrows: tuple[Arrow, ...]
    day: bool
    gap: timedelta | None


@dataclass(frozen=True, slots=True)
class Lanes:
    """`names` has by agency the middle of its lane; `headings` where they are written."""

    names: dict[str, int]
    marks: tuple[Mark, ...]
    headings: tuple[float, ...]
    width: int
    height: float

    @property
    def says_at(self) -> int:
        """Where it is written what happened."""
        return LEFT + LANE * len(self.names) + 12


def lanes(case: CaseLog, records: Sequence[Logged], voids: dict[int, str], until: datetime | None) -> Lanes:
    """`records` are some of the case's, in order; `voids` by position; what was received after `until` is not yet."""
    agencies = [*FIELD, *sorted({Agency(one.record.sender) for one in records} - set(FIELD))]
    names = {agency.value: LEFT + LANE * place + LANE // 2 for place, agency in enumerate(agencies)}
    heights = _heights(case, records, until)
    marks = list[Mark]()
    before: datetime | None = None
    last_day = None
    for one in records:
        at, position = one.stamp.logged_at, one.stamp.position
        gap = at - before if before else None
        arrows = tuple(
            _arrow(case, one, letter.to, letter.number, names, heights, until) for letter in one.record.data.letters
        )
        marks.append(
            Mark(
                logged=one,
                x=names[one.record.sender],
                y=heights[at, position],
                void=voids.get(position),
                arrows=tuple(arrow for arrow in arrows if arrow),
                day=last_day != (last_day := at.astimezone(KOSOVO).date()),
                gap=gap if gap and gap >= LONG else None,
            )
        )
        before = at
    headings = tuple(mark.y - RECORD + 6 for mark in marks[NAMED_EVERY::NAMED_EVERY] if mark.gap)
    height = max(heights.values(), default=TOP) + RECORD
    return Lanes(names, tuple(marks), headings, LEFT + LANE * len(names) + RIGHT, height)


def _arrow(
    case: CaseLog,
    one: Logged,
    to: Agency,
    number: int,
    names: dict[str, int],
    heights: dict[tuple[datetime, int], float],
    until: datetime | None,
) -> Arrow | None:
    x = names.get(to.value)
    if x is None:  # the keeper hears everything, and is no lane unless it speaks
        return None
    delivery = case.deliveries[one.record.sender, to.value, number].last
    received = _arrival(one, delivery.received_at, until)
    return Arrow(to.value, x, heights[received, ARRIVAL] if received else None, bool(delivery.opened), number)


def _arrival(one: Logged, received: datetime | None, until: datetime | None) -> datetime | None:
    """A receiver's clock may be behind the log's: what it has signed for had been logged before."""
    if received is None or (until is not None and received > until):
        return None
    return max(received, one.stamp.logged_at)


def _heights(case: CaseLog, records: Sequence[Logged], until: datetime | None) -> dict[tuple[datetime, int], float]:
    """Where each moment lies: a record's by its position, an arrival's by ARRIVAL. What came far later lies last."""
    moments = {(one.stamp.logged_at, one.stamp.position) for one in records}
    for one in records:
        for letter in one.record.data.letters:
            received = case.deliveries[one.record.sender, letter.to.value, letter.number].last.received_at
            if arrival := _arrival(one, received, until):
                moments.add((arrival, ARRIVAL))
    found, y, before = dict[tuple[datetime, int], float](), float(TOP), None
    for at, position in sorted(moments):
        if before is not None:
            least = RECEIPT if position == ARRIVAL else RECORD
            y += least + A_STEP * log10(1 + max((at - before).total_seconds(), 0) / 60)
        found[at, position] = y
        before = at
    return found
