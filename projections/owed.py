"""What is owed over all cases as of a moment: the duties of each, out of the read models by one pure fold.

Nothing of it is kept: a duty moves with the clock, and another version of the protocol changes what is owed.
"""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, Connection, or_, select

from contracts.agencies import Agency
from contracts.casefile import CaseFile
from contracts.catalogue.accounting import KEPT_OPEN
from contracts.catalogue.reintegration import CLOSED, REOPENED
from contracts.dated import Dated
from contracts.duties import fold
from contracts.duties.duty import Duty, State
from contracts.errors import BarnabusError
from contracts.protocol import Protocol
from projections import said
from projections.cases import Cases
from projections.readmodel import PARKED, PROGRESS
from projections.records import Records, made_up

T = TypeVar("T")
_CASES, _RECORDS = Cases.table, Records.table
STANDINGS: Mapping[str, Callable[[Duty], bool]] = {
    "overdue": lambda duty: duty.state is State.BREACHED,
    "absent": lambda duty: duty.absent,
    "due-soon": lambda duty: duty.state is State.DUE_SOON and not duty.absent,
    "met": lambda duty: duty.state is State.MET,
    "excused": lambda duty: duty.state is State.EXCUSED,
    "withdrawn": lambda duty: duty.state is State.WITHDRAWN,
}
"""By what can be asked for. Absent is what was expected and never done: what is overdue, what the law gives no limit
and its alarm has passed, and what was withdrawn only after its time."""


class Owed(NamedTuple):
    case_ref: str
    duty: Duty


class Reckoned(NamedTuple, Generic[T]):
    """By case; and the cases of which it could not be reckoned, by what error."""

    found: list[tuple[str, T]]
    failing: dict[str, str]


_NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Choice:
    """Which duties are asked for; `standings` are of STANDINGS, and any of them will do. None: those that are owed.

    An agency's are those that it has to do: where a bypass leads around their owner, whoever does them instead.
    """

    standings: tuple[str, ...] = ()
    agency: Agency | None = None
    rule: str | None = None

    def of(self, duty: Duty) -> bool:
        if self.agency not in (None, duty.holder) or self.rule not in (None, duty.rule.id):
            return False
        return any(STANDINGS[name](duty) for name in self.standings) if self.standings else duty.owed


@dataclass(frozen=True, slots=True)
class Folded:
    """Up to where the log is folded, and its present: a made-up log's own last moment, else no moment but the clock's.

    `logged_at` is None of an empty log.
    """

    position: int
    logged_at: datetime | None
    synthetic: bool

    def present(self, now: datetime) -> datetime:
        if self.logged_at is None:
            return now
        return self.logged_at if self.synthetic else max(now, self.logged_at)


def folded(connection: Connection) -> Folded:
    row = connection.execute(select(PROGRESS.c.position, PROGRESS.c.logged_at)).first()
    logged_at = datetime.fromisoformat(row.logged_at) if row and row.logged_at else None
    return Folded(row.position if row else 0, logged_at, made_up(connection))


@dataclass(frozen=True, slots=True)
class Among:
    """Cases as of a moment: all that were not closed then, or closed ones too; or one of them."""

    at: datetime
    closed: bool = False
    case_ref: str | None = None

    def reckon(self, connection: Connection, of: Callable[[list[Dated]], T]) -> Reckoned[T]:
        """What comes of each case by what was said in it, also after that moment.

        A case of which nothing can be reckoned keeps nobody from the others: it is named, with the code of its error or
        that one's name.
        """
        found, failing = list[tuple[str, T]](), dict[str, str]()
        for case_ref, read in said.cases(connection, self.case_refs(connection)):
            try:
                dated = read()
                if self.holds(dated):
                    found.append((case_ref, of(dated)))
            except Exception as error:  # noqa: BLE001
                failing[case_ref] = failure(error)
        return Reckoned(found, failing)

    def holds(self, dated: list[Dated]) -> bool:
        """Is a case one of these, by what was said in it?"""
        return self.closed or not _closed(dated, self.at)

    def case_refs(self, connection: Connection, some: Collection[str] | None = None) -> list[str]:
        """Those that may be, of all cases or of some; whether one is, `holds` says."""
        asked = select(_CASES.c.key).order_by(_CASES.c.key)
        if not self.closed:
            asked = asked.where(or_(_CASES.c.closed.is_(False), *self._closed_since(connection)))
        if self.case_ref:
            asked = asked.where(_CASES.c.key == self.case_ref)
        if some is not None:
            asked = asked.where(_CASES.c.key.in_(some))
        return list(connection.scalars(asked))

    def _closed_since(self, connection: Connection) -> Iterator[ColumnElement[bool]]:
        """Of cases that were closed after that moment. Of none if the log ends there: it looks at every record."""
        last, at = folded(connection).logged_at, self.at.astimezone(UTC)
        if last and at < last:
            closings = (_RECORDS.c.type == CLOSED, _RECORDS.c.logged_at > at.isoformat())
            yield _CASES.c.key.in_(select(_RECORDS.c.case_ref).where(*closings))


def failure(error: Exception) -> str:
    """By what a case is named of which nothing can be reckoned."""
    return error.code if isinstance(error, BarnabusError) else type(error).__name__


def _closed(dated: list[Dated], at: datetime) -> bool:
    ends = (one.said for one in dated if one.said.type in (CLOSED, REOPENED, KEPT_OPEN) and one.at <= at)
    return CaseFile.of(ends).closed


def owed(connection: Connection, among: Among, protocol: Protocol) -> tuple[list[Owed], dict[str, str]]:
    """All duties of these cases, whatever has become of them, what was expected first at the top; and failing cases."""
    found, failing = among.reckon(connection, lambda dated: fold(dated, protocol, among.at))
    return sorted((Owed(case_ref, duty) for case_ref, duties in found for duty in duties), key=_place), failing


def _place(one: Owed) -> tuple[datetime, str]:
    """What nothing says when goes last."""
    return one.duty.expected_by or _NEVER, str(one.duty.id)


def page(every: list[Owed], choice: Choice, after: str, limit: int) -> list[Owed]:
    """Of those chosen, the first ones behind the duty of this id. Raises `duty.not-found` if there is none."""
    start = 0
    if after:
        ids = [str(one.duty.id) for one in every]
        if after not in ids:
            raise BarnabusError("duty.not-found", field="--after")
        start = ids.index(after) + 1
    return [one for one in every[start:] if choice.of(one.duty)][:limit]


def head(at: datetime, folded: Folded) -> dict[str, Any]:
    """As of when something is reckoned, and up to where the log was folded for it."""
    logged_at = folded.logged_at.isoformat() if folded.logged_at else None
    return {"as_of": at.isoformat(), "folded": {"position": folded.position, "logged_at": logged_at}}


def row(one: Owed) -> dict[str, Any]:
    """What operators are shown of a duty: nothing by person."""
    found = one.duty.document()
    shown = {name: value for name, value in found.items() if name not in ("child", "suspect")}
    return {"case_ref": one.case_ref} | shown | {"verified": one.duty.rule.verified}


def as_of(shown: Mapping[str, Any], at: datetime) -> dict[str, Any]:
    """A row as it was shown, at another moment up to which nothing of it has turned."""
    if not shown["owed"] or shown["expected_by"] is None:
        return dict(shown)
    return {**shown, "past_s": (at - datetime.fromisoformat(shown["expected_by"])).total_seconds()}


def held_up(connection: Connection) -> set[str]:
    """Cases in which something is not known here, so that they may have gone on."""
    return set(connection.scalars(select(PARKED.c.case_ref).distinct()))
