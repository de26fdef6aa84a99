"""The feed: all that an agency's own systems are told, numbered without a gap in the order in which it came about.

A line is written in the transaction of what causes it, behind its events: whoever saves events waits for whoever does,
so no reader ever sees a number before the one below it. A line names a letter of the inbox, whose content lies in the
vault, or an own act that is void; it holds no personal data.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from bus import seal
from bus.inbox import letter_id
from bus.store import Statement, Store
from contracts.agencies import Agency
from contracts.envelope import Postmark
from contracts.web import VOIDED

_COLUMNS = "number, id, type, sender, letter, void"


@dataclass(frozen=True, slots=True)
class Line:
    """One item by reference. `id` is the same for ever. A letter is named by `sender` and `letter`, its number."""

    number: int
    id: UUID
    type: str
    sender: Agency | None
    letter: int | None
    void: Mapping[str, Any] | None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        return cls(
            number=row["number"],
            id=UUID(row["id"]),
            type=row["type"],
            sender=Agency(row["sender"]) if row["sender"] else None,
            letter=row["letter"],
            void=json.loads(row["void"]) if row["void"] else None,
        )


class Feed:
    def __init__(self, store: Store, agency: Agency) -> None:
        self._store = store
        self._agency = agency

    def heard(self, mark: Postmark, type_name: str) -> Statement:
        """The write by which a letter comes to be told, under the type that it is heard as."""
        item = letter_id(mark.sender, mark.recipient, mark.number)
        return _line(item, type_name, sender=mark.sender, letter=mark.number)

    def voided(self, *voids: Mapping[str, Any]) -> list[Statement]:
        """The writes by which own acts come to be told of as void."""
        return [_line(self._void_id(void), VOIDED, void=seal.dump(void).decode()) for void in voids]

    def end(self) -> int:
        """The number of the last line; 0 while there is none."""
        return int(self._store.read("SELECT coalesce(max(number), 0) AS n FROM feed")[0]["n"])

    def lines(self, *, after: int, up_to: int, limit: int, types: Collection[str] | None) -> list[Line]:
        """Lines above `after`, at most `limit`, of these types or of all."""
        among = f"AND type IN ({', '.join('?' * len(types))})" if types else ""
        if types is not None and not types:
            return []
        rows = self._store.read(
            f"SELECT {_COLUMNS} FROM feed WHERE number > ? AND number <= ? {among} ORDER BY number LIMIT ?",  # noqa: S608
            after,
            up_to,
            *(types or ()),
            limit,
        )
        return [Line.of(row) for row in rows]

    def line(self, number: int) -> Line | None:
        rows = self._store.read(f"SELECT {_COLUMNS} FROM feed WHERE number = ?", number)  # noqa: S608
        return Line.of(rows[0]) if rows else None

    def _void_id(self, void: Mapping[str, Any]) -> UUID:
        return uuid5(NAMESPACE_URL, f"barnabus:void:{self._agency}:{void['id']}:{void['reason']}")


def _line(
    item: UUID, type_name: str, *, sender: Agency | None = None, letter: int | None = None, void: str | None = None
) -> Statement:
    return Statement(
        "INSERT INTO feed (number, id, type, sender, letter, void) "
        "VALUES ((SELECT coalesce(max(number), 0) + 1 FROM feed), ?,?,?,?,?)",
        (str(item), type_name, sender, letter, void),
    )
