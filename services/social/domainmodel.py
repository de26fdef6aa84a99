"""What the Centre for Social Work decides for itself: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.handoff import Standing
from contracts.vocabulary import Role
from services.handoffs import Proposal
from services.posts import needs_office, needs_role

RESPONSIBLE = frozenset({Role.CASE_MANAGER, Role.SUPERVISOR})


def may_refer(act: Proposal, standing: Standing) -> None:
    """The case manager refers, or the supervisor, for an office."""
    needs_role(act, RESPONSIBLE)
    needs_office(act)


def may_take_on(act: Proposal, standing: Standing) -> None:
    """Responsibility is taken or refused by a case manager or supervisor, for an office."""
    needs_role(act, RESPONSIBLE)
    needs_office(act)
