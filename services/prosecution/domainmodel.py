"""What the State Prosecutor decides for itself: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.vocabulary import Role
from services.posts import held_by

PROSECUTORS = frozenset({Role.PROSECUTOR, Role.SUPERVISOR})

may_refer = held_by(PROSECUTORS | {Role.VICTIM_ADVOCATE})
"""A victim advocate may ask for help for a child without waiting for a prosecutor."""
may_take_on = held_by(PROSECUTORS | {Role.VICTIM_ADVOCATE})
may_withdraw = held_by(PROSECUTORS)
may_assign = held_by(PROSECUTORS | {Role.VICTIM_ADVOCATE})
