"""The register of persons convicted of offences against children; nothing in it joins a case of a child.

An entry is opened under a reference of its own. A question is about one named person and one role, and the answer is
one of four codes, signed, and dated.
"""

from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, model_validator

from contracts.agencies import Institution
from contracts.events.handoff import MakesHandoff, OnHandoff
from contracts.shapes import Applicant, Convicted, Identity, Pointer
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.register import Clearance, ConvictionRemoval, RoleSought


class ConvictionEntered(Frozen):
    """A final conviction of somebody who was an adult then; never a suspect, never a child."""

    concerns: Annotated[Convicted, Tier.E]
    final_since: Annotated[AwareDatetime, Tier.E]
    adult_at_offence: Annotated[Literal[True], Tier.O]
    judgment: Annotated[Pointer, Tier.L]
    identity: Annotated[Identity, Tier.L]


class ConvictionRemoved(Frozen):
    """An entry no longer counts."""

    of_id: Annotated[UUID, Tier.E]
    reason: Annotated[ConvictionRemoval, Tier.O]


class ClearanceAsked(MakesHandoff):
    """May this one person do this one work with children? Asked for an employer, by who speaks for it."""

    concerns: Annotated[Applicant, Tier.E]
    for_institution: Annotated[Literal[Institution.REGISTER], Tier.E]
    role: Annotated[RoleSought, Tier.O]
    identity: Annotated[Identity, Tier.I]


class ClearanceAnswered(OnHandoff):
    """The register's answer, as of a moment, and until when it may be relied on."""

    answer: Annotated[Clearance, Tier.O]
    as_of: Annotated[AwareDatetime, Tier.E]
    expires_at: Annotated[AwareDatetime, Tier.E]

    @model_validator(mode="after")
    def _expires_after(self) -> Self:
        if self.expires_at <= self.as_of:
            raise ValueError("`expires_at` is later than `as_of`")
        return self
