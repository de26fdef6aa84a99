"""Where a case stands in the log, as the read models know: with it a replay asks for its own entries alone.

It saves time and proves nothing: whoever reads by it holds the number of entries against what the log says.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Select, select

from projections.letters import Letters
from projections.readmodel import PARKED, PROGRESS
from projections.records import Records
from projections.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Places:
    """The positions of a case's records, and of the receipts for its letters; up to `upto`."""

    upto: int
    records: tuple[int, ...]
    receipts: tuple[int, ...]


def places(view: Engine, case_ref: str) -> Places:
    """As of one moment."""
    records, letters = Records.table, Letters.table
    with snapshot(view) as connection:
        upto = connection.execute(select(PROGRESS.c.position)).scalar() or 0

        def positions(asked: Select[Any]) -> tuple[int, ...]:
            return tuple(sorted(connection.scalars(asked)))

        folded = positions(select(records.c.position).where(records.c.case_ref == case_ref))
        parked = positions(select(PARKED.c.position).where(PARKED.c.case_ref == case_ref))
        of_case = (letters.c.case_ref == case_ref, letters.c.receipt.is_not(None))
        receipts = positions(select(letters.c.receipt).where(*of_case).distinct())
    return Places(upto, tuple(sorted({*folded, *parked})), receipts)
