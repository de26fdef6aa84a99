"""What the Centre for Social Work decides for itself: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.vocabulary import Role
from services.posts import held_by

RESPONSIBLE = frozenset({Role.CASE_MANAGER, Role.SUPERVISOR})

may_refer = held_by(RESPONSIBLE)
may_take_on = held_by(RESPONSIBLE)
may_withdraw = held_by(RESPONSIBLE)
may_manage = held_by(RESPONSIBLE)
"""A case's contact, placement and table: its case manager's, or the supervisor's."""
may_assign = held_by({Role.SUPERVISOR})
"""Who manages a case, nobody decides for oneself."""
