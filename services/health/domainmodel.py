"""What health care decides for itself: which post may do what, and what a case must hold for it. Pure.

The rules are ours (D): they are for the hospitals and the Institute of Forensic Medicine to settle.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from contracts.casefile import CaseFile
from contracts.errors import Refused
from contracts.standing import Stage
from contracts.vocabulary.asking import Service
from contracts.vocabulary.investigation import Consent
from contracts.vocabulary.limit_facts import IncidentWindow
from contracts.vocabulary.people import Role
from services.alike import state_no_exam
from services.posts import held_by
from services.proposals import Case, Policy, Proposal

CLINICIANS = frozenset({Role.CLINICIAN, Role.SUPERVISOR})
WINDOWS = (
    (timedelta(hours=72), IncidentWindow.WITHIN_72_HOURS),
    (timedelta(hours=120), IncidentWindow.WITHIN_120_HOURS),
    (timedelta(days=7), IncidentWindow.WITHIN_7_DAYS),
)
"""From the incident, on the wall clock: prophylaxis against HIV, emergency contraception (WHO 2017), late traces."""

may_refer = held_by(CLINICIANS)
may_take_on = held_by(CLINICIANS)
may_withdraw = held_by(CLINICIANS)
may_state_care = held_by(CLINICIANS)
may_examine = held_by(CLINICIANS)


def window(incident_at: datetime | None, began_at: datetime) -> IncidentWindow:
    """In which window care began; exactly at a limit is inside."""
    if incident_at is None:
        return IncidentWindow.UNKNOWN
    return next((code for limit, code in WINDOWS if began_at - incident_at <= limit), IncidentWindow.LONGER_AGO)


def give_care(act: Proposal, case: Case) -> None:
    """The code that stands in the log is what the two moments come to. When it is passed, care is recorded alike."""
    incident = act.private.get("incident_at")
    incident_at = datetime.fromisoformat(incident) if incident else None
    began_at = datetime.fromisoformat(act.codes["began_at"])
    if incident_at and incident_at > began_at:
        raise Refused("window.contradicts", field="data.incident_at")
    due = window(incident_at, began_at)
    if act.codes["window"] != due:
        raise Refused("window.contradicts", field="data.window", detail=f"From these moments it is: {due}.")


def consents(file: CaseFile, child: str) -> bool:
    """By the last word on it: consent can be withdrawn."""
    last = file.last("exam-consent.recorded", about=child)
    return last is not None and last.codes["consent"] == Consent.GIVEN


def examine(act: Proposal, case: Case) -> None:
    """An exam needs an order and consent, both; that a window has passed keeps nobody from examining."""
    child = act.codes["concerns"]["ref"]
    if all(one.standing.stage is Stage.WITHDRAWN for one in case.file.exams_ordered(child)):
        raise Refused("exam.not-ordered", field="data.concerns")
    if not consents(case.file, child):
        raise Refused("exam.no-consent", field="data.concerns")


def begin(act: Proposal, case: Case) -> None:
    """To begin an exam needs what the exam needs; every other service only begins."""
    if case.service is Service.FORENSIC_EXAM and not consents(case.file, case.concerns or ""):
        raise Refused("exam.no-consent", field="data.handoff_id")


POLICIES: Mapping[str, Policy] = {
    "urgent-care.given": give_care,
    "forensic-exam.completed": examine,
    "forensic-exam.not-done": state_no_exam,
    "referral.started": begin,
}
