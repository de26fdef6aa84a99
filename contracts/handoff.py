"""The law of a handoff: one total, pure fold that every party and every projection shares (ARCHITECTURE.md).

The log's order decides. Each act is judged by the standing that all acts before it came to; an act that comes too
late, twice, or from somebody whose move it never was, is *void with its reason* and changes nothing. An agency's
own acts that are not logged yet stand last, as provisional. What arrives later but stands earlier is folded in its
place, so all parties come to the same standing from the same acts, in whatever order they heard them.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.standing import ENDED, Act, Course, Move, Stage, Standing, Void, VoidAct

AWAITING = frozenset({Stage.MADE, Stage.ACKNOWLEDGED})
"""Nobody has taken it on yet: only so long can its opener end it alone."""
OPENER_MOVES = frozenset({Move.MAKE, Move.ASK_WITHDRAWAL, Move.SUPERSEDE, Move.EXPIRE, Move.CLOSE})
EITHER_MOVES = frozenset({Move.ASK, Move.GIVE, Move.REFUSE, Move.REASSIGN})

_ACKED, _ACC, _STD = Void.ALREADY_ACKNOWLEDGED, Void.ALREADY_ACCEPTED, Void.ALREADY_STARTED
_NACC = Void.NOT_ACCEPTED

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
            Move.COMPLETE: Stage.COMPLETED,  # what was taken on can end without having begun, with its reason
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
        Stage.TRANSFERRED: Void.ALREADY_TRANSFERRED,
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
        parties = {"course": act.course, "opener": act.by, "receiver": act.to, "notified": notified}
        return _moved(
            standing, act, stage=Stage.MADE, **parties, expires_at=act.expires_at, offices=_desks(standing, act)
        )
    if act.by is not standing.opener and act.by is not standing.receiver:
        return Void.NOT_A_PARTY
    if act.move is Move.MAKE:
        return Void.ALREADY_MADE
    if act.move not in EITHER_MOVES and (act.move in OPENER_MOVES) is not (act.by is standing.opener):
        return Void.NOT_YOURS
    if act.move is Move.CLOSE:
        # never void: by what it had heard its agency may think the end void that the log knows of
        return _moved(standing, act, closed=True)
    if standing.stage in ENDED:
        return ENDINGS[standing.stage]
    match act.move:
        case Move.REASSIGN:
            return _moved(standing, act, offices=_desks(standing, act))
        case Move.SUPERSEDE | Move.EXPIRE if standing.stage not in AWAITING:
            return Void.ALREADY_ACCEPTED
        case Move.SUPERSEDE:
            return _moved(standing, act, stage=Stage.SUPERSEDED)
        case Move.EXPIRE:
            due = standing.expires_at is not None and act.at is not None and act.at >= standing.expires_at
            return _moved(standing, act, stage=Stage.EXPIRED) if due else Void.NOT_EXPIRED
        case Move.ASK_WITHDRAWAL:
            if standing.withdrawal_asked:
                return Void.WITHDRAWAL_ALREADY_ASKED
            return _moved(standing, act, withdrawal_asked=True)
        case Move.CONFIRM_WITHDRAWAL:
            if not standing.withdrawal_asked:
                return Void.WITHDRAWAL_NOT_ASKED
            return _moved(standing, act, stage=Stage.WITHDRAWN)
        case Move.ASK:
            asked = standing.receiver if act.by is standing.opener else standing.opener
            assert asked is not None
            return _moved(standing, act, questions=(*standing.questions, (act.id, asked)))
        case Move.GIVE | Move.REFUSE:
            left = tuple(q for q in standing.questions if q != (act.asked_id, act.by))
            return Void.NOT_ASKED if left == standing.questions else _moved(standing, act, questions=left)
        case _:
            to = TABLE[standing.stage][act.move]
            if isinstance(to, Void):
                return to
            return _accepted(standing, act) if act.move is Move.ACCEPT else _moved(standing, act, stage=to)


def _moved(standing: Standing, act: Act, **changes: Any) -> Standing:
    """The standing moved on by an act that counts: it is the last, opens a closed file, and an end ends all questions.

    All in one go, for a read model folds millions of acts.
    """
    changes = {"last": act.id, "closed": False, **changes}
    if changes.get("stage") in ENDED:
        changes["questions"] = ()
    return replace(standing, **changes)


def _accepted(standing: Standing, act: Act) -> Standing:
    """Now, and not before, what is handed over moves; a service never does."""
    stage = Stage.TRANSFERRED if standing.course is Course.TRANSFER else Stage.ACCEPTED
    moved = standing.course is not Course.SERVICE
    return _moved(standing, act, stage=stage, moved=moved, offices=_desks(standing, act))


def _desks(standing: Standing, act: Act) -> tuple[tuple[Agency, str], ...]:
    """On whose desk it lies with each party, once an act has said whose."""
    if not act.office:
        return standing.offices
    return (*((party, office) for party, office in standing.offices if party is not act.by), (act.by, act.office))


def step(standing: Standing, act: Act) -> Standing:
    """The standing with one act more: moved on, or with the act among its voids."""
    judged = judge(standing, act)
    return _voided(standing, act, judged) if isinstance(judged, Void) else judged


def _voided(standing: Standing, act: Act, reason: Void) -> Standing:
    return replace(standing, voids=(*standing.voids, VoidAct(act, reason)))


def fold(acts: Iterable[Act], refused: Iterable[UUID] = ()) -> Standing:
    """The standing that these acts come to, in whatever order and however often they are given.

    `refused` are the ids of acts that the gateway could not log.
    """
    never_logged = frozenset(refused)
    standing = Standing()
    for act in in_order(acts):
        standing = _voided(standing, act, Void.REFUSED_BY_GATEWAY) if act.id in never_logged else step(standing, act)
        if act.position is None and act.id not in never_logged:
            standing = replace(standing, provisional=(*standing.provisional, act))
    return standing


def in_order(acts: Iterable[Act]) -> list[Act]:
    """The log's order, each act once; provisional ones last, in the order given."""
    once: dict[tuple[Agency, UUID], Act] = {}
    for act in acts:
        known = once.get((act.by, act.id))
        if known is None or known.position is None:
            once[act.by, act.id] = act
    return sorted(once.values(), key=lambda act: (act.position is None, act.position or 0))
