"""Every letter, one row each: when it was logged, and when its recipient's system had it by its own signed word."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String

from bus.chains import RECEIPT, receipt_of
from bus.log import Logged
from projections.readmodel import State, table


class Letters:
    """A letter is named by its link and number: `police>social 17`."""

    name = "letters"
    version = 1
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
    )
    Index("letters_of", table.c.record_id, table.c.recipient)
    Index("letters_waiting", table.c.recipient, table.c.received_at)

    def keys(self, logged: Logged) -> Iterable[str]:
        record = logged.record
        if record.type == RECEIPT:
            receipt = receipt_of(record)
            return [_key(receipt.sender, record.sender, letter.number) for letter in receipt.letters]
        return [_key(record.sender, letter.to, letter.number) for letter in record.data.letters]

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record = logged.record
        link, _, number = key.partition(" ")
        sender, _, recipient = link.partition(">")
        before = dict(state or {"sender": sender, "recipient": recipient, "number": int(number), **_NOTHING})
        if record.type != RECEIPT:
            said = {"record_id": str(record.id), "case_ref": record.subject, "position": logged.stamp.position}
            return before | said | {"logged_at": logged.stamp.logged_at.isoformat()}
        if before["received_at"] is not None:
            return before  # a restored store signs for it once more
        letter = next(one for one in receipt_of(record).letters if one.number == int(number))
        return before | {"received_at": letter.received_at.isoformat(), "opened": letter.opened}

    def columns(self, state: State) -> Mapping[str, Any]:
        return state


_NOTHING: Mapping[str, Any] = dict.fromkeys(("record_id", "case_ref", "position", "logged_at", "received_at", "opened"))


def _key(sender: str, recipient: str, number: int) -> str:
    return f"{sender}>{recipient} {number}"
