"""Handoffs of one municipality: from whom to whom, how many were made in a year and are open, and nothing else of them.

Most municipalities have fewer than five cases a year, so most of these counts are small. One that is under 10 is
withheld, and others with it, so that none can be told from the whole country's figures less the other municipalities'
(projections/publishing.py). That holds of figures that are not divided in another way too: so of a municipality nothing
can be chosen but a year, years do not overlap, and no total is shown (docs/adr/0046).

It keeps what is copied into reports from giving a case away, and nothing from whoever may list every handoff anyway.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import permutations
from typing import Any

from sqlalchemy import Connection, func, select

from contracts import places
from contracts.agencies import FIELD
from contracts.errors import Refused
from contracts.places import Places
from projections import choosing
from projections.choice import By
from projections.handoffs import PLACES_COLUMNS, Handoffs, period_of
from projections.periods import Period
from projections.publishing import SMALL, withheld_of_a_known_sum
from projections.records import made_up
from projections.snapshot import logged_at

Way = tuple[str, str]
"""Who asks, and who is asked."""
WAYS: frozenset[Way] = frozenset(permutations([agency.value for agency in FIELD], 2))
"""All that the contract knows: that one is there says nothing."""
Counts = Counter[tuple[Way, str]]
"""By way and place."""
MUNICIPALITY, PERIOD = "municipality", "period"
ALONE = (
    "Of a municipality only a year can be chosen beside it: the same handoffs divided in another way could be "
    "subtracted, and would tell a small count."
)
WITHHELD = (
    f"Counts under {SMALL}, zeros included, are withheld, and with them as many others as are needed so that nobody "
    "can compute one from the whole country's figures and those of other municipalities."
)


@dataclass(frozen=True, slots=True)
class Asked:
    """`year` is None for the one in which the log ends."""

    municipality: str
    year: Period | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Of one way in one place; None is withheld."""

    made: int | None
    open: int | None


def asked(said: Mapping[str, str | None], table: Places, before: str = "") -> Asked:
    """By municipality and period. `before` stands before a field's name in a refusal.

    Raises Refused `option.invalid`, also if anything else is said.
    """
    others = [name for name, value in said.items() if value is not None and name not in (MUNICIPALITY, PERIOD)]
    municipality, period = said[MUNICIPALITY], f"{before}{PERIOD}"
    year = choosing.span(said.get(PERIOD), period)
    if others or (year and len(year.months) != 12):
        raise Refused("option.invalid", field=f"{before}{others[0]}" if others else period, detail=ALONE)
    return Asked(choosing.one_of(table.ids, str(municipality), f"{before}{MUNICIPALITY}"), year)


def table_of(connection: Connection, named: Places | None) -> Places:
    """The one that was named; else the shipped one, of a log of made-up cases that of made-up towns."""
    return named or _shipped(made_up(connection))


@cache
def _shipped(of_made_up_cases: bool) -> Places:
    return places.read(places.MADE_UP if of_made_up_cases else places.SHIPPED)


def years(connection: Connection) -> list[str]:
    """From the one in which the first was made to that in which the log ends, the newest first."""
    as_of, first = logged_at(connection), connection.scalar(select(func.min(Handoffs.table.c.year)))
    if as_of is None or first is None:
        return []
    last = period_of(datetime.fromisoformat(as_of))[:4]
    return [str(year) for year in reversed(range(int(first), int(last) + 1))]


def summed(connection: Connection, asked: Asked, table: Places) -> dict[str, Any]:
    """With stable keys, as a summary by pair has them; None for what is withheld, and no legs."""
    as_of = logged_at(connection)
    year = asked.year or (Period.of(period_of(datetime.fromisoformat(as_of))[:4]) if as_of else None)
    found = shown(*_counted(connection, year, table), table) if year else {}
    return {
        "as_of": as_of,
        "by": By.PAIR.value,
        "municipality": asked.municipality,
        "period": str(year) if year else None,
        "withheld": WITHHELD,
        "groups": [_group(way, of_place[asked.municipality]) for way, of_place in sorted(found.items())],
    }


def shown(made: Counts, is_open: Counts, table: Places) -> dict[Way, dict[str, Counted]]:
    """What is told of each way and place, where the sums of each way over all places are known anyway.

    Where the made are withheld so are the open ones, as there are no more of them. A way's counts bear on no other's:
    no total of a place is shown.
    """
    found = {}
    for way in WAYS | {way for way, _ in made}:
        of_made, of_open = ([of[way, place] for place in table.ids] for of in (made, is_open))
        hidden = withheld_of_a_known_sum(of_made)
        more = withheld_of_a_known_sum(of_open, hidden)
        found[way] = {
            place: Counted(None if n in hidden else of_made[n], None if n in more else of_open[n])
            for n, place in enumerate(table.ids)
        }
    return found


def _counted(connection: Connection, year: Period, table: Places) -> tuple[Counts, Counts]:
    """How many were made then, and how many of these are open."""
    made, is_open = Counts(), Counts()
    columns = [Handoffs.table.c[name] for name in PLACES_COLUMNS]
    rows = select(*columns, func.count().label("handoffs")).where(Handoffs.table.c.year == str(year))
    for row in connection.execute(rows.group_by(*columns)):  # in the order of the index: nothing is sorted
        here = (row.opener, row.receiver), table.of(row.opener_office, row.receiver_office)
        made[here] += row.handoffs
        is_open[here] += row.handoffs if row.open else 0
    return made, is_open


def _group(way: Way, counted: Counted) -> dict[str, Any]:
    said = {"service": None, "from": way[0], "to": way[1], "urgency": None, "period": None}
    return said | {"count": counted.made, "open": counted.open, "legs": {}}
