"""What the police decide for themselves: which post may do what, and what a case must hold for it. Pure.

The rules are ours (D): they are for the police to settle. Where one follows the law, it says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.casefile import CaseFile
from contracts.errors import Refused
from contracts.events.investigation import YOUNG
from contracts.vocabulary.investigation import MeasureChange
from contracts.vocabulary.limit_facts import SuspectAge
from contracts.vocabulary.people import Role
from services.alike import CUSTODY, order_exam, release, see_breach, suspect_professional
from services.posts import held_by
from services.proposals import Case, Policy, Proposal

OFFICERS = frozenset({Role.DUTY_OFFICER, Role.INVESTIGATOR, Role.SUPERVISOR})

may_refer = held_by(OFFICERS)
may_take_on = held_by(OFFICERS)
may_withdraw = held_by(OFFICERS - {Role.DUTY_OFFICER})
"""Not a duty officer, whose shift may be over when it is answered."""
may_protect = held_by(OFFICERS)
may_arrest = held_by(OFFICERS)
may_investigate = held_by({Role.INVESTIGATOR, Role.SUPERVISOR})


@dataclass(frozen=True, slots=True)
class SuspectFile:
    """What the police know of one suspect in one case."""

    identified: bool
    age: SuspectAge
    in_custody: bool
    """As far as anybody has said: who was on leave or has escaped since may be arrested again."""

    @classmethod
    def of(cls, file: CaseFile, suspect: str) -> "SuspectFile":
        known = file.last("suspect.identified", about=suspect)
        custody = file.last(*CUSTODY, about=suspect)
        return cls(
            identified=known is not None,
            age=SuspectAge(known.codes["age"]) if known else SuspectAge.UNKNOWN,
            in_custody=custody is not None and custody.type == "suspect.arrested",
        )


def identify(act: Proposal, case: Case) -> None:
    """A suspect under 18 is a child too: somebody must have opened a case in which its own needs are looked at."""
    if act.codes["age"] in YOUNG and not case.other.said:
        raise Refused("suspect.no-own-case", field="data.own_case")
    if act.codes["own_case"] == act.case_ref:
        raise Refused("suspect.no-own-case", field="data.own_case", detail="It is the case of the child harmed.")


def arrest(act: Proposal, case: Case) -> None:
    """Whom nobody has identified cannot be arrested on the bus, and a child under criminal age is never (K)."""
    suspect = SuspectFile.of(case.file, act.codes["suspect"]["ref"])
    if not suspect.identified:
        raise Refused("suspect.unknown", field="data.suspect")
    if suspect.age is SuspectAge.UNDER_CRIMINAL_AGE:
        raise Refused("suspect.too-young", field="data.suspect")
    if suspect.in_custody:
        raise Refused("suspect.in-custody", field="data.suspect")


def change_measure(act: Proposal, case: Case) -> None:
    """The police ask for a measure, or see that one is breached; courts order and refuse."""
    if act.codes["change"] in (MeasureChange.ORDERED, MeasureChange.REFUSED):
        raise Refused("measure.not-yours", field="data.change")
    see_breach(act, case)


POLICIES: Mapping[str, Policy] = {
    "suspect.identified": identify,
    "suspect.arrested": arrest,
    "suspect.released": release,
    "protective-measure.changed": change_measure,
    "forensic-exam.ordered": order_exam,
    "professional.suspected": suspect_professional,
}
