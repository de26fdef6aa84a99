"""The plan of a year: every command of every case, in the order in which it is handed in."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

from cli.year import offices, people
from cli.year.casebook import Casebook, Planned
from cli.year.intervention import Opening
from cli.year.story import unfolds
from cli.year.workdays import DAY

__all__ = ["FOLLOWED", "Planned", "whole", "year"]

FOLLOWED = timedelta(days=365)
"""Cases are opened within the year, and the plan goes on so long after it: a whole case has one year by the default
protocol, so each is seen for as long at least. What would come later is left out, and what waits for it stays open."""


def year(*, cases: int, year: int, seed: int) -> Iterator[Planned]:
    """So many cases opened in a year, sorted by the moment of each command; up to the end of the year after it."""
    end = datetime(year + 1, 1, 1, tzinfo=UTC) + FOLLOWED
    yield from (planned for planned in whole(cases=cases, year=year, seed=seed) if planned.at < end)


def whole(*, cases: int, year: int, seed: int) -> list[Planned]:
    """The same, each case to its very end."""
    rng, start = Random(f"{seed}:{year}"), datetime(year, 1, 1, tzinfo=UTC)
    days = (datetime(year + 1, 1, 1, tzinfo=UTC) - start) / DAY
    books = []
    for at in sorted(start + timedelta(days=rng.uniform(0, days)) for _ in range(cases)):
        own = Random(rng.getrandbits(128))
        book = Casebook(own, offices.town(own))
        unfolds(book, Opening(at, people.child(own, at), people.adult(own, at)))
        books.append(book)
    return sorted((planned for book in books for planned in book.planned), key=lambda planned: planned.at)
