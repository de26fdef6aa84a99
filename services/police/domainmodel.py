"""What the police decide for themselves: pure rules over an act and the standing it meets.

The rules are ours (D): which post may do what is for the agency to settle.
"""

from contracts.errors import Refused
from contracts.handoff import Standing
from contracts.vocabulary import Role
from services.handoffs import Proposal
from services.posts import needs_office, needs_role

OFFICERS = frozenset({Role.DUTY_OFFICER, Role.INVESTIGATOR, Role.SUPERVISOR})


def may_refer(act: Proposal, standing: Standing) -> None:
    """An officer refers, for an office; a child in immediate danger is referred with the safety facts."""
    needs_role(act, OFFICERS)
    needs_office(act)
    if act.codes["urgency"] == "immediate" and "safety" not in act.holds:
        raise Refused("danger.unstated", field="data.safety")


def may_take_on(act: Proposal, standing: Standing) -> None:
    """An officer takes on or refuses what others ask of the police, for an office."""
    needs_role(act, OFFICERS)
    needs_office(act)


def may_withdraw(act: Proposal, standing: Standing) -> None:
    """Only a supervisor or investigator asks to withdraw: a duty officer's shift may be over when it is answered."""
    needs_role(act, OFFICERS - {Role.DUTY_OFFICER})
