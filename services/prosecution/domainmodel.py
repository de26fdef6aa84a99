"""What the State Prosecutor decides, and says for courts: which post may do what, and what a case must hold. Pure.

The rules are ours (D): they are for the prosecution to settle. Where one follows the law, it says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from contracts.agencies import Institution
from contracts.casefile import CaseFile
from contracts.errors import Refused
from contracts.events.interview import ORDINAL_LIMIT
from contracts.vocabulary.investigation import InvestigationDecision, MeasureChange, RepeatAuthority
from contracts.vocabulary.people import Role
from services.alike import order_exam, release, see_breach, state_no_exam, suspect_professional
from services.posts import held_by
from services.proposals import Case, Policy, Proposal

PROSECUTORS = frozenset({Role.PROSECUTOR, Role.SUPERVISOR})
CLEARANCE_HOLDS = timedelta(days=180)
"""So long at most may an employer rely on the register's answer (D)."""

may_refer = held_by(PROSECUTORS | {Role.VICTIM_ADVOCATE})
"""A victim advocate may ask for help for a child without waiting for a prosecutor."""
may_take_on = held_by(PROSECUTORS | {Role.VICTIM_ADVOCATE})
may_withdraw = held_by(PROSECUTORS)
may_assign = held_by(PROSECUTORS | {Role.VICTIM_ADVOCATE})
may_prosecute = held_by(PROSECUTORS)


@dataclass(frozen=True, slots=True)
class Interviews:
    """How often a child was heard in one case, and for which further time somebody has given a reason.

    Of one interview several may speak: who held it, and who was asked to bring the child.
    """

    done: int
    reasoned: frozenset[int]

    @classmethod
    def of(cls, file: CaseFile, child: str) -> "Interviews":
        return cls(
            done=len({said.codes["ordinal"] for said in file.all("child-interview.completed", about=child)}),
            reasoned=frozenset(
                said.codes["ordinal"] for said in file.all("child-interview.repeat-requested", about=child)
            ),
        )

    @property
    def next(self) -> int:
        """Whatever others claim to have held, the last ordinal can always be given once more."""
        return min(self.done + 1, ORDINAL_LIMIT)


def interview(act: Proposal, case: Case) -> None:
    """A child is heard once. Each further time has its reason and its authority before it is set down."""
    held = Interviews.of(case.file, act.codes["concerns"]["ref"])
    ordinal = act.codes["ordinal"]
    if ordinal != held.next:
        raise Refused("interview.out-of-order", field="data.ordinal", detail=f"The next one is {held.next}.")
    if ordinal > 1 and ordinal not in held.reasoned:
        raise Refused("interview.repeat-unasked", field="data.ordinal")


def request_repeat(act: Proposal, case: Case) -> None:
    held = Interviews.of(case.file, act.codes["concerns"]["ref"])
    if act.codes["ordinal"] != held.next:
        raise Refused("interview.out-of-order", field="data.ordinal", detail=f"The next one is {held.next}.")
    by_court = act.about["on_behalf_of"] == Institution.COURT
    if by_court is not (act.codes["authority"] == RepeatAuthority.COURT):
        raise Refused("interview.authority", field="data.authority")


def change_measure(act: Proposal, case: Case) -> None:
    """The prosecution asks for a measure; that one is ordered or refused is a court's word."""
    by_court = act.about["on_behalf_of"] == Institution.COURT
    if (act.codes["change"] in (MeasureChange.ORDERED, MeasureChange.REFUSED)) is not by_court:
        raise Refused("measure.not-yours", field="data.change")
    see_breach(act, case)


def decide(act: Proposal, case: Case) -> None:
    if not case.file.last("case.registered"):
        raise Refused("case.not-registered", field="case_ref")


def try_case(act: Proposal, case: Case) -> None:
    """What a court does with a case begins with an indictment; what is dismissed may be against another suspect."""
    decided = {said.codes["outcome"] for said in case.file.all("investigation.decided")}
    if InvestigationDecision.INDICTED not in decided:
        raise Refused("case.not-indicted", field="case_ref")


def enter_conviction(act: Proposal, case: Case) -> None:
    """Register data never joins a case: an entry stands under a reference of its own."""
    if case.file.said or case.file.asked:
        raise Refused("register.own-file", field="case_ref")


def remove_conviction(act: Proposal, case: Case) -> None:
    entered = {str(said.id) for said in case.file.all("conviction.entered")}
    removed = {said.codes["of_id"] for said in case.file.all("conviction.removed")}
    if act.codes["of_id"] not in entered - removed:
        raise Refused("register.no-entry", field="data.of_id")


def answer_clearance(act: Proposal, case: Case) -> None:
    """An answer ages: nobody may rely on it for ever."""
    as_of, expires = (datetime.fromisoformat(act.codes[name]) for name in ("as_of", "expires_at"))
    if expires - as_of > CLEARANCE_HOLDS:
        raise Refused("register.too-long", field="data.expires_at")


POLICIES: Mapping[str, Policy] = {
    "child-interview.scheduled": interview,
    "child-interview.completed": interview,
    "child-interview.repeat-requested": request_repeat,
    "forensic-exam.ordered": order_exam,
    "forensic-exam.not-done": state_no_exam,
    "suspect.released": release,
    "protective-measure.changed": change_measure,
    "investigation.decided": decide,
    "hearing.adjourned": try_case,
    "judgment.given": try_case,
    "conviction.entered": enter_conviction,
    "conviction.removed": remove_conviction,
    "clearance.answered": answer_clearance,
    "professional.suspected": suspect_professional,
}
