"""Every record of a case, one row each: where a case stands in the log."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Index, String

from bus.log import Logged
from projections.readmodel import Cell, State, table


class Records:
    """Its key is its position, in twelve digits so that text sorts as numbers do."""

    name = "records"
    version = 1
    table = table(
        "records",
        Column("case_ref", String(64), nullable=False),
        Column("position", BigInteger, nullable=False),
        Column("type", String(80), nullable=False),
        Column("sender", String(20), nullable=False),
        Column("logged_at", String(40), nullable=False),
    )
    Index("records_case", table.c.case_ref)

    def keys(self, logged: Logged) -> Iterable[str]:
        if not logged.subject.startswith("link."):
            yield f"{logged.stamp.position:012d}"

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record, stamp = logged.record, logged.stamp
        return {
            "case_ref": record.subject,
            "position": stamp.position,
            "type": record.type,
            "sender": record.sender,
            "logged_at": stamp.logged_at.isoformat(),
        }

    def columns(self, state: State) -> Mapping[str, Any]:
        return state

    def cells(self, state: State) -> Iterable[Cell]:
        return ()
