"""How long handoffs take, leg by leg; those that are under way are counted as such.

A leg that has not ended is censored at the moment of the log's last entry, or where it was cut off: it lasted so long
at least. Leaving it out would flatter. What is settled comes out of the tallies (projections/counts.py), so a summary
costs the same however many handoffs there were; of what is under way the moments are read, a text a group.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Text, cast, func, select
from sqlalchemy.sql.functions import FunctionElement

from projections import counts
from projections.choice import DIVIDED, By, Choice
from projections.handoffs import Handoffs
from projections.legs import INFORMATION, LEGS, MADE, RECEIVED, UNDER_WAY, us_of
from projections.letters import Letters
from projections.readmodel import COUNTS
from projections.snapshot import logged_at, snapshot
from projections.tallies import Between, Tally, places

PERCENTS = (50, 90, 99)
Group = tuple[str | None, ...]
"""The values by which a row of a summary is divided from others."""
EVERYTHING = Choice()


@dataclass(frozen=True, slots=True)
class Tallied:
    """`made` and `open` are handoffs; a leg's tally says how many of it ended."""

    made: int
    open: int
    legs: Mapping[str, Tally]
    under_way: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Summary:
    """As of the log's last entry, None if there is none; groups in the order of their names."""

    as_of: str | None
    by: By
    groups: Mapping[Group, Tallied]

    def document(self) -> dict[str, Any]:
        """With stable keys; lengths in seconds."""
        return {
            "as_of": self.as_of,
            "by": self.by.value,
            "groups": [self._group(group, tallied) for group, tallied in self.groups.items()],
        }

    def _group(self, group: Group, tallied: Tallied) -> dict[str, Any]:
        said = dict(zip(DIVIDED[self.by], group, strict=True))
        return {
            "service": said.get("service"),
            "from": said.get("opener"),
            "to": said.get("receiver"),
            "urgency": said.get("urgency"),
            "period": said.get("period"),
            "count": tallied.made,
            "open": tallied.open,
            "legs": {leg: _leg(tally, tallied.under_way.get(leg, 0)) for leg, tally in tallied.legs.items()},
        }


def summary(engine: Engine, choice: Choice = EVERYTHING, by: By = By.WAY) -> Summary:
    """Out of the read models, by the log's clock."""
    with snapshot(engine) as connection:
        return summed(connection, choice, by)


def summed(connection: Connection, choice: Choice = EVERYTHING, by: By = By.WAY) -> Summary:
    """The same, in a snapshot in which more is asked."""
    as_of = logged_at(connection)
    if as_of is None:
        return Summary(None, by, {})
    groups = _Groups(by)
    _add_settled(connection, groups, choice)
    _add_under_way(connection, groups, choice)
    return Summary(as_of, by, groups.tallied(us_of(datetime.fromisoformat(as_of))))


class _Groups:
    """What is added to while it is read: numbers for what is settled, moments for what is under way."""

    def __init__(self, by: By) -> None:
        self.by = by
        self.width = len(DIVIDED[by])
        self._found: dict[tuple[Any, ...], _Group] = {}

    def of(self, row: Row[Any]) -> "_Group":
        """That of a row that begins with what divides it."""
        key = row[: self.width]
        found = self._found.get(key)
        if found is None:
            found = self._found[key] = self._found.setdefault(tuple(value or None for value in key), _Group())
        return found

    def tallied(self, as_of_us: int) -> dict[Group, Tallied]:
        named = {key: group for key, group in self._found.items() if "" not in key}
        ordered = sorted(named.items(), key=lambda one: [value or "" for value in one[0]])
        return {key: group.tallied(as_of_us) for key, group in ordered}


