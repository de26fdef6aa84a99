"""How long things take when some are not over yet: the estimate of Kaplan and Meier (1958).

What is still open is censored: it has lasted so long, and nobody knows how much longer. Leaving it out flatters, as
what takes longest is what is open. At one and the same length, ends come before censorings, as is usual.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

ROUNDING = 1e-9
"""Survival within this of a share has reached it: products of fractions miss it by less, for up to a million steps."""
ZERO = timedelta(0)


@dataclass(frozen=True, slots=True)
class Lasted:
    """One length, and whether it ended with it (or is as long as that so far)."""

    length: timedelta
    ended: bool


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


def remaining(percent: int) -> float:
    """What survival comes down to when so many percent have ended. ValueError unless 1 to 99."""
    if not 1 <= percent <= 99:
        raise ValueError(f"a quantile is of 1 to 99 percent: {percent}")
    return 1 - percent / 100 + ROUNDING
