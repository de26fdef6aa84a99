"""What every agency keeps of a letter that reached it: an aggregate, pure."""

from datetime import datetime
from typing import Any
from uuid import UUID

from eventsourcing.domain import Aggregate


class LetterReceipt(Aggregate):
    """That a letter reached this agency: once, with what it caused, in one transaction."""

    TOPIC = "letter-receipt"

    class Created(Aggregate.Created):
        TOPIC = "letter-receipt.created"
        sender: str
        number: int
        record_id: UUID
        case_ref: str
        position: int
        received_at: datetime
        opened: bool

    def __init__(
        self,
        sender: str,
        number: int,
        record_id: UUID,
        case_ref: str,
        position: int,
        received_at: datetime,
        opened: bool,
    ) -> None:
        self.sender = sender
        self.number = number
        self.record_id = record_id
        self.case_ref = case_ref
        self.position = position
        self.received_at = received_at
        self.opened = opened

    @classmethod
    def of(cls, letter_id: UUID, **facts: Any) -> "LetterReceipt":
        return cls._create(cls.Created, id=letter_id, **facts)
