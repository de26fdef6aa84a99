"""Every letter, one row each: when it was logged, and when its recipient's system had it by its own signed word.

`position` is that of its record, and `receipt` that of the receipt that signs for it.

A receipt names a link and a number and no handoff. So how long it took until the receiver's system had what asked for
a handoff is told by the row of the letter that asked: it knows the handoff's way from its record.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String

from bus.log import Logged
from contracts.catalogue import entry_of
from contracts.envelope import Stamp
from contracts.events.post import Receipt
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
    version = 4
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
        Column("receipt", BigInteger),
        Column("service", String(60)),
        Column("urgency", String(20)),
        Column("period", String(7)),
        Column("asks_since_us", BigInteger),
    )
    Index("letters_case", table.c.case_ref)
    Index("letters_of", table.c.record_id, table.c.recipient)
    Index("letters_receipt", table.c.receipt)
    open_index("letters_waiting", table, ("recipient",), table.c.received_at.is_(None))
    open_index("letters_under_way", table, UNDER_WAY_COLUMNS, table.c.asks_since_us.is_not(None))

    def keys(self, logged: Logged) -> Iterable[str]:
        record, receipt = logged.record, logged.receipt
        if receipt:
            return [_key(receipt.sender, record.sender, letter.number) for letter in receipt.letters]
        return [_key(record.sender, letter.to, letter.number) for letter in record.data.letters]

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record, stamp = logged.record, logged.stamp
        before = state or _first(key)
        if logged.receipt:
            return self._signed(before, logged.receipt, stamp)
        asks = _asks(logged, key)
        return {
            **before,
            "record_id": str(record.id),
            "case_ref": record.subject,
            "position": stamp.position,
            "logged_at": stamp.logged_at.isoformat(),
            **({"asks": asks, "logged_us": us_of(stamp.logged_at)} if asks else {}),
        }

    def _signed(self, before: State, receipt: Receipt, stamp: Stamp) -> State:
        if before["received_at"] is not None:
            return before  # a restored store signs for it once more
        letter = receipt.letters[before["number"] - receipt.letters[0].number]
        return {
            **before,
            "received_at": letter.received_at.isoformat(),
            "opened": letter.opened,
            "signed_us": us_of(stamp.logged_at),
            "receipt": stamp.position,
        }

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
    "receipt",
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


def _key(sender: str, recipient: str, number: int) -> str:
    return f"{sender}>{recipient} {number}"
