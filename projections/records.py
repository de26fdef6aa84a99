"""Every record of a case, one row each: where a case stands in the log, and what was said there.

What was said is kept as it stands in the record; how every reader spells it, is worked out when somebody asks
(`projections/said.py`). So an entry costs the same in a long case as in a short one.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Column, Connection, Index, String, select

from bus.log import Logged
from projections.readmodel import Cell, State, table

_COLUMNS = ("case_ref", "position", "type", "sender", "logged_at")


class Records:
    """Its key is its position, in twelve digits so that text sorts as numbers do.

    Beside its columns a row has the record's `id`, its `content` in tiers E and O, and its `clocks` where an agency
    says when: occurred, known, received, recorded. `synthetic` is there if the log is of made-up cases.
    """

    name = "records"
    version = 2
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
            yield self.key_of(logged.stamp.position)

    @staticmethod
    def key_of(position: int) -> str:
        return f"{position:012d}"

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record, stamp, about = logged.record, logged.stamp, logged.record.data.about
        found: dict[str, Any] = {
            "case_ref": record.subject,
            "position": stamp.position,
            "type": record.type,
            "sender": record.sender,
            "logged_at": stamp.logged_at.isoformat(),
            "id": str(record.id),
            "content": record.data.content,
        }
        if about:
            clocks = about.clocks
            moments = (clocks.occurred, clocks.known, clocks.received, clocks.recorded)
            found["clocks"] = [moment.isoformat() if moment else None for moment in moments]
        if stamp.synthetic:
            found["synthetic"] = True
        return found

    def columns(self, state: State) -> Mapping[str, Any]:
        return {name: state[name] for name in _COLUMNS}

    def cells(self, state: State) -> Iterable[Cell]:
        return ()


def made_up(connection: Connection) -> bool:
    """Is the log of made-up cases? One that is, is so from its first entry on."""
    one = connection.scalars(select(Records.table.c.state).limit(1)).first()
    return bool(one and one.get("synthetic"))
