"""The words of a handoff's law: what can be done, what a handoff can come to, and why an act changes nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from uuid import UUID

from contracts.agencies import Agency
from contracts.vocabulary.asking import Service


class Course(StrEnum):
    """What is handed over; the act that makes a handoff says it."""

    SERVICE = "service"  # a service is asked for: the case stays with the one who asks
    CONCERN = "concern"  # responsibility for what was reported: it moves on acceptance
    TRANSFER = "transfer"  # the case itself: it moves on acceptance, and with it the handoff ends


def course_of(service: Service) -> Course:
    return _COURSES.get(service, Course.SERVICE)


_COURSES = {Service.SCREENING: Course.CONCERN, Service.CASE_RESPONSIBILITY: Course.TRANSFER}


class Move(StrEnum):
    """What a party can do on a handoff."""

    MAKE = "make"
    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    DECLINE = "decline"
    START = "start"
    COMPLETE = "complete"
    ASK_WITHDRAWAL = "ask-withdrawal"
    CONFIRM_WITHDRAWAL = "confirm-withdrawal"
    ASK = "ask"
    GIVE = "give"
    REFUSE = "refuse"
    REASSIGN = "reassign"
    SUPERSEDE = "supersede"
    EXPIRE = "expire"
    CLOSE = "close"


class Stage(StrEnum):
    UNOPENED = "unopened"  # an act was heard before the act that made the handoff
    MADE = "made"
    ACKNOWLEDGED = "acknowledged"
    ACCEPTED = "accepted"
    STARTED = "started"
    COMPLETED = "completed"
    TRANSFERRED = "transferred"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


ENDED = frozenset(
    {Stage.COMPLETED, Stage.TRANSFERRED, Stage.DECLINED, Stage.WITHDRAWN, Stage.SUPERSEDED, Stage.EXPIRED}
)
COME_TO_NOTHING = frozenset({Stage.DECLINED, Stage.WITHDRAWN, Stage.SUPERSEDED, Stage.EXPIRED})
"""Ended without the receiver having it."""


class Void(StrEnum):
    """Why an act changes nothing."""

    NOT_A_PARTY = "not-a-party"
    NOT_YOURS = "not-yours"  # the other party's act
    NOT_MADE = "not-made"
    ALREADY_MADE = "already-made"
    ALREADY_ACKNOWLEDGED = "already-acknowledged"
    NOT_ACCEPTED = "not-accepted"
    ALREADY_ACCEPTED = "already-accepted"
    ALREADY_STARTED = "already-started"
    ALREADY_COMPLETED = "already-completed"
    ALREADY_TRANSFERRED = "already-transferred"
    ALREADY_DECLINED = "already-declined"
    ALREADY_WITHDRAWN = "already-withdrawn"
    ALREADY_SUPERSEDED = "already-superseded"
    ALREADY_EXPIRED = "already-expired"
    NOT_EXPIRED = "not-expired"
    WITHDRAWAL_NOT_ASKED = "withdrawal-not-asked"
    WITHDRAWAL_ALREADY_ASKED = "withdrawal-already-asked"
    NOT_ASKED = "not-asked"  # no such question is open to this party
    REFUSED_BY_GATEWAY = "refused-by-gateway"


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the log (or, while provisional, its own agency) has it.

    `position` and `at` are the log's; while it is provisional, None and its own agency's clock. `office` is whose desk
    it lies on with the agency that acts, read on MAKE, ACCEPT and REASSIGN; `course`, `to`, `notified` and
    `expires_at` are read on MAKE, `asked_id` on GIVE and REFUSE.
    """

    id: UUID
    move: Move
    by: Agency
    position: int | None = None
    at: datetime | None = None
    office: str | None = None
    course: Course = Course.SERVICE
    to: Agency | None = None
    notified: tuple[Agency, ...] = ()
    expires_at: datetime | None = None
    asked_id: UUID | None = None

    @classmethod
    def of(cls, act_id: UUID, move: Move, by: Agency, codes: Mapping[str, Any], **where: Any) -> Self:
        """The act that this content says (JSON values, as the log holds them).

        `where` are position, at, office and, of the act that makes a handoff, its course.
        """
        said: dict[str, Any] = {}
        if move is Move.MAKE:
            said["to"] = Agency(codes["to"])
            said["notified"] = tuple(map(Agency, codes.get("notified", ())))
            if expires_at := codes.get("expires_at"):
                said["expires_at"] = datetime.fromisoformat(expires_at)
        if move in (Move.GIVE, Move.REFUSE):
            said["asked_id"] = UUID(codes["asked_id"])
        if move is Move.REASSIGN:
            said["office"] = codes["office"]
        return cls(act_id, move, by, **where | said)


