"""The plan of a year: every command of every case, in the order in which it is handed in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import NamedTuple

from cli.year import offices, people, register
from cli.year.casebook import Casebook, Planned
from cli.year.intervention import Opening, Report
from cli.year.people import Human
from cli.year.story import unfolds
from cli.year.turns import Fate, Lot, Turn, dealt
from cli.year.workdays import DAY
from contracts.catalogue.parties import SOCIAL

__all__ = ["FOLLOWED", "Planned", "whole", "year"]

FOLLOWED = timedelta(days=365)
"""Cases are opened within the year, and the plan goes on so long after it: a whole case has one year by the default
protocol, so each is seen for as long at least. What would come later is left out, and what waits for it stays open."""

UNFOUND = 0.25
"""Of the cases that are dismissed, so many because nobody knows who it was (D)."""


class Known(NamedTuple):
    """A case that is open, and its child."""

    ref: str
    child: Human


def year(*, cases: int, year: int, seed: int) -> Iterator[Planned]:
    """So many cases opened in a year, sorted by the moment of each command; up to the end of the year after it."""
    end = datetime(year + 1, 1, 1, tzinfo=UTC) + FOLLOWED
    yield from (planned for planned in whole(cases=cases, year=year, seed=seed) if planned.at < end)


def whole(*, cases: int, year: int, seed: int) -> list[Planned]:
    """The same, each case to its very end."""
    rng, start = Random(f"{seed}:{year}"), datetime(year, 1, 1, tzinfo=UTC)
    days = (datetime(year + 1, 1, 1, tzinfo=UTC) - start) / DAY
    moments = sorted(start + timedelta(days=rng.uniform(0, days)) for _ in range(cases))
    books, earlier = register.kept(rng, start, cases), list[Known]()
    for at, lot in zip(moments, dealt(rng, cases), strict=True):
        book = Casebook(own := Random(rng.getrandbits(128)), offices.town(own))
        before = rng.choice(earlier) if Turn.REPEATED in lot.turns and earlier else None
        child = before.child.known_anew(own) if before else people.child(own, at)
        told = unfolds(book, Opening(at, child, _suspect(own, at, lot)), lot)
        if before:
            _linked(book, told, before)
        earlier.append(Known(book.ref, child))
        books += [book, *book.others]
    return sorted((planned for book in books for planned in book.planned), key=lambda planned: planned.at)


def _suspect(rng: Random, at: datetime, lot: Lot) -> Human | None:
    """Whoever did it, if anybody ever knows; in a case that is diverted it is a child."""
    if lot.fate is Fate.DISMISSED and rng.random() < UNFOUND:
        return None
    if lot.fate is Fate.DIVERTED or Turn.YOUNG_SUSPECT in lot.turns:
        return people.young(rng, at, 11 if lot.fate is Fate.DISMISSED else 14.2)
    return people.adult(rng, at)


def _linked(book: Casebook, told: Report, before: Known) -> None:
    """The Centre notices that it knows the child."""
    at = told.concern.after(days=book.rng.uniform(0.2, 20))
    who = {"concerns": told.child.person, "other": before.ref, "other_concerns": before.child.ref}
    book.says(SOCIAL, "case.link", at, who | {"reason": "same-child"})
