"""Every letter, one row each: when it was logged, and when its recipient's system had it by its own signed word.

A receipt names a link and a number and no handoff. So how long it took until the receiver's system had what asked for
a handoff is told by the row of the letter that asked: it knows the handoff's way from its record.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String

from bus.chains import RECEIPT, receipt_of
from bus.log import Logged
from contracts.catalogue import entry_of
from contracts.envelope import Record
from contracts.standing import Move
from projections.handoffs import period_of
from projections.legs import RECEIVED, us_of
from projections.readmodel import Cell, State, Way, open_index, table
from projections.tallies import place

UNDER_WAY_COLUMNS = ("service", "sender", "recipient", "urgency", "period", "asks_since_us")
"""All that a summary reads of what nobody has signed for: an index holds them, so no row is touched for it."""


class Letters:
    """A letter is named by its link and number: `police>social 17`.

    `received_at` is its recipient's claim; `signed_us` is when the log had that claim, by the log's clock. `asks` is
    there if it asked its recipient for something: the service, how soon, and the period of the asking.
    """

    name = "letters"
    version = 2
    table = table(
        "letters",
        Column("sender", String(20), nullable=False),
        Column("recipient", String(20), nullable=False),
        Column("number", BigInteger, nullable=False),
        Column("record_id", String(36)),
        Column("case_ref", String(64)),
        Column("position", BigInteger),
        Column("logged_at", String(40)),
        Column("received_at", String(40)),
        Column("opened", Boolean),
        Column("service", String(60)),
        Column("urgency", String(20)),
        Column("period", String(7)),
        Column("asks_since_us", BigInteger),
    )
    Index("letters_of", table.c.record_id, table.c.recipient)
    open_index("letters_waiting", table, ("recipient",), table.c.received_at.is_(None))
    open_index("letters_under_way", table, UNDER_WAY_COLUMNS, table.c.asks_since_us.is_not(None))

    def keys(self, logged: Logged) -> Iterable[str]:
        record = logged.record
        if record.type == RECEIPT:
            content = record.data.content
            return [_key(content["sender"], record.sender, letter["number"]) for letter in content["letters"]]
        return [_key(record.sender, letter.to, letter.number) for letter in record.data.letters]

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record, stamp = logged.record, logged.stamp
        if record.type == RECEIPT:
            return self._signed(key, state or _first(key), logged)
        asks = _asks(logged, key)
        return {
            **(state or _first(key)),
            "record_id": str(record.id),
            "case_ref": record.subject,
            "position": stamp.position,
            "logged_at": stamp.logged_at.isoformat(),
            **({"asks": asks, "logged_us": us_of(stamp.logged_at)} if asks else {}),
        }

    def _signed(self, key: str, before: State, logged: Logged) -> State:
        if before["received_at"] is not None:
            return before  # a restored store signs for it once more
        received_at, opened = _received(logged.record, before["number"])
        signed = {"received_at": received_at.isoformat(), "opened": opened, "signed_us": us_of(logged.stamp.logged_at)}
        return {**before, **signed}

    def columns(self, state: State) -> Mapping[str, Any]:
        service, urgency, period = state.get("asks", _NOTHING_ASKED)
        return {name: state[name] for name in _COLUMNS} | {
            "service": service,
            "urgency": urgency,
            "period": period,
            "asks_since_us": state.get("logged_us") if state["received_at"] is None else None,
        }

    def cells(self, state: State) -> Iterable[Cell]:
        """A letter that asked, when it is signed for."""
        if "asks" not in state or state["received_at"] is None:
            return ()
        service, urgency, period = state["asks"]
        way = Way(service, state["sender"], state["recipient"], urgency or "", period)
        return ((way, RECEIVED, True, place(max(state["signed_us"] - state["logged_us"], 0))),)


_COLUMNS = (
    "sender", "recipient", "number", "record_id", "case_ref", "position", "logged_at", "received_at", "opened",
)  # fmt: skip
_NOTHING_ASKED = (None, None, None)


def _first(key: str) -> dict[str, Any]:
    link, _, number = key.partition(" ")
    sender, _, recipient = link.partition(">")
    return dict.fromkeys(_COLUMNS) | {"sender": sender, "recipient": recipient, "number": int(number)}


def _asks(logged: Logged, key: str) -> list[str | None] | None:
    """What a letter asks of its recipient, unless it is one to somebody who is only notified."""
    entry, content = entry_of(logged.record.type), logged.record.data.content
    if entry.move is not Move.MAKE or key.partition(" ")[0].rpartition(">")[2] != content["to"]:
        return None
    service = entry.service_of(content)
    return [service.value if service else None, content.get("urgency"), period_of(logged.stamp.logged_at)]


def _received(receipt: Record, number: int) -> tuple[datetime, bool]:
    """When a letter was received by a receipt's word, and whether it was opened; numbers in a receipt have no gap.

    Read by hand, as the whole was checked before it is folded; only a rare spelling of a moment needs more than that.
    """
    letters = receipt.data.content["letters"]
    letter = letters[number - letters[0]["number"]]
    try:
        received_at = datetime.fromisoformat(letter["received_at"])
    except ValueError:
        received_at = None
    if received_at is None or received_at.tzinfo is None:
        received_at = receipt_of(receipt).letters[number - letters[0]["number"]].received_at
    return received_at, letter["opened"]


def _key(sender: str, recipient: str, number: int) -> str:
    return f"{sender}>{recipient} {number}"