@dataclass(frozen=True, slots=True)
class VoidAct:
    act: Act
    reason: Void


@dataclass(frozen=True, slots=True)
class Standing:
    """What a handoff has come to."""

    stage: Stage = Stage.UNOPENED
    course: Course = Course.SERVICE
    opener: Agency | None = None
    receiver: Agency | None = None
    notified: tuple[Agency, ...] = ()  # they hear every act, and do none
    offices: tuple[tuple[Agency, str], ...] = ()  # whose desk it lies on with each party, as far as it was said
    expires_at: datetime | None = None
    moved: bool = False  # what is handed over lies with the receiver, by its acceptance
    withdrawal_asked: bool = False
    closed: bool = False  # administratively: the file, by the last act that counted
    questions: tuple[tuple[UUID, Agency], ...] = ()  # open ones: id, and who is asked
    last: UUID | None = None  # the last act that counted
    voids: tuple[VoidAct, ...] = ()
    provisional: tuple[Act, ...] = ()  # an agency's own, that are not logged yet

    @property
    def parties(self) -> frozenset[Agency]:
        return frozenset(party for party in (self.opener, self.receiver) if party)

    @property
    def open(self) -> bool:
        """It is made, has not ended, and nobody has closed its file."""
        return bool(self.parties) and self.stage not in ENDED and not self.closed

    @property
    def hearers(self) -> frozenset[Agency]:
        """Everybody who is told of every act."""
        return self.parties | set(self.notified)

    @property
    def responsible(self) -> Agency | None:
        """Who answers for what is handed over: its opener, until the receiver has accepted that it moves.

        What is on its way to the log may come to stand before what is known, so with it each party holds to itself: an
        opener with an act of its own on the way does not let go, and a receiver whose acceptance is on the way has it,
        also where that shows void for now. So at no moment does each party hold the other responsible. It never moves
        back by itself: whoever took it on gives it away by a handoff of its own.
        """
        if any(act.by is self.opener for act in self.provisional):
            return self.opener
        accepting = any(act.move is Move.ACCEPT for act in self.provisional)
        return self.receiver if self.moved or (accepting and self.course is not Course.SERVICE) else self.opener

    @property
    def whose_move(self) -> Agency | None:
        """The one agency the handoff waits for; None once it has ended or before it is made."""
        if self.stage is Stage.UNOPENED or self.stage in ENDED:
            return None
        asked = {party for _, party in self.questions}
        return self.opener if asked == {self.opener} else self.receiver

    def document(self) -> dict[str, Any]:
        """As people and systems are shown it, with stable keys."""
        return {
            "stage": self.stage.value,
            "course": self.course.value,
            "opener": self.opener.value if self.opener else None,
            "receiver": self.receiver.value if self.receiver else None,
            "notified": [agency.value for agency in self.notified],
            "whose_move": self.whose_move.value if self.whose_move else None,
            "responsible": self.responsible.value if self.responsible else None,
            "offices": {party.value: office for party, office in self.offices},
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "withdrawal_asked": self.withdrawal_asked,
            "closed": self.closed,
            "open_questions": [{"id": str(question), "asked": asked.value} for question, asked in self.questions],
            "voids": [
                {"id": str(v.act.id), "by": v.act.by.value, "move": v.act.move.value, "reason": v.reason.value}
                for v in self.voids
            ],
            "provisional": [str(act.id) for act in self.provisional],
        }

    def void_of(self, by: Agency, act_id: UUID) -> Void | None:
        """Why an act is void; None if it counts. An id is its agency's own choice, so others may use it too."""
        return next((void.reason for void in self.voids if (void.act.by, void.act.id) == (by, act_id)), None)
