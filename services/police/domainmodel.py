"""What the police decide for themselves: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.vocabulary import Role
from services.posts import held_by

OFFICERS = frozenset({Role.DUTY_OFFICER, Role.INVESTIGATOR, Role.SUPERVISOR})

may_refer = held_by(OFFICERS)
may_take_on = held_by(OFFICERS)
may_withdraw = held_by(OFFICERS - {Role.DUTY_OFFICER})
"""Not a duty officer, whose shift may be over when it is answered."""
may_protect = held_by(OFFICERS)
