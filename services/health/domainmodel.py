"""What health care decides for itself: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.vocabulary import Role
from services.posts import held_by

CLINICIANS = frozenset({Role.CLINICIAN, Role.SUPERVISOR})

may_refer = held_by(CLINICIANS)
may_take_on = held_by(CLINICIANS)
may_withdraw = held_by(CLINICIANS)
may_state_care = held_by(CLINICIANS)
