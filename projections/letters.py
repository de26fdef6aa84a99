"""Every letter, one row each: when it was logged, and when its recipient's system had it by its own signed word.

`position` is that of its record, and `receipt` that of the receipt that signs for it.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String

from bus.log import Logged
from projections.readmodel import State, table


class Letters:
    """A letter is named by its link and number: `police>social 17`."""

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
        Column("receipt", BigInteger),
    )
    Index("letters_case", table.c.case_ref)
    Index("letters_of", table.c.record_id, table.c.recipient)
    Index("letters_waiting", table.c.recipient, table.c.received_at)

    def keys(self, logged: Logged) -> Iterable[str]:
        record, receipt = logged.record, logged.receipt
        if receipt:
            return [_key(receipt.sender, record.sender, letter.number) for letter in receipt.letters]
        return [_key(record.sender, letter.to, letter.number) for letter in record.data.letters]

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record, receipt = logged.record, logged.receipt
        before = state or _unsaid(key)
        if receipt is None:
            said = {"record_id": str(record.id), "case_ref": record.subject, "position": logged.stamp.position}
            return {**before, **said, "logged_at": logged.stamp.logged_at.isoformat()}
        if before["received_at"] is not None:
            return before  # a restored store signs for it once more
        letter = receipt.letters[before["number"] - receipt.letters[0].number]
        signed = {"received_at": letter.received_at.isoformat(), "opened": letter.opened}
        return {**before, **signed, "receipt": logged.stamp.position}

    def columns(self, state: State) -> Mapping[str, Any]:
        return state


_SAID = ("record_id", "case_ref", "position", "logged_at", "received_at", "opened", "receipt")


def _unsaid(key: str) -> State:
    link, _, number = key.partition(" ")
    sender, _, recipient = link.partition(">")
    return {"sender": sender, "recipient": recipient, "number": int(number), **dict.fromkeys(_SAID)}


def _key(sender: str, recipient: str, number: int) -> str:
    return f"{sender}>{recipient} {number}"
