"""What oversight decides for itself: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.vocabulary.people import Role
from services.posts import held_by

INSPECTORS = frozenset({Role.INSPECTOR, Role.SUPERVISOR})

may_refer = held_by(INSPECTORS)
may_take_on = held_by(INSPECTORS)
may_withdraw = held_by(INSPECTORS)
may_lift = held_by(INSPECTORS)
