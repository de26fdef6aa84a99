"""What the keeper of duties reads: up to where the log is folded, in which cases something came, and these cases."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from contracts.agencies import Agency
from projections import owed, said
from projections.cases import Cases
from projections.letters import Letters
from projections.records import Records

_CASES, _RECORDS, _LETTERS = Cases.table, Records.table, Letters.table


@dataclass(frozen=True, slots=True)
class Watched:
    """A view as of one moment; `logged_at` is that of its last entry, None while nothing is folded."""

    connection: Connection
    position: int
    logged_at: datetime | None

    @classmethod
    def of(cls, connection: Connection) -> "Watched":
        folded = owed.folded(connection)
        return cls(connection, folded.position, folded.logged_at)

    def changed(self, after: int) -> list[str]:
        """The cases in which something was said, or received, after a position."""
        spoken = select(_RECORDS.c.case_ref).where(_RECORDS.c.key > Records.key_of(after))
        received = select(_LETTERS.c.case_ref).where(_LETTERS.c.receipt > after, _LETTERS.c.case_ref.is_not(None))
        return list(self.connection.scalars(spoken.union(received)))

    def open(self) -> list[str]:
        """The cases that are not closed."""
        return list(self.connection.scalars(select(_CASES.c.key).where(_CASES.c.closed.is_(False))))

    def first_word(self) -> int | None:
        """Where the keeper spoke first; None if it never has."""
        own = _RECORDS.c.sender == Agency.KEEPER.value
        found: int | None = self.connection.execute(select(func.min(_RECORDS.c.position)).where(own)).scalar()
        return found

    def held_up(self) -> Collection[str]:
        """The cases in which something is not known here, so that more may have been done."""
        return owed.held_up(self.connection)

    def cases(self, case_refs: Sequence[str]) -> Iterator[tuple[str, said.Read]]:
        """What was said in each, void or not, in the log's order."""
        return said.cases(self.connection, case_refs)
