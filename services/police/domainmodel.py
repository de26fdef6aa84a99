"""What the police decide for themselves: which post may do what, and what a case must hold for it. Pure.

The rules are ours (D): they are for the police to settle. Where one follows the law, it says which.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from contracts.errors import Refused
from contracts.events.investigation import YOUNG
from contracts.vocabulary.investigation import MeasureChange
from contracts.vocabulary.limit_facts import SuspectAge
from contracts.vocabulary.people import Role
from services.casefile import Case, CaseFile
from services.posts import held_by
from services.proposals import Policy, Proposal

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

    @classmethod
    def of(cls, file: CaseFile, suspect: str) -> "SuspectFile":
        known = file.last("suspect.identified", about=suspect)
        custody = file.last("suspect.arrested", "suspect.released", about=suspect)
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


def release(act: Proposal, case: Case) -> None:
    if not SuspectFile.of(case.file, act.codes["suspect"]["ref"]).in_custody:
        raise Refused("suspect.not-in-custody", field="data.suspect")


def change_measure(act: Proposal, case: Case) -> None:
    """The police ask for a measure, or see that one is breached; courts order and refuse."""
    if act.codes["change"] in (MeasureChange.ORDERED, MeasureChange.REFUSED):
        raise Refused("measure.not-yours", field="data.change")
    breached_unordered = act.codes["change"] == MeasureChange.BREACHED and not any(
        said.codes["measure"] == act.codes["measure"] and said.codes["change"] == MeasureChange.ORDERED
        for said in case.file.all("protective-measure.changed", about=act.codes["suspect"]["ref"])
    )
    if breached_unordered:
        raise Refused("measure.not-in-force", field="data.measure")


def suspect_professional(act: Proposal, case: Case) -> None:
    """An inspectorate hears of a professional only once there is a suspect, and never on a rumour."""
    if not case.file.last("suspect.identified", about=act.codes["suspect"]["ref"]):
        raise Refused("suspect.unknown", field="data.suspect")


POLICIES: Mapping[str, Policy] = {
    "suspect.identified": identify,
    "suspect.arrested": arrest,
    "suspect.released": release,
    "protective-measure.changed": change_measure,
    "professional.suspected": suspect_professional,
}
