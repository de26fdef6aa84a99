"""`child-interview.*`: a child is heard, once if it can be; each time it is heard again needs a reason."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.agencies import Institution
from contracts.events.handoff import MakesHandoffForChild, MayAnswerHandoff
from contracts.events.protection import AboutChild
from contracts.shapes import Pointer, Safety
from contracts.tiers import Tier
from contracts.vocabulary.investigation import RepeatAuthority, RepeatReason
from contracts.vocabulary.people import Known

ORDINAL_LIMIT = 20
Ordinal = Annotated[int, Field(ge=1, le=ORDINAL_LIMIT)]
"""The how-manieth interview of this child in this case; the first is 1."""


class ChildInterviewScheduled(MakesHandoffForChild):
    """A child is to be heard, and somebody is asked to bring it there and stay beside it."""

    held_at: Annotated[AwareDatetime, Tier.E]
    ordinal: Annotated[Ordinal, Tier.O]
    for_institution: Annotated[Institution | None, Tier.E] = None  # the shelter (Barnahus) where it is heard
    safety: Annotated[Safety | None, Tier.S] = None


class ChildInterviewCompleted(MayAnswerHandoff):
    """The child was heard: when, for the how-manieth time, whether it was recorded, and where the recording lies."""

    held_at: Annotated[AwareDatetime, Tier.E]
    ordinal: Annotated[Ordinal, Tier.O]
    recorded: Annotated[Known, Tier.O]
    recording: Annotated[Pointer | None, Tier.P] = None


class InterviewRepeatRequested(AboutChild):
    """The child must be heard again: why, and by whose authority."""

    ordinal: Annotated[Annotated[int, Field(ge=2, le=ORDINAL_LIMIT)], Tier.O]
    reason: Annotated[RepeatReason, Tier.O]
    authority: Annotated[RepeatAuthority, Tier.O]
