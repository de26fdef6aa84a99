"""What several agencies decide alike about what each of them may say: policies over a case. Pure.

The rules are ours (D): they are for the agencies to settle together.
"""

from contracts.errors import Refused
from contracts.vocabulary.asking import Service
from contracts.vocabulary.investigation import ExamNotDone, MeasureChange
from services.casefile import Asked, Case, CaseFile
from services.proposals import Proposal


def exams_ordered(file: CaseFile, child: str) -> list[Asked]:
    """Every order of an exam of this child, whatever has come of it; none that the log never took."""
    ordered = (one for one in file.asked if one.service is Service.FORENSIC_EXAM and one.standing.parties)
    return [one for one in ordered if one.concerns == child]


def order_exam(act: Proposal, case: Case) -> None:
    """A child is not called to two exams at once."""
    if any(one.open for one in exams_ordered(case.file, act.codes["concerns"]["ref"])):
        raise Refused("exam.ordered-already", field="data.concerns")


def state_no_exam(act: Proposal, case: Case) -> None:
    """That an exam was never ordered is said exactly where none was: it is what nobody said in the worst cases."""
    ordered = bool(exams_ordered(case.file, act.codes["concerns"]["ref"]))
    if ordered is (act.codes["reason"] == ExamNotDone.NEVER_ORDERED):
        raise Refused("exam.reason", field="data.reason")


def release(act: Proposal, case: Case) -> None:
    """Who is free already is not released."""
    custody = case.file.last("suspect.arrested", "suspect.released", about=act.codes["suspect"]["ref"])
    if custody is None or custody.type != "suspect.arrested":
        raise Refused("suspect.not-in-custody", field="data.suspect")


def see_breach(act: Proposal, case: Case) -> None:
    """Only what was ordered against somebody can be breached."""
    ordered = any(
        said.codes["measure"] == act.codes["measure"] and said.codes["change"] == MeasureChange.ORDERED
        for said in case.file.all("protective-measure.changed", about=act.codes["suspect"]["ref"])
    )
    if act.codes["change"] == MeasureChange.BREACHED and not ordered:
        raise Refused("measure.not-in-force", field="data.measure")


def suspect_professional(act: Proposal, case: Case) -> None:
    """An inspectorate hears of a professional only once there is a suspect, and never on a rumour."""
    if not case.file.last("suspect.identified", about=act.codes["suspect"]["ref"]):
        raise Refused("suspect.unknown", field="data.suspect")
