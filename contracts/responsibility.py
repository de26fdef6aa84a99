"""Whose a case is (docs/adr/0020): pure, and the same for an agency's own knowledge and for the log's."""

from collections.abc import Iterable
from uuid import UUID

from contracts.agencies import Agency
from contracts.standing import Course, Standing


def holder(opened_by: Agency | None, first: UUID | None, taken: Iterable[tuple[UUID, Standing]]) -> Agency | None:
    """Who answers for the case; None while nothing of it is known.

    `opened_by` said the first of it, by the handoff `first` or by a fact. `taken` are the handoffs that moved on
    acceptance, in the order of their acceptances. If the first was a concern, whoever took it on has the case; then
    each transfer moves it from who had it. Later concerns are matters of their own and move nothing but themselves.
    """
    here = opened_by
    for handoff, standing in taken:
        if standing.opener is here and (standing.course is Course.TRANSFER or handoff == first):
            here = standing.receiver
    return here
