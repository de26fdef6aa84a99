"""What a child needs afterwards, the plan for it, and how its case ends."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.agencies import Institution
from contracts.events.handoff import MakesHandoffForChild
from contracts.events.investigation import AboutSuspect
from contracts.events.protection import AboutChild
from contracts.events.roundtable import ACTIONS_LIMIT, RoundtableAction
from contracts.shapes import Identity, Safety
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.reintegration import CaseClosure, CustodyChange, Need, PlanReview, Reopening, SchoolSupport


class NeedsAssessed(AboutChild):
    """What the child needs."""

    needs: Annotated[tuple[Need, ...], Field(min_length=1, max_length=len(Need)), Tier.O]


class PlanReviewed(AboutChild):
    """How the plan goes, and what is to be done next, by whom."""

    outcome: Annotated[PlanReview, Tier.O]
    actions: Annotated[tuple[RoundtableAction, ...], Field(max_length=ACTIONS_LIMIT), Tier.O] = ()


class TherapyReferred(MakesHandoffForChild):
    """Therapy is asked for; what comes back is that it began and ended, and nothing of what was said there."""

    for_institution: Annotated[Institution | None, Tier.E] = None  # to whom the receiver, its sponsor, hands it over
    identity: Annotated[Identity | None, Tier.I] = None


class SchoolReturnAgreed(AboutChild):
    """From when the child goes to school again, and what it needs there; nothing of why."""

    starting: Annotated[AwareDatetime, Tier.E]
    supports: Annotated[tuple[SchoolSupport, ...], Field(max_length=len(SchoolSupport)), Tier.S] = ()


class CustodyStatusChanged(AboutSuspect):
    """A convicted or detained person is on leave, has escaped, is released, or is back."""

    since: Annotated[AwareDatetime, Tier.E]
    change: Annotated[CustodyChange, Tier.S]
    safety: Annotated[Safety | None, Tier.S] = None


class CaseClosed(Frozen):
    """The case is closed: nothing in it waits for anybody."""

    reason: Annotated[CaseClosure, Tier.O]


class CaseReopened(Frozen):
    """The case goes on."""

    reason: Annotated[Reopening, Tier.O]
