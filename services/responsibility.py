"""Whose a case is, by the parts of it that one agency knows: pure."""

from collections.abc import Iterable

from contracts.agencies import Agency
from contracts.standing import Course, Move
from services.casefile import UNLOGGED
from services.facts import Fact
from services.handoffs import Handoff


def holder(parts: Iterable[Handoff | Fact]) -> Agency | None:
    """Who answers for the case; None while nothing of it is known.

    Whoever said the first of it; if that was a concern, whoever took it on. Then each transfer that was accepted moves
    it from who had it, in the log's order. Later concerns are matters of their own and move nothing but themselves.
    """
    known = list(parts)
    firsts = [(part.position or UNLOGGED, Agency(part.by), None) for part in known if isinstance(part, Fact)]
    made = [(handoff, made_at) for handoff in known if isinstance(handoff, Handoff) and (made_at := _made_at(handoff))]
    opened = [(at, handoff.standing.opener, handoff) for handoff, at in made]
    found = sorted([*firsts, *opened], key=lambda one: one[0])
    if not found:
        return None
    _, here, first = found[0]
    moved = (handoff for handoff, _ in made if handoff.standing.moved)
    for handoff in sorted(moved, key=_accepted_at):
        standing = handoff.standing
        if standing.opener is here and (standing.course is Course.TRANSFER or handoff is first):
            here = standing.receiver
    return here


def _made_at(handoff: Handoff) -> int | None:
    """None if it is not made, or its making was refused."""
    opener = handoff.standing.opener
    return next((act.position or UNLOGGED for act in handoff.acts if act.move is Move.MAKE and act.by is opener), None)


def _accepted_at(handoff: Handoff) -> int:
    standing = handoff.standing
    return min(
        act.position or UNLOGGED
        for act in handoff.acts
        if act.move is Move.ACCEPT and act.by is standing.receiver and standing.void_of(act.by, act.id) is None
    )
