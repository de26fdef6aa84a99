"""The exact estimate of Kaplan and Meier (1958), from every single length: by it tallies are judged.

At one and the same length, ends come before censorings, as is usual.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from projections.tallies import ZERO, Lasted, remaining


@dataclass(frozen=True, slots=True)
class Step:
    """From this length on, up to the next step's, so large a share lasts longer."""

    length: timedelta
    survival: float


@dataclass(frozen=True, slots=True)
class Curve:
    """Which share lasts longer than a length: 1 until the first end, and falling at each."""

    steps: tuple[Step, ...]

    def at(self, length: timedelta) -> float:
        return next((step.survival for step in reversed(self.steps) if step.length <= length), 1.0)

    def quantile(self, percent: int) -> timedelta | None:
        """The shortest length by which so many percent have ended; None if the curve does not come down to it."""
        left = remaining(percent)
        return next((step.length for step in self.steps if step.survival <= left), None)

    @property
    def median(self) -> timedelta | None:
        return self.quantile(50)


def curve(lasted: Iterable[Lasted]) -> Curve:
    """The exact estimate, from every single length. ValueError for a length below zero."""
    ended, censored = Counter[timedelta](), Counter[timedelta]()
    for one in lasted:
        if one.length < ZERO:
            raise ValueError(f"nothing lasts less than no time: {one.length}")
        (ended if one.ended else censored)[one.length] += 1
    at_risk, survival, steps = ended.total() + censored.total(), 1.0, list[Step]()
    for length in sorted(ended | censored):
        if ended[length]:
            survival *= 1 - ended[length] / at_risk
            steps.append(Step(length, survival))
        at_risk -= ended[length] + censored[length]
    return Curve(tuple(steps))
