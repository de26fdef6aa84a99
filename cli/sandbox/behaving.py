"""What a counterpart does, by what a handoff has come to: pure.

That says by itself what comes next, so a counterpart holds nothing, and can change its mind at any time.
"""

from collections.abc import Set as AbstractSet
from enum import StrEnum

from contracts.agencies import Agency
from contracts.handoff import AWAITING
from contracts.standing import Move, Stage, Standing

PAUSE_S = 1.0
"""Between what a counterpart hears and what it does, and between one act and the next."""


class Behaviour(StrEnum):
    ACCEPT = "accept"  # acknowledge, accept, start, complete
    DECLINE = "decline"  # with a reason, and what should happen instead
    ASK = "ask"  # ask for information before it accepts
    SILENT = "silent"  # nothing at all
    CROSS = "cross"  # accept while the other withdraws; ask to withdraw while the other accepts


_NEXT = {Stage.MADE: Move.ACKNOWLEDGE, Stage.ACCEPTED: Move.START, Stage.STARTED: Move.COMPLETE}
_LETS_GO = frozenset({Move.ASK_WITHDRAWAL, Move.SUPERSEDE, Move.EXPIRE})


def next_move(behaviour: Behaviour, me: Agency, standing: Standing, done: AbstractSet[Move]) -> Move | None:
    """The move that this counterpart makes now of itself; None while it waits, or has nothing more to do.

    `done` are the moves that it has made on this handoff before.
    """
    if behaviour is Behaviour.SILENT or not standing.open:
        return None
    if any(asked is me for _, asked in standing.questions):
        return Move.GIVE
    if me is not standing.receiver:
        return None
    if standing.withdrawal_asked:
        return Move.CONFIRM_WITHDRAWAL
    if behaviour is Behaviour.DECLINE and standing.stage in AWAITING:
        return Move.DECLINE
    if standing.stage is Stage.ACKNOWLEDGED:
        return _taken_on(behaviour, standing, done)
    return _NEXT[standing.stage]


def _taken_on(behaviour: Behaviour, standing: Standing, done: AbstractSet[Move]) -> Move | None:
    """What has been seen, and is neither taken on nor declined."""
    if behaviour is Behaviour.CROSS or standing.questions:
        return None
    return Move.ASK if behaviour is Behaviour.ASK and Move.ASK not in done else Move.ACCEPT


def crossing(behaviour: Behaviour, me: Agency, standing: Standing, theirs: Move) -> Move | None:
    """The move that this counterpart makes at the moment at which the other party makes `theirs`, unheard of yet."""
    if behaviour is not Behaviour.CROSS or standing.stage not in AWAITING:
        return None
    if me is standing.opener and theirs is Move.ACCEPT and not standing.withdrawal_asked:
        return Move.ASK_WITHDRAWAL
    if me is standing.receiver and theirs in _LETS_GO:
        return Move.ACCEPT
    return None
