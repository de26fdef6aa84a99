"""What the Centre for Social Work decides for itself: which post may do what, and what a case must hold for it. Pure.

The rules are ours (D): they are for the Centre to settle.
"""

from collections.abc import Mapping

from contracts.catalogue.reintegration import CLOSED, REOPENED
from contracts.errors import Refused
from contracts.vocabulary.people import Role
from contracts.vocabulary.protection import SafeContact
from contracts.vocabulary.reintegration import CaseClosure
from services.alike import open_duties
from services.posts import held_by
from services.proposals import Case, Policy, Proposal

RESPONSIBLE = frozenset({Role.CASE_MANAGER, Role.SUPERVISOR})

may_refer = held_by(RESPONSIBLE)
may_take_on = held_by(RESPONSIBLE)
may_withdraw = held_by(RESPONSIBLE)
may_manage = held_by(RESPONSIBLE)
"""A case's contact, placement, table and plan: its case manager's, or the supervisor's."""
may_assign = held_by({Role.SUPERVISOR})
"""Who manages a case, nobody decides for oneself."""


def choose_contact(act: Proposal, case: Case) -> None:
    """`found` stands in the log, and who it is does not; the two must say the same."""
    if act.codes["found"] is (act.private["contact"] == SafeContact.NONE_KNOWN):
        raise Refused("contact.contradicts", field="data.found")


def reach_out(act: Proposal, case: Case) -> None:
    """Before anybody contacts the child or its home there is a safe contact: the guardian may be the suspect."""
    contact = case.file.last("safe-contact.set", about=act.codes["concerns"]["ref"])
    if contact is None or not contact.codes["found"]:
        raise Refused("contact.not-safe", field="data.concerns")


def decide_at_table(act: Proposal, case: Case) -> None:
    convened = {said.codes["roundtable_id"] for said in case.file.all("roundtable.convened")}
    if act.codes["roundtable_id"] not in convened:
        raise Refused("roundtable.not-convened", field="data.roundtable_id")


def review_plan(act: Proposal, case: Case) -> None:
    """A plan answers needs: they are assessed first."""
    if not case.file.last("needs.assessed", about=act.codes["concerns"]["ref"]):
        raise Refused("plan.no-needs", field="data.concerns")


def close(act: Proposal, case: Case) -> None:
    """A case is closed when nothing in it waits for anybody, as far as the Centre knows, and no child is missing."""
    if case.file.closed:
        raise Refused("case.closed-already", field="case_ref")
    waiting = [f"{one.service} with {one.standing.whose_move}" for one in case.file.asked if one.open]
    if act.codes["reason"] != CaseClosure.UNFOUNDED:  # which itself ends what is owed; the keeper says if not all
        waiting += [f"the duty {duty.codes['rule']}" for duty in open_duties(case.file)]
    missing = {said.codes["concerns"]["ref"] for said in case.file.all("child.missing")}
    waiting += [f"a missing child ({child})" for child in sorted(missing) if case.file.missing(child)]
    if waiting:
        raise Refused("case.open", field="case_ref", detail=f"Open: {'; '.join(waiting)}.")


def reopen(act: Proposal, case: Case) -> None:
    if not case.file.closed:
        raise Refused("case.not-closed", field="case_ref")


def ask_clearance(act: Proposal, case: Case) -> None:
    """A question about somebody who seeks work stands under a reference of its own, and joins no child's case."""
    if case.file.said or case.file.asked:
        raise Refused("register.own-file", field="case_ref")


POLICIES: Mapping[str, Policy] = {
    "safe-contact.set": choose_contact,
    "needs.assessed": reach_out,
    "therapy.referred": reach_out,
    "school-return.agreed": reach_out,
    "roundtable.decided": decide_at_table,
    "plan.reviewed": review_plan,
    CLOSED: close,
    REOPENED: reopen,
    "clearance.asked": ask_clearance,
}
