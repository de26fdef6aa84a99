"""The law of a handoff: one total, pure fold that every party and every projection shares (ARCHITECTURE.md).

The log's order decides. Each act is judged by the standing that all acts before it came to; an act that comes too
late, twice, or from somebody whose move it never was, is *void with its reason* and changes nothing. An agency's
own acts that are not logged yet stand last, as provisional. What arrives later but stands earlier is folded in its
place, so all parties come to the same standing from the same acts, in whatever order they heard them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Self
from uuid import UUID

from contracts.agencies import Agency


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
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    EXPIRED = "expired"


class Void(StrEnum):
    """Why an act changes nothing."""

    NOT_A_PARTY = "not-a-party"
    NOT_YOURS = "not-yours"  # the other party's act
    NOT_MADE = "not-made"
    ALREADY_MADE = "already-made"
    ALREADY_ACKNOWLEDGED = "already-acknowledged"
    NOT_ACCEPTED = "not-accepted"
    ALREADY_ACCEPTED = "already-accepted"
    NOT_STARTED = "not-started"
    ALREADY_STARTED = "already-started"
    ALREADY_COMPLETED = "already-completed"
    ALREADY_DECLINED = "already-declined"
    ALREADY_WITHDRAWN = "already-withdrawn"
    ALREADY_SUPERSEDED = "already-superseded"
    ALREADY_EXPIRED = "already-expired"
    NOT_EXPIRED = "not-expired"
    WITHDRAWAL_NOT_ASKED = "withdrawal-not-asked"
    WITHDRAWAL_ALREADY_ASKED = "withdrawal-already-asked"
    NOT_ASKED = "not-asked"  # no such question is open to this party
    REFUSED_BY_GATEWAY = "refused-by-gateway"


ENDED = frozenset({Stage.COMPLETED, Stage.DECLINED, Stage.WITHDRAWN, Stage.SUPERSEDED, Stage.EXPIRED})
AWAITING = frozenset({Stage.MADE, Stage.ACKNOWLEDGED})
"""Nobody has taken it on yet: only so long can its opener end it alone."""
OPENER_MOVES = frozenset({Move.MAKE, Move.ASK_WITHDRAWAL, Move.SUPERSEDE, Move.EXPIRE, Move.CLOSE})
EITHER_MOVES = frozenset({Move.ASK, Move.GIVE, Move.REFUSE, Move.REASSIGN})


@dataclass(frozen=True, slots=True)
class Act:
    """One act as the log (or, while provisional, its own agency) has it.

    `position` and `at` are the log's; while it is provisional, None and its own agency's clock. `office` is whose desk
    it lies on with the agency that acts, read on MAKE, ACCEPT and REASSIGN; `to`, `notified` and `expires_at` are read
    on MAKE, `asked_id` on GIVE and REFUSE.
    """

    id: UUID
    move: Move
    by: Agency
    position: int | None = None
    at: datetime | None = None
    office: str | None = None
    to: Agency | None = None
    notified: tuple[Agency, ...] = ()
    expires_at: datetime | None = None
    asked_id: UUID | None = None

    @classmethod
    def of(cls, act_id: UUID, move: Move, by: Agency, codes: Mapping[str, Any], **where: Any) -> Self:
        """The act that this content says (JSON values, as the log holds them); `where` are position, at, office."""
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
    opener: Agency | None = None
    receiver: Agency | None = None
    notified: tuple[Agency, ...] = ()  # they hear every act, and do none
    offices: tuple[tuple[Agency, str], ...] = ()  # whose desk it lies on with each party, as far as it was said
    expires_at: datetime | None = None
    withdrawal_asked: bool = False
    closed: bool = False  # administratively: the file, by the last act that counted
    questions: tuple[tuple[UUID, Agency], ...] = ()  # open ones: id, and who is asked
    last: UUID | None = None  # the last act that counted
    voids: tuple[VoidAct, ...] = ()
    provisional: tuple[UUID, ...] = ()

    @property
    def parties(self) -> frozenset[Agency]:
        return frozenset(party for party in (self.opener, self.receiver) if party)

    @property
    def hearers(self) -> frozenset[Agency]:
        """Everybody who is told of every act."""
        return self.parties | set(self.notified)

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
            "opener": self.opener.value if self.opener else None,
            "receiver": self.receiver.value if self.receiver else None,
            "notified": [agency.value for agency in self.notified],
            "whose_move": self.whose_move.value if self.whose_move else None,
            "offices": {party.value: office for party, office in self.offices},
            "expires_at": self.expires_at.isoformat() if self.expires_at else None,
            "withdrawal_asked": self.withdrawal_asked,
            "closed": self.closed,
            "open_questions": [{"id": str(question), "asked": asked.value} for question, asked in self.questions],
            "voids": [
                {"id": str(v.act.id), "by": v.act.by.value, "move": v.act.move.value, "reason": v.reason.value}
                for v in self.voids
            ],
            "provisional": [str(act) for act in self.provisional],
        }

    def void_of(self, act_id: UUID) -> Void | None:
        return next((void.reason for void in self.voids if void.act.id == act_id), None)


_ACKED, _ACC, _STD = Void.ALREADY_ACKNOWLEDGED, Void.ALREADY_ACCEPTED, Void.ALREADY_STARTED
_NACC, _NSTD = Void.NOT_ACCEPTED, Void.NOT_STARTED

TABLE: Mapping[Stage, Mapping[Move, Stage | Void]] = MappingProxyType(
    {
        Stage.MADE: {
            Move.ACKNOWLEDGE: Stage.ACKNOWLEDGED,
            Move.ACCEPT: Stage.ACCEPTED,
            Move.DECLINE: Stage.DECLINED,
            Move.START: _NACC,
            Move.COMPLETE: _NACC,
        },
        Stage.ACKNOWLEDGED: {
            Move.ACKNOWLEDGE: _ACKED,
            Move.ACCEPT: Stage.ACCEPTED,
            Move.DECLINE: Stage.DECLINED,
            Move.START: _NACC,
            Move.COMPLETE: _NACC,
        },
        Stage.ACCEPTED: {
            Move.ACKNOWLEDGE: _ACKED,
            Move.ACCEPT: _ACC,
            Move.DECLINE: _ACC,
            Move.START: Stage.STARTED,
            Move.COMPLETE: _NSTD,
        },
        Stage.STARTED: {
            Move.ACKNOWLEDGE: _ACKED,
            Move.ACCEPT: _ACC,
            Move.DECLINE: _ACC,
            Move.START: _STD,
            Move.COMPLETE: Stage.COMPLETED,
        },
    }
)
"""How the receiver's own acts move an open handoff on; the other moves are alike in every open stage: see `judge`."""

