"""What ties cases, and letters, to the world outside the bus."""

from typing import Annotated
from uuid import UUID

from pydantic import AwareDatetime

from contracts.agencies import Institution
from contracts.events.protection import AboutChild
from contracts.ids import CaseRef, PersonRef
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.protection import LinkReason


class CaseLinked(AboutChild):
    """Two references belong together, such as one child reported twice; only who holds both is told."""

    other: Annotated[CaseRef, Tier.E]
    other_concerns: Annotated[PersonRef, Tier.E]
    reason: Annotated[LinkReason, Tier.O]


class LetterHandedOver(Frozen):
    """A sponsor has handed what an act says to an institution that has no account, and vouches for it."""

    of_id: Annotated[UUID, Tier.E]
    institution: Annotated[Institution, Tier.E]
    handed_at: Annotated[AwareDatetime, Tier.E]
