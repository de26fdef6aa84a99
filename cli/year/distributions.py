"""How long things take, and how often they never happen (docs/field.md 7). Pure: each sampler is given its dice."""

from dataclasses import dataclass
from datetime import timedelta
from math import exp, log, sqrt
from random import Random

from cli.year.offices import LOG_VARIANCE

EARLY_UNTIL = 2 / 3
"""Of a limit: what is done early is done evenly before that. The source says "early" and no more (D)."""
RECENT = 0.44
"""So many exams are within seven days of the last abuse (Swansea)."""
REPEATED = 0.125
"""So many cases are about a child that was reported before: the middle of 10 to 15 % (D)."""


@dataclass(frozen=True, slots=True)
class Leg:
    """What has no limit that anybody enforces is log-normal: these are the parameters of its days."""

    mu: float
    sigma: float


def around(median: float, sigma: float) -> Leg:
    return Leg(log(median), sigma)


CHARGE = Leg(5.513, 0.683)
"""From the crime's being recorded to the decision whether to charge: median 248 days, upper quartile 393."""
INTERVIEW = Leg(log(42) - 0.8**2 / 2, 0.8)
"""From the report to the child's first interview: 42 days in the mean."""
RECORDING = Leg(log(5.5), (log(30) - log(5.5)) / 0.7722)
"""From what reached an agency on paper to its being typed in: median 5.5 days, 22 % over 30 (0.7722 is z of 0.78)."""

NEVER = {
    "crime-report.file": 0.06,
    "safe-contact.choose": 0.08,
    "case-manager.assign": 0.07,
    "victim-advocate.assign": 0.12,
    "forensic-exam.order": 0.12,
    "child-interview.schedule": 0.10,
    "roundtable.convene": 0.15,
    "needs.assess": 0.15,
    "therapy.refer": 0.18,
    "urgent-care.give": 0.10,
}
"""How likely it is that an act that is required never happens: 5 to 20 % (D)."""


def by_deadline(rng: Random) -> float:
    """A leg with a limit that is enforced, as a multiple of its limit: most of it just before."""
    kind = rng.random()
    if kind < 0.75:
        return rng.betavariate(12, 1.2)
    if kind < 0.85:
        return rng.uniform(0, EARLY_UNTIL)
    return 1 + rng.expovariate(1 / 0.6)


def within(rng: Random, limit: timedelta) -> timedelta:
    return limit * by_deadline(rng)


def lasting(rng: Random, leg: Leg, office: float = 1.0) -> timedelta:
    """A leg without a limit, at an office with this factor. Offices are a part of the spread, and add none to it."""
    residual = sqrt(leg.sigma**2 - LOG_VARIANCE)
    return timedelta(days=office * exp(rng.gauss(leg.mu, residual)))


def recording(rng: Random) -> timedelta:
    return timedelta(days=exp(rng.gauss(RECORDING.mu, RECORDING.sigma)))


def happens(rng: Random, act: str) -> bool:
    """Whether an act that is required is done at all."""
    return rng.random() >= NEVER[act]


def since_abuse(rng: Random) -> timedelta:
    """From the last abuse to its being told to anybody: recent enough for an exam within seven days, or long ago."""
    if rng.random() < RECENT:
        return timedelta(hours=min(110.0, exp(rng.gauss(log(20), 0.9))))
    return timedelta(days=min(600.0, 7 + exp(rng.gauss(log(90), 1.2))))
