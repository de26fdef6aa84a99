"""What a handoff waits for, as the commands by which an agency can go on with it: pure."""

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, words
from contracts.handoff import AWAITING
from contracts.standing import COME_TO_NOTHING, ENDED, Move, Stage, Standing
from contracts.vocabulary.asking import Service

_RECEIVER = {
    Stage.MADE: (Move.ACKNOWLEDGE, Move.ACCEPT, Move.DECLINE, Move.ASK),
    Stage.ACKNOWLEDGED: (Move.ACCEPT, Move.DECLINE, Move.ASK),
    Stage.ACCEPTED: (Move.START, Move.COMPLETE),
    Stage.STARTED: (Move.COMPLETE,),
}


def expected(me: Agency, standing: Standing, service: Service) -> tuple[str, ...]:
    """The commands that are this agency's to choose from now; none where it is not its move."""
    return tuple(command for move in _moves(me, standing) for command in _commands(move, service))


def _moves(me: Agency, standing: Standing) -> tuple[Move, ...]:
    if any(asked is me for _, asked in standing.questions):
        return (Move.GIVE, Move.REFUSE)
    if me is standing.opener and standing.stage in ENDED and not standing.closed:
        return () if standing.stage in COME_TO_NOTHING else (Move.CLOSE,)
    if not standing.open or me is not standing.receiver:
        return ()
    going_on = _RECEIVER[standing.stage]
    if standing.withdrawal_asked:
        return (Move.CONFIRM_WITHDRAWAL, *going_on)
    waits = bool(standing.questions) and standing.stage in AWAITING
    return tuple(move for move in going_on if move is not Move.ASK) if waits else going_on


def _commands(move: Move, service: Service) -> tuple[str, ...]:
    any_word = next(entry for entry in CATALOGUE.values() if entry.move is move)
    return tuple(CATALOGUE[name].command or name for name in words(any_word, service))
