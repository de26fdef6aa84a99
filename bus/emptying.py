"""Sealed letters that are not kept to be sent again any more, for what they say was erased.

The record stays as it was signed, so a lost log is restored from it all the same.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from uuid import UUID

from bus.store import Statement, Store
from contracts.agencies import Agency
from contracts.envelope import Submission

NO_LETTERS: AbstractSet[tuple[Agency, int]] = frozenset()


def emptied(
    store: Store, record_ids: Iterable[UUID], also: AbstractSet[tuple[Agency, int]] = NO_LETTERS
) -> list[Statement]:
    """The writes that destroy the sealed letters of these records, where every recipient has signed for its own.

    A letter that is still on its way stays until then: what comes behind it on its link hangs on it. `also` are
    letters that are signed for in the same transaction, by recipient and number.
    """
    return [write for one in record_ids for write in _emptied(store, one, also)]


def _emptied(store: Store, record_id: UUID, also: AbstractSet[tuple[Agency, int]]) -> list[Statement]:
    rows = store.read(
        "SELECT o.number, o.submission, l.recipient, l.number AS link, l.received_at FROM outbox o "
        "JOIN outbox_letters l ON l.outbox_number = o.number WHERE o.record_id = ? AND o.stamp IS NOT NULL "
        "AND NOT EXISTS (SELECT 1 FROM outbox_emptied e WHERE e.number = o.number)",
        str(record_id),
    )
    signed_for = (row["received_at"] or (Agency(row["recipient"]), row["link"]) in also for row in rows)
    if not rows or not all(signed_for):
        return []
    sent, number = Submission.model_validate_json(rows[0]["submission"]), rows[0]["number"]
    body = sent.model_copy(update={"letters": ()}).model_dump_json().encode()
    return [
        Statement("UPDATE outbox SET submission = ? WHERE number = ?", (body, number)),
        Statement("INSERT INTO outbox_emptied (number) VALUES (?)", (number,)),
    ]


def record_of(store: Store, recipient: Agency, number: int) -> UUID | None:
    """The record to which a letter belongs."""
    rows = store.read(
        "SELECT o.record_id FROM outbox_letters l JOIN outbox o ON o.number = l.outbox_number "
        "WHERE l.recipient = ? AND l.number = ?",
        recipient,
        number,
    )
    return UUID(rows[0]["record_id"]) if rows else None
