"""From the crime report to the judgment: what police, prosecution and courts say of a case and its suspects."""

from typing import Annotated, Self

from pydantic import AwareDatetime, Field, model_validator

from contracts.events.handoff import MakesHandoffForChild, MayAnswerHandoff
from contracts.events.protection import AboutChild
from contracts.ids import CaseRef
from contracts.shapes import Allegation, Identity, LimitFacts, Pointer, Safety, Suspect
from contracts.tiers import Tier
from contracts.vocabulary.investigation import (
    AdjournReason,
    Custody,
    DetentionGround,
    DismissalReason,
    InvestigationDecision,
    Measure,
    MeasureChange,
    Registration,
    ReleaseCondition,
    Sanction,
    SuspectTie,
    Verdict,
    Workplace,
)
from contracts.vocabulary.limit_facts import SuspectAge

POINTERS_LIMIT = 50
YOUNG = frozenset({SuspectAge.UNDER_CRIMINAL_AGE, SuspectAge.UNDER_18})
"""A suspect who is a child."""


class CrimeReportFiled(MakesHandoffForChild):
    """The police ask the prosecution to investigate a crime; social services hear that it was reported."""

    limits: Annotated[LimitFacts, Tier.O]
    allegation: Annotated[Allegation, Tier.A]
    identity: Annotated[Identity | None, Tier.I] = None
    evidence: Annotated[tuple[Pointer, ...], Field(max_length=POINTERS_LIMIT), Tier.P] = ()
    suspects: Annotated[tuple[Identity, ...], Field(max_length=20), Tier.L] = ()


class CaseRegistered(MayAnswerHandoff):
    """The prosecution has registered the case: with that it takes on what the crime report asks."""

    outcome: Annotated[Registration, Tier.O]


class AboutSuspect(AboutChild):
    """Something about one suspect, in the case of the child whom it concerns."""

    suspect: Annotated[Suspect, Tier.E]


class SuspectIdentified(AboutSuspect):
    """A suspect is known; one under 18 is a child whose needs are looked at in a case of its own."""

    age: Annotated[SuspectAge, Tier.O]
    own_case: Annotated[CaseRef | None, Tier.E] = None
    tie: Annotated[SuspectTie | None, Tier.L] = None
    identity: Annotated[Identity | None, Tier.L] = None

    @model_validator(mode="after")
    def _a_case_of_its_own_for_a_child(self) -> Self:
        if (self.age in YOUNG) is (self.own_case is None):
            raise ValueError("`own_case` is given exactly when the suspect is under 18")
        return self


class SuspectArrested(AboutSuspect):
    """A suspect was arrested."""

    arrested_at: Annotated[AwareDatetime, Tier.E]
    custody: Annotated[Custody, Tier.O]
    grounds: Annotated[tuple[DetentionGround, ...], Field(max_length=len(DetentionGround)), Tier.L] = ()
    identity: Annotated[Identity | None, Tier.L] = None


class SuspectReleased(AboutSuspect):
    """A suspect is free again: who stands beside the child must know at once (Istanbul Convention, article 56)."""

    released_at: Annotated[AwareDatetime, Tier.E]
    conditions: Annotated[tuple[ReleaseCondition, ...], Field(max_length=len(ReleaseCondition)), Tier.O] = ()
    safety: Annotated[Safety | None, Tier.S] = None


class ProtectiveMeasureChanged(AboutSuspect):
    """A measure that keeps a suspect away was asked for, ordered, refused or breached."""

    measure: Annotated[Measure, Tier.O]
    change: Annotated[MeasureChange, Tier.O]
    since: Annotated[AwareDatetime, Tier.E]
    safety: Annotated[Safety | None, Tier.S] = None


class InvestigationDecided(MayAnswerHandoff):
    """The prosecution has decided what comes of the investigation; why, if it ends without an indictment."""

    outcome: Annotated[InvestigationDecision, Tier.O]
    reason: Annotated[DismissalReason | None, Tier.O] = None

    @model_validator(mode="after")
    def _a_reason_if_dismissed(self) -> Self:
        if (self.outcome is InvestigationDecision.DISMISSED) is (self.reason is None):
            raise ValueError("`reason` is given exactly when the outcome is `dismissed`")
        return self


class HearingAdjourned(AboutChild):
    """A hearing was put off, and why."""

    adjourned_to: Annotated[AwareDatetime | None, Tier.E] = None  # None: no day is set
    reason: Annotated[AdjournReason, Tier.O]


class JudgmentGiven(AboutSuspect):
    """A court has judged one suspect."""

    verdict: Annotated[Verdict, Tier.O]
    sanction: Annotated[Sanction | None, Tier.O] = None
    final: Annotated[bool, Tier.O]  # no appeal is open

    @model_validator(mode="after")
    def _a_sanction_if_convicted(self) -> Self:
        if (self.verdict is Verdict.CONVICTED) is (self.sanction is None):
            raise ValueError("`sanction` is given exactly when the verdict is `convicted`")
        return self


class ProfessionalSuspected(AboutSuspect):
    """A suspect works with children: the inspectorate is told so much as keeps them safe, and no more."""

    workplace: Annotated[Workplace, Tier.L]