class _Group:
    __slots__ = ("open", "settled", "since")

    def __init__(self) -> None:
        self.open = 0
        self.settled: dict[str, int] = defaultdict(int)
        self.since: dict[str, list[int]] = defaultdict(list)

    def wait(self, legs: Sequence[str], moments: str | None) -> None:
        """These legs are under way since each of these moments."""
        if moments:
            since = list(map(int, moments.split()))
            for leg in legs:
                self.since[leg] += since

    def tallied(self, as_of_us: int) -> Tallied:
        legs = {leg: counts.tally_of(self.settled[leg]) for leg in LEGS}
        for leg, since in self.since.items():
            legs[leg].censored.update(places(as_of_us - since_us for since_us in since))
        under_way = {leg: len(since) for leg, since in self.since.items()}
        return Tallied(counts.tally_of(self.settled[MADE]).count, self.open, legs, under_way)


def _add_settled(connection: Connection, groups: _Groups, choice: Choice) -> None:
    columns = [COUNTS.c[name] for name in (*DIVIDED[groups.by], "leg", "first", "packed")]
    asked = select(*columns).where(COUNTS.c.cut == _cut(choice, groups.by), *choice.among(COUNTS))
    for row in connection.execute(asked).all():
        *_, leg, first, packed = row
        groups.of(row).settled[leg] += counts.unpacked(first, packed)


def _cut(choice: Choice, by: By) -> str:
    """The one with the fewest cells that can tell."""
    if by is By.PERIOD and not choice.of_parties:
        return counts.BY_PERIOD
    return counts.BY_WAY_AND_PERIOD if by is By.PERIOD or choice.of_periods else counts.BY_WAY


def _add_under_way(connection: Connection, groups: _Groups, choice: Choice) -> None:
    table, by = Handoffs.table, DIVIDED[groups.by]
    divided, chosen = [table.c[name] for name in by], [*choice.among(table)]
    since = [
        _moments(table.c[f"{LEGS[legs[0]]}_us"]).filter(table.c.stage == stage) for stage, legs in UNDER_WAY.items()
    ]
    for row in _together(connection, divided, [func.count(), *since], [table.c.open.is_(True), *chosen]):
        group = groups.of(row)
        count, *of_stages = row[len(by) :]
        group.open += count
        for legs, moments in zip(UNDER_WAY.values(), of_stages, strict=True):
            group.wait(legs, moments)

    asked = [table.c.asked_us.is_not(None), *chosen]
    for row in _together(connection, divided, [_moments(table.c.asked_us)], asked):
        groups.of(row).wait((INFORMATION,), row[-1])

    table, parties = Letters.table, {"opener": "sender", "receiver": "recipient"}
    divided, chosen = [table.c[parties.get(name, name)] for name in by], [*choice.among(table, **parties)]
    unsigned = [table.c.asks_since_us.is_not(None), *chosen]
    for row in _together(connection, divided, [_moments(table.c.asks_since_us)], unsigned):
        groups.of(row).wait((RECEIVED,), row[-1])


def _together(
    connection: Connection,
    divided: Sequence[ColumnElement[Any]],
    found: Sequence[ColumnElement[Any]],
    which: Sequence[ColumnElement[bool]],
) -> Iterable[Row[Any]]:
    """A row a group: a row for each of ten thousand handoffs would cost more than all the rest of a summary."""
    asked: Select[Any] = select(*divided, *found).where(*which).group_by(*divided)
    return connection.execute(asked)


def _moments(us: ColumnElement[Any]) -> FunctionElement[Any]:
    """All in one text; None if there are none."""
    return func.aggregate_strings(cast(us, Text), " ")


def _leg(tally: Tally, under_way: int) -> dict[str, Any]:
    """`under_way` are among the censored; of a quantile both ends between which the exact one lies."""
    found = {"ended": tally.ended.total(), "censored": tally.censored.total(), "under_way": under_way}
    quantiles = zip(PERCENTS, tally.quantiles(PERCENTS), strict=True)
    return found | {f"p{percent}": _between(between) for percent, between in quantiles}


def _between(found: Between | None) -> dict[str, float | None] | None:
    if found is None:
        return None
    return {"over_s": found.over.total_seconds(), "most_s": found.most.total_seconds() if found.most else None}
