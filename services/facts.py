"""What every agency keeps of a fact about a case that no handoff waits for: an aggregate, pure.

Personal data is never here: a fact names a vault item.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import Aggregate

from contracts.agencies import Agency
from contracts.casefile import UNLOGGED, Addressed, Said
from services.proposals import Proposal


def fact_id(sender: Agency, record_id: UUID) -> UUID:
    """A record's id is its sender's own choice: with the sender it names one fact and nothing else."""
    return uuid5(NAMESPACE_URL, f"barnabus:fact:{sender}:{record_id}")


class Fact(Aggregate):
    TOPIC = "fact"

    class Created(Aggregate.Created):
        TOPIC = "fact.created"
        case_ref: str
        type: str
        by: str

    class Stated(Aggregate.Event):
        """This agency's own word: not in the log until that is said."""

        TOPIC = "fact.stated"
        act_id: UUID
        case_ref: str
        type: str
        by: str
        receivers: list[str]
        about: dict[str, Any]
        codes: dict[str, Any]
        vault_item: str | None
        correlation_id: UUID
        causation_id: UUID | None

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Fact)
            aggregate.record_id, aggregate.codes = self.act_id, self.codes
            aggregate.addressed = Addressed(tuple(self.receivers))

    class Heard(Aggregate.Event):
        """Another agency's word, from a letter."""

        TOPIC = "fact.heard"
        act_id: UUID
        position: int
        logged_at: datetime
        codes: dict[str, Any]

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Fact)
            aggregate.record_id, aggregate.codes = self.act_id, self.codes
            aggregate.position = self.position

    class Logged(Aggregate.Event):
        TOPIC = "fact.logged"
        act_id: UUID
        position: int
        logged_at: datetime

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Fact)
            aggregate.position = self.position

    class Refused(Aggregate.Event):
        """The gateway can never log it."""

        TOPIC = "fact.refused"
        act_id: UUID
        code: str

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Fact)
            aggregate.refused = True

    def __init__(self, case_ref: str, type: str, by: str) -> None:
        self.case_ref = case_ref
        self.type = type
        self.by = by
        self.codes: Mapping[str, Any] = {}
        self.position: int | None = None  # in the log; of this agency's own, once that is known
        self.refused = False
        self.record_id: UUID | None = None
        self.addressed: Addressed | None = None  # of this agency's own

    @property
    def said(self) -> Said | None:
        """What it says; None if it can never be logged."""
        if self.record_id is None or self.refused:
            return None
        where = (self.position or UNLOGGED, self.created_on)
        return Said(self.record_id, self.by, self.type, self.codes, *where, self.addressed)

    @classmethod
    def stated(
        cls,
        said: Proposal,
        receivers: Sequence[Agency],
        vault_item: str | None,
        causation_id: UUID | None = None,
    ) -> "Fact":
        """This agency's own, to be logged; `causation_id` is the record because of which it is said."""
        fact = cls._begin(said.by, said.id, said.case_ref, said.type)
        fact.trigger_event(
            cls.Stated,
            act_id=said.id,
            case_ref=said.case_ref,
            type=said.type,
            by=said.by.value,
            receivers=[receiver.value for receiver in receivers],
            about=dict(said.about),
            codes=dict(said.codes),
            vault_item=vault_item,
            correlation_id=said.id,
            causation_id=causation_id,
        )
        return fact

    @classmethod
    def heard(
        cls,
        sender: Agency,
        record_id: UUID,
        case_ref: str,
        type_name: str,
        position: int,
        logged_at: datetime,
        codes: Mapping[str, Any],
    ) -> "Fact":
        fact = cls._begin(sender, record_id, case_ref, type_name)
        fact.trigger_event(cls.Heard, act_id=record_id, position=position, logged_at=logged_at, codes=dict(codes))
        return fact

    @classmethod
    def _begin(cls, by: Agency, record_id: UUID, case_ref: str, type_name: str) -> "Fact":
        return cls._create(cls.Created, id=fact_id(by, record_id), case_ref=case_ref, type=type_name, by=by.value)

    def log(self, act_id: UUID, position: int, logged_at: datetime) -> None:
        self.trigger_event(self.Logged, act_id=act_id, position=position, logged_at=logged_at)

    def was_refused(self, act_id: UUID) -> bool:
        return self.refused

    def refuse(self, act_id: UUID, code: str) -> None:
        self.trigger_event(self.Refused, act_id=act_id, code=code)
