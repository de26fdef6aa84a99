"""What a read model is: a pure fold of the log with a table."""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple, Protocol

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    ColumnElement,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from bus.log import Logged
from contracts import upcasts

TABLES = MetaData()
State = Mapping[str, Any]
"""What one row has come to: JSON values only, so that every database gives it back as it was."""


class Way(NamedTuple):
    """What is asked of whom by whom, how soon (empty where nobody says), and the month of the asking, in Kosovo."""

    service: str
    opener: str
    receiver: str
    urgency: str
    period: str


_OF_AN_UPCAST = 1000
"""More than a fold will ever have versions."""

Cell = tuple[Way, str, bool, int]
"""A leg of handoffs that went one way: its name, whether it ended (else it was cut off), its length's bucket."""


class ReadModel(Protocol):
    """`version` is raised with every change of the fold: a view of another version asks for a rebuild by name."""

    name: str
    version: int
    table: Table

    def keys(self, logged: Logged) -> Iterable[str]:
        """The rows that an entry changes. Decided by the entry alone."""

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        """What a row comes to with this entry; `state` is None for the first. No clock, no I/O, no dice."""

    def columns(self, state: State) -> Mapping[str, Any]:
        """What the table shows of a state, to be asked for."""

    def cells(self, state: State) -> Iterable[Cell]:
        """What a row adds to the tallies: one to each of these cells, so often as it stands there. Pure."""


def version_of(model: ReadModel) -> int:
    """Which version of a fold a view was made by. A view from before an upcast holds what was said in older words."""
    return model.version + _OF_AN_UPCAST * len(upcasts.UPCASTS)


def table(name: str, *columns: Column[Any]) -> Table:
    """A read model's table: its key, its state, and columns to ask for."""
    return Table(name, TABLES, Column("key", String(200), primary_key=True), Column("state", JSON), *columns)


def open_index(name: str, of: Table, columns: Iterable[str], condition: ColumnElement[bool]) -> None:
    """An index of those rows alone, as few are open. A query has to say the condition in the same words."""
    Index(name, *(of.c[column] for column in columns), sqlite_where=condition, postgresql_where=condition)


META = Table(
    "meta",
    TABLES,
    Column("model", String(40), primary_key=True),
    Column("version", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("row_count", BigInteger, nullable=False),
)
"""Each model's version, and the digest of all its rows."""
PROGRESS = Table(
    "progress",
    TABLES,
    Column("one", BigInteger, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("logged_at", Text),
    Column("seen", String(64)),
)
"""One row: up to where everything is folded, and a digest of every entry up to there."""
HEADS = Table(
    "heads",
    TABLES,
    Column("chain", String(80), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("digest", String(64), nullable=False),
)
SIGNED = Table(
    "signed", TABLES, Column("link", String(80), primary_key=True), Column("number", BigInteger, nullable=False)
)
PARKED = Table(
    "parked",
    TABLES,
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("case_ref", String(64), nullable=False),
    Column("type", String(80), nullable=False),
    Column("reason", String(80), nullable=False),
)
"""Entries of types or versions that are not known here, and what came after them in their case."""
COUNTS = Table(
    "counts",
    TABLES,
    Column("key", String(200), primary_key=True),
    Column("cut", String(10), nullable=False),
    *(Column(name, String(60), nullable=False) for name in Way._fields),
    Column("leg", String(12), nullable=False),
    Column("first", Integer, nullable=False),
    Column("packed", LargeBinary, nullable=False),
)
"""Tallies of rows, in each cut of projections/counts.py; what a cut is not by is empty."""
Index("counts_cut", COUNTS.c.cut, COUNTS.c.period, COUNTS.c.service)
OF_THE_ENGINE = (META, PROGRESS, HEADS, SIGNED, PARKED, COUNTS)
"""The tables of every view, beside those of its read models."""