ENDINGS: Mapping[Stage, Void] = MappingProxyType(
    {
        Stage.COMPLETED: Void.ALREADY_COMPLETED,
        Stage.DECLINED: Void.ALREADY_DECLINED,
        Stage.WITHDRAWN: Void.ALREADY_WITHDRAWN,
        Stage.SUPERSEDED: Void.ALREADY_SUPERSEDED,
        Stage.EXPIRED: Void.ALREADY_EXPIRED,
    }
)


def judge(standing: Standing, act: Act) -> Standing | Void:
    """What one act does to a standing: the next standing, or the reason why it is void. Defined for every pair."""
    if standing.stage is Stage.UNOPENED:
        if act.move is not Move.MAKE or act.to is None:
            return Void.NOT_MADE
        if act.to is act.by:
            return Void.NOT_A_PARTY
        notified = tuple(agency for agency in act.notified if agency not in {act.by, act.to})
        made = replace(standing, stage=Stage.MADE, opener=act.by, receiver=act.to, notified=notified)
        return _on_desk(replace(made, expires_at=act.expires_at), act)
    if act.by not in standing.parties:
        return Void.NOT_A_PARTY
    if act.move is Move.MAKE:
        return Void.ALREADY_MADE
    if act.move not in EITHER_MOVES and (act.move in OPENER_MOVES) is not (act.by is standing.opener):
        return Void.NOT_YOURS
    if act.move is Move.CLOSE:
        # never void: by what it had heard its agency may think the end void that the log knows of
        return replace(standing, closed=True)
    if standing.stage in ENDED:
        return ENDINGS[standing.stage]
    match act.move:
        case Move.REASSIGN:
            return _on_desk(standing, act)
        case Move.SUPERSEDE | Move.EXPIRE if standing.stage not in AWAITING:
            return Void.ALREADY_ACCEPTED
        case Move.SUPERSEDE:
            return replace(standing, stage=Stage.SUPERSEDED)
        case Move.EXPIRE:
            due = standing.expires_at is not None and act.at is not None and act.at >= standing.expires_at
            return replace(standing, stage=Stage.EXPIRED) if due else Void.NOT_EXPIRED
        case Move.ASK_WITHDRAWAL:
            return (
                Void.WITHDRAWAL_ALREADY_ASKED if standing.withdrawal_asked else replace(standing, withdrawal_asked=True)
            )
        case Move.CONFIRM_WITHDRAWAL:
            return replace(standing, stage=Stage.WITHDRAWN) if standing.withdrawal_asked else Void.WITHDRAWAL_NOT_ASKED
        case Move.ASK:
            asked = standing.receiver if act.by is standing.opener else standing.opener
            assert asked is not None
            return replace(standing, questions=(*standing.questions, (act.id, asked)))
        case Move.GIVE | Move.REFUSE:
            left = tuple(q for q in standing.questions if q != (act.asked_id, act.by))
            return Void.NOT_ASKED if left == standing.questions else replace(standing, questions=left)
        case _:
            to = TABLE[standing.stage][act.move]
            if isinstance(to, Void):
                return to
            taken = _on_desk(standing, act) if act.move is Move.ACCEPT else standing
            return replace(taken, stage=to)


def _on_desk(standing: Standing, act: Act) -> Standing:
    if not act.office:
        return standing
    others = tuple((party, office) for party, office in standing.offices if party is not act.by)
    return replace(standing, offices=(*others, (act.by, act.office)))


def fold(acts: Iterable[Act], refused: Iterable[UUID] = ()) -> Standing:
    """The standing that these acts come to, in whatever order and however often they are given.

    `refused` are the ids of acts that the gateway could not log.
    """
    never_logged = frozenset(refused)
    standing = Standing()
    for act in in_order(acts):
        judged = Void.REFUSED_BY_GATEWAY if act.id in never_logged else judge(standing, act)
        if isinstance(judged, Void):
            standing = replace(standing, voids=(*standing.voids, VoidAct(act, judged)))
        else:
            standing = replace(judged, last=act.id, closed=act.move is Move.CLOSE)
            if standing.stage in ENDED and standing.questions:
                standing = replace(standing, questions=())
        if act.position is None and act.id not in never_logged:
            standing = replace(standing, provisional=(*standing.provisional, act.id))
    return standing


def in_order(acts: Iterable[Act]) -> list[Act]:
    """The log's order, each act once; provisional ones last, in the order given."""
    once: dict[tuple[Agency, UUID], Act] = {}
    for act in acts:
        known = once.get((act.by, act.id))
        if known is None or known.position is None:
            once[act.by, act.id] = act
    return sorted(once.values(), key=lambda act: (act.position is None, act.position or 0))
