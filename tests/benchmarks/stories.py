"""Made-up cases for a long log: what is said in each, by whom, to whom, and when. The same dice give the same cases.

A content is the catalogue's own example, cut to what the log may hold, with this case's ids, parties and moments. The
threads of a case (each handoff, what is said about a suspect, other facts) run beside each other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cache
from itertools import product
from random import Random
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE, entry_of, words
from contracts.correcting import MOMENTS
from contracts.entry import Audience
from contracts.ids import case_ref_from, person_ref_from
from contracts.standing import Move
from contracts.tiers import LOGGED, cut
from contracts.vocabulary.asking import (
    DeclineReason,
    InformationRefusal,
    NextStep,
    NotDoneReason,
    Priority,
    ReassignReason,
    Service,
    TransferReason,
    Urgency,
    WithdrawalReason,
)
from contracts.vocabulary.investigation import Custody, Measure, Registration
from contracts.vocabulary.limit_facts import AgeBand, IncidentWindow, SuspectAge
from contracts.vocabulary.people import LegalBasis
from contracts.vocabulary.protection import ScreeningOutcome
from contracts.vocabulary.reintegration import CaseClosure

TOWNS = ("prishtina", "peja", "prizren", "gjakova", "mitrovica", "ferizaj", "gjilan")
DESKS: Mapping[Agency, tuple[str, str]] = {
    Agency.POLICE: ("investigator", "child-unit"),
    Agency.PROSECUTION: ("prosecutor", "basic"),
    Agency.SOCIAL: ("case-manager", "csw"),
    Agency.HEALTH: ("clinician", "paediatrics"),
    Agency.OVERSIGHT: ("inspector", "ombudsperson"),
}
"""The role that acts for an agency here, and what its offices are called behind their town."""

Thread = Iterator[tuple["Said", float]]
"""What is said at `Case.now`, and how many seconds the thread then waits."""


@dataclass(frozen=True, slots=True)
class Said:
    """One act or fact; `letters` names for each receiver the tiers of its letter."""

    id: str
    type: str
    sender: Agency
    case_ref: str
    about: dict[str, Any]
    content: dict[str, Any]
    letters: tuple[tuple[Agency, tuple[str, ...]], ...]
    correlation_id: str
    causation_id: str | None = None


def a_uuid(dice: Random) -> str:
    return str(UUID(int=dice.getrandbits(128), version=4))


def spelled(moment: datetime) -> str:
    """A moment in UTC as pydantic spells it; naive, because a zone would cost more than all the rest."""
    return f"{moment.isoformat()}Z"


def _each(**codes: type[StrEnum]) -> list[dict[str, str]]:
    return [dict(zip(codes, found, strict=True)) for found in product(*codes.values())]


_LIMITS = _each(incident=IncidentWindow, child_age=AgeBand, suspect_age=SuspectAge)
_VARIED: Mapping[str, list[dict[str, Any]]] = {
    "referral.made": _each(urgency=Urgency),
    "referral.declined": _each(reason=DeclineReason, next_step=NextStep),
    "referral.completed": [{"outcome": "done"}] * 20 + _each(not_done_reason=NotDoneReason),
    "referral.withdrawal-asked": _each(reason=WithdrawalReason),
    "referral.reassigned": _each(reason=ReassignReason),
    "information.asked": _each(priority=Priority),
    "information.refused": _each(reason=InformationRefusal),
    "concern.reported": [{"limits": limits, **urgency} for limits in _LIMITS for urgency in _each(urgency=Urgency)],
    "responsibility.declined": _each(reason=DeclineReason, next_step=NextStep),
    "concern.screened": _each(outcome=ScreeningOutcome),
    "transfer.offered": _each(reason=TransferReason),
    "transfer.declined": _each(reason=DeclineReason, next_step=NextStep),
    "crime-report.filed": [{"limits": limits} for limits in _LIMITS],
    "case.registered": _each(outcome=Registration),
    "suspect.arrested": _each(custody=Custody),
    "protective-measure.changed": _each(measure=Measure),
    "case.closed": _each(reason=CaseClosure),
}
"""The codes that differ from one act to the next; a type that is not here says what its example says."""
for partly in _VARIED["referral.completed"][20:]:
    partly["outcome"] = "partly-done"


@cache
def _shape(type_name: str) -> tuple[dict[str, Any], tuple[str, ...]]:
    """The example as the log may hold it, and which of its fields are moments."""
    content = entry_of(type_name).content
    codes = cut(content, dict(entry_of(type_name).example), LOGGED)
    moments = (name for name, value in codes.items() if value and content.model_fields[name].annotation in MOMENTS)
    return codes, tuple(moments)


@cache
def _tiers(type_name: str, receiver: Agency, notified: bool) -> tuple[str, ...]:
    return tuple(sorted(entry_of(type_name).left_by("notified" if notified else None, receiver)))


_GENERAL = {entry.move: entry for entry in CATALOGUE.values() if entry.move and not entry.services}


@cache
def word(move: Move, service: Service) -> str:
    """The type by which this move is said on a handoff for this service."""
    return words(_GENERAL[move], service)[0]


@dataclass(slots=True)
class Case:
    dice: Random
    now: datetime  # naive, UTC
    begun: list[tuple[float, Thread]] = field(default_factory=list)  # new threads, and in how many seconds they begin
    parties: dict[str, frozenset[Agency]] = field(default_factory=dict)  # by handoff, of those that came to something
    waiting: int = 0  # handoffs that have not ended
    holder: Agency = Agency.SOCIAL
    crime: bool = False  # was a crime reported?
    offered: bool = False  # to another agency, to take it over?
    ref: str = field(init=False)
    child: dict[str, str] = field(init=False)
    suspect: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.ref = case_ref_from(self.dice.randbytes(16))
        self.child = {"ref": person_ref_from(self.dice.randbytes(16)), "role": "child"}
        self.suspect = {"ref": person_ref_from(self.dice.randbytes(16)), "role": "suspect"}

    def active(self) -> frozenset[Agency]:
        return frozenset().union(*self.parties.values())

    def content(self, type_name: str, moment: datetime, codes: Mapping[str, Any]) -> dict[str, Any]:
        example, moments = _shape(type_name)
        found: dict[str, Any] = example | dict.fromkeys(moments, spelled(moment))
        if "concerns" in found:
            found["concerns"] = self.child
        if "suspect" in found:
            found["suspect"] = self.suspect
        if varied := _VARIED.get(type_name):
            found |= self.dice.choice(varied)
        return found | dict(codes)

    def says(
        self,
        sender: Agency,
        type_name: str,
        letters: Mapping[Agency, bool],
        codes: Mapping[str, Any],
        basis: LegalBasis = LegalBasis.PROTECTION_DUTY,
        *,
        record_id: str | None = None,
        correlation_id: str | None = None,
        causation_id: str | None = None,
    ) -> Said:
        """`letters` names the receivers, and whether each is only notified."""
        recorded = self.now - timedelta(seconds=self.dice.randrange(1, 120))
        known = recorded - timedelta(minutes=self.dice.randrange(1, 240))
        role, unit = DESKS[sender]
        record_id = record_id or a_uuid(self.dice)
        return Said(
            id=record_id,
            type=type_name,
            sender=sender,
            case_ref=self.ref,
            about={
                "clocks": {"occurred": spelled(known), "known": spelled(known), "recorded": spelled(recorded)},
                "legal_basis": basis,
                "post": {"role": role, "office": f"{self.dice.choice(TOWNS)}-{unit}"},
            },
            content=self.content(type_name, known, codes),
            letters=tuple((to, _tiers(type_name, to, letters[to])) for to in sorted(letters)),
            correlation_id=correlation_id or record_id,
            causation_id=causation_id,
        )

    def states(self, sender: Agency, type_name: str, **codes: Any) -> Said:
        """A fact, to those whom the catalogue has it told, or to the agencies that are active in the case."""
        entry = entry_of(type_name)
        told = entry.told if entry.audience is Audience.TOLD else self.active()
        return self.says(sender, type_name, dict.fromkeys(told - {sender}, False), codes)
