"""What every agency keeps of a handoff: an aggregate, pure.

An agency holds the acts that it made and those that it heard, and folds them by the one law of
`contracts.handoff`. Personal data is never here: an act names a vault item.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.domain import Aggregate

from contracts.agencies import Agency
from contracts.casefile import UNLOGGED, Addressed, Said, whom
from contracts.errors import Refused
from contracts.handoff import fold, judge
from contracts.standing import Act, Move, Standing, Void
from contracts.vocabulary.asking import Service
from services.proposals import Proposal, act_of


def handoff_key(handoff_id: UUID) -> UUID:
    """Under which a handoff is kept: its id is its maker's choice, and must name nothing else in a store."""
    return uuid5(NAMESPACE_URL, f"barnabus:handoff:{handoff_id}")


class Handoff(Aggregate):
    TOPIC = "handoff"

    class Created(Aggregate.Created):
        TOPIC = "handoff.created"
        handoff_id: UUID
        case_ref: str

    class Acted(Aggregate.Event):
        """This agency's own act: provisional until the log has it."""

        TOPIC = "handoff.acted"
        act_id: UUID
        case_ref: str
        type: str
        move: str
        service: str | None
        by: str
        at: datetime
        receivers: list[str]
        notified: list[str]
        about: dict[str, Any]
        codes: dict[str, Any]
        vault_item: str | None
        correlation_id: UUID
        causation_id: UUID | None

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Handoff)
            where = {"at": self.at, "office": self.about["post"]["office"]}
            aggregate.acts.append(act_of(self.act_id, self.move, self.by, self.codes, self.service, **where))
            aggregate.learn(self.move, self.service, self.codes, self.correlation_id)
            to = Addressed(tuple(self.receivers), frozenset(self.notified))
            said = Said(self.act_id, self.by, self.type, self.codes, kept_at=self.timestamp, addressed=to)
            aggregate.said.append(said)

    class Heard(Aggregate.Event):
        """Another party's act, from a letter."""

        TOPIC = "handoff.heard"
        act_id: UUID
        type: str
        move: str
        service: str | None
        by: str
        office: str | None
        position: int
        logged_at: datetime
        codes: dict[str, Any]
        correlation_id: UUID | None

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Handoff)
            where = {"position": self.position, "at": self.logged_at, "office": self.office}
            aggregate.acts.append(act_of(self.act_id, self.move, self.by, self.codes, self.service, **where))
            aggregate.learn(self.move, self.service, self.codes, self.correlation_id)
            aggregate.said.append(Said(self.act_id, self.by, self.type, self.codes))

    class Logged(Aggregate.Event):
        """The log has this agency's own act, at this position."""

        TOPIC = "handoff.logged"
        act_id: UUID
        position: int
        logged_at: datetime

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Handoff)
            aggregate.place(self.act_id, self.position, self.logged_at)

    class Refused(Aggregate.Event):
        """The gateway can never log this agency's own act."""

        TOPIC = "handoff.refused"
        act_id: UUID
        code: str

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Handoff)
            aggregate.refused.append(self.act_id)

    def __init__(self, handoff_id: UUID, case_ref: str) -> None:
        self.handoff_id = handoff_id
        self.case_ref = case_ref
        self.acts: list[Act] = []
        self.refused: list[UUID] = []
        self.concerns: str | None = None  # the person_ref of the child
        self.service: Service | None = None
        self.said: list[Said] = []
        self.correlation_id: UUID | None = None

    @classmethod
    def begin(cls, handoff_id: UUID, case_ref: str) -> "Handoff":
        """A handoff of which this agency learns for the first time, by whichever act reaches it first."""
        return cls._create(cls.Created, id=handoff_key(handoff_id), handoff_id=handoff_id, case_ref=case_ref)

    @property
    def standing(self) -> Standing:
        return fold(self.acts, self.refused)

    def counting(self, standing: Standing) -> list[Said]:
        """What was said on it and is not void."""
        where = {(act.by, act.id): act.position or UNLOGGED for act in self.acts}
        return [
            replace(said, position=where[Agency(said.by), said.id])
            for said in self.said
            if standing.void_of(Agency(said.by), said.id) is None
        ]

    def propose(
        self, act: Proposal, receivers: Sequence[Agency], vault_item: str | None, causation_id: UUID | None = None
    ) -> None:
        """Record this agency's own act. Raises Refused `handoff.void` with the law's reason if it would be void.

        `causation_id` is what it is made for, where that is no act of this handoff.
        """
        standing = self.standing
        judged = judge(standing, act.act())
        if isinstance(judged, Void):
            raise Refused("handoff.void", detail=f"Standing: {standing.stage}. Reason: {judged}.")
        notified = [agency.value for agency in judged.notified]
        because = causation_id or standing.last
        self._record(act, receivers, notified, vault_item, self.correlation_id or self.handoff_id, because)

    def adopt(
        self,
        act: Proposal,
        receivers: Sequence[str],
        notified: Sequence[str],
        correlation_id: UUID,
        causation_id: UUID | None,
    ) -> None:
        """Take in this agency's own act from the log, of which its store knows nothing."""
        self._record(act, receivers, notified, None, correlation_id, causation_id)

    def _record(
        self,
        act: Proposal,
        receivers: Sequence[str],
        notified: Sequence[str],
        vault_item: str | None,
        correlation_id: UUID,
        causation_id: UUID | None,
    ) -> None:
        self.trigger_event(
            self.Acted,
            act_id=act.id,
            case_ref=self.case_ref,
            type=act.type,
            move=act.move,
            service=act.service,
            by=act.by.value,
            at=act.at,
            receivers=[str(receiver) for receiver in receivers],
            notified=list(notified),
            about=dict(act.about),
            codes=dict(act.codes),
            vault_item=vault_item,
            correlation_id=correlation_id,
            causation_id=causation_id,
        )

    def was_refused(self, act_id: UUID) -> bool:
        return act_id in self.refused

    def hear(
        self, act: Act, type_name: str, service: Service | None, codes: Mapping[str, Any], correlation_id: UUID | None
    ) -> None:
        """Record another party's act as its letter tells it."""
        self.trigger_event(
            self.Heard,
            act_id=act.id,
            type=type_name,
            move=act.move.value,
            service=service,
            by=act.by.value,
            office=act.office,
            position=act.position,
            logged_at=act.at,
            codes=dict(codes),
            correlation_id=correlation_id,
        )

    def log(self, act_id: UUID, position: int, logged_at: datetime) -> None:
        self.trigger_event(self.Logged, act_id=act_id, position=position, logged_at=logged_at)

    def refuse(self, act_id: UUID, code: str) -> None:
        self.trigger_event(self.Refused, act_id=act_id, code=code)

    def learn(self, move: str, service: str | None, codes: Mapping[str, Any], correlation_id: UUID | None) -> None:
        self.correlation_id = self.correlation_id or correlation_id
        if move == Move.MAKE and self.concerns is None:
            self.concerns = whom(codes)
            self.service = Service(service) if service else None

    def place(self, act_id: UUID, position: int, logged_at: datetime) -> None:
        self.acts = [
            replace(act, position=position, at=logged_at) if act.id == act_id and act.position is None else act
            for act in self.acts
        ]
