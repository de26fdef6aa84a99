"""Whose a case is, by the parts of it that one agency knows: pure."""

from collections.abc import Iterable

from contracts import responsibility
from contracts.agencies import Agency
from contracts.casefile import UNLOGGED
from contracts.standing import Move
from services.facts import Fact
from services.handoffs import Handoff


def holder(parts: Iterable[Handoff | Fact]) -> Agency | None:
    """Who answers for the case, as far as its parts tell; None while nothing of it is known."""
    known = list(parts)
    firsts = [(part.position or UNLOGGED, Agency(part.by), None) for part in known if isinstance(part, Fact)]
    made = [(handoff, made_at) for handoff in known if isinstance(handoff, Handoff) and (made_at := _made_at(handoff))]
    opened = [(at, handoff.standing.opener, handoff.handoff_id) for handoff, at in made]
    found = sorted([*firsts, *opened], key=lambda one: one[0])
    if not found:
        return None
    _, opened_by, first = found[0]
    moved = sorted((handoff for handoff, _ in made if handoff.standing.moved), key=_accepted_at)
    return responsibility.holder(opened_by, first, ((handoff.handoff_id, handoff.standing) for handoff in moved))


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
