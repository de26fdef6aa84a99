"""The forensic exam and what it leads to: ordered, consented to, done or not done, analysed, reported.

Nothing of what was found travels: who holds the report, and the hash by which it is known.
"""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.agencies import Institution
from contracts.events.handoff import MakesHandoffForChild, MayAnswerHandoff
from contracts.events.protection import AboutChild
from contracts.shapes import Allegation, EvidenceItem, Identity, LimitFacts, Pointer, Safety
from contracts.tiers import Tier
from contracts.vocabulary.investigation import Consent, ConsentBy, ExamExtent, ExamNotDone
from contracts.vocabulary.protection import AllegationKind

ITEMS_LIMIT = 50


class ForensicExamOrdered(MakesHandoffForChild):
    """The Institute of Forensic Medicine is asked to examine a child; how long ago it was never ends that duty."""

    limits: Annotated[LimitFacts, Tier.O]
    safety: Annotated[Safety | None, Tier.S] = None
    allegation: Annotated[Allegation | None, Tier.A] = None
    identity: Annotated[Identity | None, Tier.I] = None


class ExamConsentRecorded(AboutChild):
    """Whether the child, or who may decide for it, consents to the exam: without it nothing is examined."""

    consent: Annotated[Consent, Tier.O]
    by: Annotated[ConsentBy, Tier.O]


class ForensicExamCompleted(MayAnswerHandoff):
    """The exam was done: when, how much of it, and where its report lies."""

    examined_at: Annotated[AwareDatetime, Tier.E]
    extent: Annotated[ExamExtent, Tier.O]
    report: Annotated[Pointer, Tier.P]


class ForensicExamNotDone(MayAnswerHandoff):
    """There was no exam, and why: an act of its own, so that its absence is never only silence."""

    reason: Annotated[ExamNotDone, Tier.O]


class EvidenceTransferred(MakesHandoffForChild):
    """Evidence goes to be analysed: what kind, where it lies, and its hash."""

    for_institution: Annotated[Institution | None, Tier.E] = None  # to whom the receiver, its sponsor, hands it over
    items: Annotated[tuple[EvidenceItem, ...], Field(min_length=1, max_length=ITEMS_LIMIT), Tier.P]
    offence: Annotated[AllegationKind, Tier.L]


class ExpertReportDelivered(MayAnswerHandoff):
    """An expert's report is there: where it lies, and its hash."""

    report: Annotated[Pointer, Tier.P]
