"""What several agencies decide alike about what each of them may say: policies over a case. Pure.

The rules are ours (D): they are for the agencies to settle together.
"""

from contracts.casefile import CaseFile, Said
from contracts.catalogue.accounting import EXCUSED
from contracts.duties.notices import ENDED, OWED
from contracts.errors import Refused
from contracts.handoff import AWAITING
from contracts.vocabulary.investigation import ExamNotDone, MeasureChange
from services.proposals import Case, Proposal

CUSTODY = ("suspect.arrested", "suspect.released", "custody-status.changed")
"""The types that say whether a suspect is in custody."""


def order_exam(act: Proposal, case: Case) -> None:
    """A child is not called to two exams at once.

    What others have ordered counts once it is taken on: until then nobody may ever have read it.
    """
    open_now = (one.standing for one in case.file.exams_ordered(act.codes["concerns"]["ref"]) if one.open)
    if any(standing.opener is act.by or standing.stage not in AWAITING for standing in open_now):
        raise Refused("exam.ordered-already", field="data.concerns")


def state_no_exam(act: Proposal, case: Case) -> None:
    """That an exam was never ordered is said exactly where none was: it is what nobody said in the worst cases."""
    ordered = bool(case.file.exams_ordered(act.codes["concerns"]["ref"]))
    if ordered is (act.codes["reason"] == ExamNotDone.NEVER_ORDERED):
        raise Refused("exam.reason", field="data.reason")


def release(act: Proposal, case: Case) -> None:
    """Who was released is not released again before anybody said otherwise.

    That no arrest was heard here holds up nothing: whoever stands beside the child must know at once.
    """
    custody = case.file.last(*CUSTODY, about=act.codes["suspect"]["ref"])
    if custody and custody.type == "suspect.released":
        raise Refused("suspect.not-in-custody", field="data.suspect")


def see_breach(act: Proposal, case: Case) -> None:
    """What a court refused cannot be breached. Of an order an agency may not have heard, and it sees the breach."""
    changes = {
        said.codes["change"]
        for said in case.file.all("protective-measure.changed", about=act.codes["suspect"]["ref"])
        if said.codes["measure"] == act.codes["measure"]
    }
    refused = MeasureChange.REFUSED in changes and MeasureChange.ORDERED not in changes
    if act.codes["change"] == MeasureChange.BREACHED and refused:
        raise Refused("measure.not-in-force", field="data.measure")


def suspect_professional(act: Proposal, case: Case) -> None:
    """An inspectorate hears of a professional only once there is a suspect, and never on a rumour."""
    if not case.file.last("suspect.identified", about=act.codes["suspect"]["ref"]):
        raise Refused("suspect.unknown", field="data.suspect")


def open_duties(file: CaseFile) -> list[Said]:
    """Those of which the keeper has told an agency, and whose end it has not heard of."""
    last = {_duty(said): said for said in file.all(*OWED, *ENDED)}
    excused = {_duty(said) for said in file.all(EXCUSED)}
    return [said for duty, said in last.items() if said.type in OWED and duty not in excused]


def _duty(said: Said) -> tuple[str, str, str]:
    return said.codes["rule"], said.codes["trigger_id"], said.codes["trigger_by"]
