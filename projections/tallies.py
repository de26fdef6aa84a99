"""Lengths counted on a fixed grid: tallies add up and are taken apart, and a quantile costs the same however many.

A bucket holds what is longer than the edge below and at most its own edge; edges are 5 % apart, from one second to a
hundred years, and every limit of the field is one, so that how many kept it is exact. Within a bucket the order of ends
and censorings is forgotten: a tally answers with what the exact estimate of Kaplan and Meier (1958) lies between for
any order. That is one bucket wide, unless many in it are censored and few are at risk; then the answer says so.

What is still open is censored: it has lasted so long, and nobody knows how much longer. Leaving it out flatters, as
what takes longest is what is open.
"""

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

GROWTH = 1.05
ZERO, MICROSECOND = timedelta(0), timedelta(microseconds=1)
ROUNDING = 1e-9
"""Survival within this of a share has reached it: products of fractions miss it by less, for up to a million steps."""
SHORTEST = timedelta(seconds=1)
LONGEST = timedelta(days=36_525)
LIMITS = (
    *(timedelta(hours=n) for n in (1, 2, 6, 24, 48, 72, 120)),
    *(timedelta(days=n) for n in (7, 14, 21, 30, 90, 365)),
)
"""Those in wall hours and days that docs/field.md and the protocols it cites name."""


def _edges() -> tuple[timedelta, ...]:
    found, edge = {SHORTEST, LONGEST, *LIMITS}, SHORTEST
    while edge < LONGEST:
        found.add(edge)
        edge *= GROWTH
    return tuple(sorted(found))


EDGES = _edges()
"""The longest length in each bucket. Changing the grid makes tallies that were stored by it meaningless."""
LAST = len(EDGES) - 1
EDGES_US = tuple(edge // MICROSECOND for edge in EDGES)
NEVER = -1.0
"""No share comes down to it."""


def bucket(length: timedelta) -> int:
    """Raises ValueError for a length below zero or over LONGEST."""
    if not ZERO <= length <= LONGEST:
        raise ValueError(f"no length that anything can have: {length}")
    return bisect_left(EDGES, length)


def place(us: int) -> int:
    """The bucket of so many microseconds: the first of what is below zero, the last of what is over LONGEST."""
    return bisect_left(EDGES_US, us, 0, LAST)


def places(lengths_us: Iterable[int]) -> Counter[int]:
    """How many of these lie in each bucket, as `place` has it; to look once a bucket is quicker than once a length."""
    found, ordered, start = Counter[int](), sorted(lengths_us), 0
    while start < len(ordered):
        lies_in = place(ordered[start])
        end = len(ordered) if lies_in == LAST else bisect_right(ordered, EDGES_US[lies_in], start)
        found[lies_in], start = end - start, end
    return found


@dataclass(frozen=True, slots=True)
class Lasted:
    """One length, and whether it ended with it (or is as long as that so far)."""

    length: timedelta
    ended: bool


def remaining(percent: int) -> float:
    """What survival comes down to when so many percent have ended. ValueError unless 1 to 99."""
    if not 1 <= percent <= 99:
        raise ValueError(f"a quantile is of 1 to 99 percent: {percent}")
    return 1 - percent / 100 + ROUNDING


@dataclass(frozen=True, slots=True)
class Between:
    """The exact quantile is longer than `over` (or is zero with it) and at most `most`; None: perhaps never reached.

    `most` is the one to show: it is never shorter than the exact one.
    """

    over: timedelta
    most: timedelta | None


@dataclass(frozen=True, slots=True)
class Tally:
    """How many ended and how many were still open at a length of each bucket; all counts are above zero.

    What is open grows older: its place is that of its length when it was tallied, so open ones are tallied as of a
    moment, and the ended alone can be kept.
    """

    ended: Counter[int] = field(default_factory=Counter)
    censored: Counter[int] = field(default_factory=Counter)

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(self.ended + other.ended, self.censored + other.censored)

    def __sub__(self, other: "Tally") -> "Tally":
        """Raises ValueError if what is taken away was not there: a count would be wrong from then on."""
        if not (other.ended <= self.ended and other.censored <= self.censored):
            raise ValueError("a tally holds nothing of what it never counted")
        return Tally(self.ended - other.ended, self.censored - other.censored)

    @property
    def count(self) -> int:
        return self.ended.total() + self.censored.total()

    def quantile(self, percent: int) -> Between | None:
        """Around the length by which so many percent have ended; None if the curve cannot come down to it."""
        return self.quantiles((percent,))[0]

    def quantiles(self, percents: Sequence[int]) -> list[Between | None]:
        """One for each of these, which rise, in one walk along the buckets.

        What is censored in a bucket may be so before its ends came, and they are then of fewer at risk; or after.
        """
        left = [*map(remaining, percents), NEVER]
        first, last = list[int](), list[int]()
        early_left, late_left, early, late, at_risk = left[0], left[0], 1.0, 1.0, self.count
        ended, censored = self.ended, self.censored
        for place in sorted(ended.keys() | censored.keys()) if censored else sorted(ended):
            ends, open_ = ended.get(place, 0), censored.get(place, 0)
            if ends:
                kept = 1 - ends / at_risk
                early *= 1 - ends / (at_risk - open_) if open_ else kept
                late *= kept
                while early <= early_left:
                    first.append(place)
                    early_left = left[len(first)]
                while late <= late_left:
                    last.append(place)
                    late_left = left[len(last)]
            at_risk -= ends + open_
        reached = [Between(EDGES[n - 1] if n else ZERO, EDGES[m]) for n, m in zip(first, last, strict=False)]
        perhaps = [Between(EDGES[n - 1] if n else ZERO, None) for n in first[len(last) :]]
        return [*reached, *perhaps, *[None] * (len(percents) - len(first))]

    def within(self, limit: timedelta) -> int:
        """How many ended by a limit, which has to be an edge of the grid: ValueError if it is none."""
        if EDGES[bucket(limit)] != limit:
            raise ValueError(f"no edge of the grid: {limit}")
        return sum(count for place, count in self.ended.items() if EDGES[place] <= limit)


def tally(lasted: Iterable[Lasted]) -> Tally:
    ended, censored = Counter[int](), Counter[int]()
    for one in lasted:
        (ended if one.ended else censored)[bucket(one.length)] += 1
    return Tally(ended, censored)
