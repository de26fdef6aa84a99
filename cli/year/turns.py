"""What a case comes to and which rarer turns it takes, dealt like cards: in each year some case takes each turn."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from cli.year.distributions import REPEATED

SMALL = 8
"""Below so many cases a turn that is rare may be taken by none."""


class Course(StrEnum):
    ORDINARY = "ordinary"
    SCREENED_OUT = "screened-out"
    AROUND_POLICE = "around-police"


class Fate(StrEnum):
    """What comes of the investigation, if there is one."""

    DISMISSED = "dismissed"
    PRISON = "prison"
    SENTENCED = "sentenced"  # and not to prison
    ACQUITTED = "acquitted"
    SUSPENDED = "suspended"
    DIVERTED = "diverted"
    UNDECIDED = "undecided"


class Turn(StrEnum):
    # the first days
    CONCERN_DECLINED = "concern-declined"
    REPEATED = "repeated"  # the child was reported before, in a case of its own
    SIBLING = "sibling"
    REOPENED = "reopened"
    TRANSFERRED = "transferred"
    TRANSFER_DECLINED = "transfer-declined"
    MISSING = "missing"
    SHELTER = "shelter"
    AROUND_OFFICE = "around-office"
    AROUND_SCHOOL = "around-school"
    # the investigation
    YOUNG_SUSPECT = "young-suspect"
    PROFESSIONAL = "professional"
    MEASURE_BREACHED = "measure-breached"
    HEARD_AGAIN = "heard-again"
    # what is asked along the way, and how it ends
    DONE = "done"
    NOT_DONE = "not-done"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    GOES_ON = "goes-on"  # though its withdrawal was asked for
    SUPERSEDED = "superseded"
    EXPIRED = "expired"
    REASSIGNED = "reassigned"
    ANSWERED = "answered"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    ACCEPTED_THEN_SUPERSEDED = "accepted-then-superseded"
    SUPERSEDED_THEN_ACCEPTED = "superseded-then-accepted"
    DECLINED_THEN_WITHDRAWN = "declined-then-withdrawn"
    COMPLETED_THEN_WITHDRAWN = "completed-then-withdrawn"
    # what institutions answer for
    EXCUSED = "excused"
    LOOKED_INTO = "looked-into"
    EMERGENCY = "emergency"
    ALLEGED = "alleged"
    CORRECTED = "corrected"
    BASIS = "basis"


SPECIAL: Mapping[Course, float] = {Course.SCREENED_OUT: 0.12, Course.AROUND_POLICE: 0.012}
FATES: Mapping[Fate, float] = {
    Fate.DISMISSED: 106 / 434,
    Fate.PRISON: 70 / 434,
    Fate.SENTENCED: 105 / 434,
    Fate.ACQUITTED: 52 / 434,
    Fate.SUSPENDED: 25 / 434,
    Fate.DIVERTED: 16 / 434,
    Fate.UNDECIDED: 60 / 434,
}
"""Of 434 crimes reported 106 were dismissed, 227 came before a court, 70 of these ended in prison; the rest is D."""
IN_COURT = frozenset({Fate.PRISON, Fate.SENTENCED, Fate.ACQUITTED})
SHARES: Mapping[Turn, float] = {
    Turn.CONCERN_DECLINED: 0.08,
    Turn.REPEATED: REPEATED,
    Turn.SIBLING: 0.07,
    Turn.REOPENED: 0.03,
    Turn.TRANSFERRED: 0.08,
    Turn.TRANSFER_DECLINED: 0.03,
    Turn.MISSING: 0.03,
    Turn.SHELTER: 0.10,
    Turn.AROUND_OFFICE: 0.015,
    Turn.AROUND_SCHOOL: 0.015,
    Turn.YOUNG_SUSPECT: 0.10,
    Turn.PROFESSIONAL: 0.05,
    Turn.MEASURE_BREACHED: 0.05,
    Turn.HEARD_AGAIN: 0.12,
    Turn.DONE: 0.20,
    Turn.NOT_DONE: 0.06,
    Turn.DECLINED: 0.06,
    Turn.WITHDRAWN: 0.03,
    Turn.GOES_ON: 0.015,
    Turn.SUPERSEDED: 0.02,
    Turn.EXPIRED: 0.03,
    Turn.REASSIGNED: 0.04,
    Turn.ANSWERED: 0.08,
    Turn.REFUSED: 0.04,
    Turn.UNANSWERED: 0.06,
    Turn.ACCEPTED_THEN_SUPERSEDED: 0.012,
    Turn.SUPERSEDED_THEN_ACCEPTED: 0.012,
    Turn.DECLINED_THEN_WITHDRAWN: 0.012,
    Turn.COMPLETED_THEN_WITHDRAWN: 0.012,
    Turn.EXCUSED: 0.25,
    Turn.LOOKED_INTO: 0.12,
    Turn.EMERGENCY: 0.02,
    Turn.ALLEGED: 0.03,
    Turn.CORRECTED: 0.05,
    Turn.BASIS: 0.04,
}
"""How many cases take a turn (D, but the children who were reported before)."""


@dataclass(frozen=True, slots=True)
class Lot:
    """What is in store for one case."""

    course: Course
    fate: Fate
    turns: frozenset[Turn]


def dealt(rng: Random, cases: int) -> list[Lot]:
    """One lot a case, in the order in which they are opened."""
    courses = [Course.ORDINARY] * cases
    free = list(range(1, cases))  # the first is ordinary
    for course, share in SPECIAL.items():
        for place in _some(rng, free, share, cases):
            courses[place] = course
            free.remove(place)
    turns: list[set[Turn]] = [set() for _ in range(cases)]
    ordinary = [place for place, course in enumerate(courses) if course is Course.ORDINARY]
    for turn, share in SHARES.items():
        able = ordinary[1:] if turn is Turn.REPEATED else ordinary
        for place in _some(rng, able, share, cases):
            turns[place].add(turn)
    fates = _fates(rng, cases)
    return [Lot(*lot) for lot in zip(courses, fates, map(frozenset, turns), strict=True)]


def _fates(rng: Random, cases: int) -> list[Fate]:
    """As many of each as its share, to the nearest whole number."""
    found, owed = list[Fate](), 0.0
    for fate, share in FATES.items():
        owed += share * cases
        found += [fate] * (round(owed) - len(found))
    rng.shuffle(found)
    return found


def _some(rng: Random, able: Sequence[int], share: float, cases: int) -> list[int]:
    wanted = max(round(share * cases), int(cases >= SMALL))
    return rng.sample(able, min(wanted, len(able)))
