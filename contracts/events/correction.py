"""What is said about an earlier record of one's own: it is put right, or rests on another legal basis.

Nothing is overwritten: both stand in the log, and everybody who got the first gets this one.
"""

from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import Field, model_validator

from contracts.envelope import TypeName
from contracts.shapes import Allegation, Clocks, Identity, Person, Safety
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.accounting import CorrectionReason
from contracts.vocabulary.people import LegalBasis

FIELDS_LIMIT = 20


class OfRecord(Frozen):
    """About one record of the same sender in the same case."""

    of_id: Annotated[UUID, Tier.E]
    of_type: Annotated[TypeName, Tier.E]


class CodeCorrected(Frozen):
    """One field of tier O, or a moment of tier E, as it should have been."""

    field: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
    value: Any


class RecordCorrected(OfRecord):
    """What an earlier record said was wrong. Whom it asked or told is not corrected so, but asked or told anew."""

    reason: Annotated[CorrectionReason, Tier.O]
    concerns: Annotated[Person | None, Tier.E] = None  # whom it was about
    clocks: Annotated[Clocks | None, Tier.E] = None
    codes: Annotated[tuple[CodeCorrected, ...], Field(max_length=FIELDS_LIMIT), Tier.O] = ()
    safety: Annotated[Safety | None, Tier.S] = None
    allegation: Annotated[Allegation | None, Tier.A] = None
    identity: Annotated[Identity | None, Tier.I] = None

    @property
    def says_of_somebody(self) -> bool:
        """Does it say what the log may not hold?"""
        return any((self.safety, self.allegation, self.identity))

    @model_validator(mode="after")
    def _each_field_once(self) -> Self:
        if len({code.field for code in self.codes}) != len(self.codes):
            raise ValueError("a field is corrected twice")
        return self


class BasisRecorded(OfRecord):
    """The legal basis of an earlier record, where it was not known or has changed."""

    basis: Annotated[LegalBasis, Tier.E]
