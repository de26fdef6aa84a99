"""Who looked into which case, over all of them, one row a look: out of the log, and in the order that it gives."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ColumnElement, Connection, Index, String, case, func, select

from bus.log import Logged
from contracts.errors import Refused
from contracts.vocabulary.accounting import AccessPurpose
from projections import choosing
from projections.accesses import SHOWN, access
from projections.handoffs import period_of
from projections.periods import Period
from projections.readmodel import PARKED, Cell, State, open_index, table
from projections.snapshot import logged_at


class Accesses:
    """A row is what `barnabus access list` shows of a look, with its case; its key and `position` is its place."""

    name = "accesses"
    version = 1
    table = table(
        "accesses",
        Column("position", BigInteger, nullable=False),
        Column("agency", String(20), nullable=False),
        Column("purpose", String(40)),
        Column("ground", String(40)),
        Column("in_emergency", Boolean, nullable=False),
        Column("person", String(80)),
        Column("period", String(7), nullable=False),
    )
    Index("accesses_position", table.c.position, unique=True)
    Index("accesses_figures", *map(table.c.__getitem__, ("agency", "purpose", "ground", "period", "in_emergency")))
    Index("accesses_period", table.c.period, table.c.position)
    Index("accesses_agency", table.c.agency, table.c.position)
    Index("accesses_purpose", table.c.purpose, table.c.position)
    Index("accesses_person", table.c.person, table.c.position)
    open_index("accesses_emergencies", table, ("position",), table.c.in_emergency.is_(True))

    def keys(self, logged: Logged) -> Iterable[str]:
        return (f"{logged.stamp.position:012d}",) if logged.record.type in SHOWN else ()

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        return access(logged) | {"case_ref": logged.record.subject, "period": period_of(logged.stamp.logged_at)}

    def columns(self, state: State) -> Mapping[str, Any]:
        names = ("position", "agency", "purpose", "ground", "person", "period")
        return {name: state[name] for name in names} | {"in_emergency": state["emergency"] is not None}

    def cells(self, state: State) -> Iterable[Cell]:
        return ()


_TABLE = Accesses.table


@dataclass(frozen=True, slots=True)
class Choice:
    """Which looks; None is any. `after` is the position of the last one of the page before: older ones follow."""

    agency: str | None = None
    purpose: str | None = None
    emergencies: bool = False
    person: str | None = None
    period: Period | None = None
    after: int | None = None
    limit: int = 100

    @classmethod
    def of(cls, said: Mapping[str, str | None], *, person: str | None, limit: int, before: str = "") -> "Choice":
        """By agency, purpose, emergencies (`yes`), period, after. `before` stands before a field's name in a refusal.

        Raises Refused `option.invalid`, `agency.unknown`.
        """
        purpose, emergencies = (said.get(name) for name in ("purpose", "emergencies"))
        after = said.get("after")
        return cls(
            agency=choosing.agency(said.get("agency")),
            purpose=choosing.word(AccessPurpose, purpose, f"{before}purpose"),
            emergencies=emergencies is not None
            and choosing.one_of(["yes"], emergencies, f"{before}emergencies") == "yes",
            person=person,
            period=choosing.span(said.get("period"), f"{before}period"),
            after=place(after, f"{before}after") if after else None,
            limit=limit,
        )

    def among(self) -> Iterable[ColumnElement[bool]]:
        for column, said in ((_TABLE.c.agency, self.agency), (_TABLE.c.purpose, self.purpose)):
            if said is not None:
                yield column == said
        if self.emergencies:
            yield _TABLE.c.in_emergency.is_(True)
        if self.person is not None:
            yield _TABLE.c.person == self.person
        if self.after is not None:
            yield _TABLE.c.position < self.after
        yield from _within(self.period)


def read(connection: Connection, choice: Choice) -> dict[str, Any]:
    """The looks that are chosen, the latest first, below what all of that period come to. Stable keys.

    `held_up` are looks that are not among them: into cases that this version cannot follow (`projections status`).
    """
    groups = _counted(connection, choice.period)
    held_up = select(func.count()).select_from(PARKED).where(PARKED.c.type.in_(SHOWN))
    return {
        "as_of": logged_at(connection),
        "period": str(choice.period) if choice.period else None,
        "looks": sum(group["looks"] for group in groups if group["purpose"]),
        "emergencies": sum(group["looks"] for group in groups if group["ground"]),
        "groups": [
            {name: group[name] for name in ("agency", "purpose", "looks", "in_emergency")}
            for group in groups
            if group["purpose"]
        ],
        "grounds": [
            {"agency": group["agency"], "ground": group["ground"], "emergencies": group["looks"]}
            for group in groups
            if group["ground"]
        ],
        "held_up": connection.execute(held_up).scalar_one(),
        "accesses": [_shown(state) for state in connection.scalars(_asked(choice))],
        "limit": choice.limit,
    }


def place(text: str, field: str) -> int:
    """A position in the log. Raises Refused `option.invalid`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise Refused("option.invalid", field=field, detail="It is a position in the log.")
    return int(text)


def person_at(connection: Connection, position: int, field: str) -> str:
    """Whose look stands there, by their label. Raises Refused `option.invalid` where none does that has one."""
    found: str | None = connection.scalar(select(_TABLE.c.person).where(_TABLE.c.position == position))
    if found is None:
        raise Refused("option.invalid", field=field, detail="No look of a person stands there.")
    return found


def _asked(choice: Choice) -> Any:
    newest = select(_TABLE.c.state).order_by(_TABLE.c.position.desc()).limit(choice.limit)
    return newest.where(*choice.among())


def _counted(connection: Connection, period: Period | None) -> list[dict[str, Any]]:
    """Sorted here, for databases differ in how they do."""
    found = [dict(row) for row in connection.execute(_figures(period)).mappings()]
    return sorted(found, key=lambda group: (group["agency"], group["purpose"] or "", group["ground"] or ""))


def _figures(period: Period | None) -> Any:
    """Out of an index that holds all it needs."""
    by = (_TABLE.c.agency, _TABLE.c.purpose, _TABLE.c.ground)
    in_emergency = func.sum(case((_TABLE.c.in_emergency.is_(True), 1), else_=0)).label("in_emergency")
    return select(*by, func.count().label("looks"), in_emergency).where(*_within(period)).group_by(*by)


def _within(period: Period | None) -> Iterable[ColumnElement[bool]]:
    return (_TABLE.c.period.between(period.months[0], period.months[-1]),) if period else ()


def _shown(state: State) -> dict[str, Any]:
    return {name: value for name, value in state.items() if name != "period"}
