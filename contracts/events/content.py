"""`content.*`: an investigator asks an agency to open what letters said to it, and the answer.

The log shows who asked whom for which fields of which records, and which were opened: never a value.
"""

from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from contracts.agencies import Answerable
from contracts.events.handoff import MakesHandoff, OnHandoff
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.accounting import AccessPurpose
from contracts.vocabulary.asking import ContentRefusal

FieldName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{0,39}$")]
RECORDS_LIMIT = 10
"""So many letters at once: each bears its sender's signature along, and what is opened of them fits into one letter."""
FIELDS_LIMIT = 30
Token = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){2}$", max_length=4096)]
Sealed = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]*){4}$", max_length=32 * 1024)]


class AskedLetter(Frozen):
    """The letter that came to the receiver with this record of this sender's; of it these fields, or all."""

    by: Answerable
    id: UUID
    fields: Annotated[tuple[FieldName, ...], Field(max_length=FIELDS_LIMIT)] = ()


class OpenedLetter(AskedLetter):
    """Likewise; of it exactly these fields."""

    fields: Annotated[tuple[FieldName, ...], Field(min_length=1, max_length=FIELDS_LIMIT)]


def _named_once(records: tuple[AskedLetter, ...]) -> None:
    if len({(one.by, one.id) for one in records}) != len(records):
        raise ValueError("`records` names a record twice")
    if any(len(set(one.fields)) != len(one.fields) for one in records):
        raise ValueError("`fields` names a field twice")


class ContentAsked(MakesHandoff):
    """An investigator asks an agency to open letters that it holds, about one person."""

    purpose: Annotated[AccessPurpose, Tier.O]
    records: Annotated[tuple[AskedLetter, ...], Field(min_length=1, max_length=RECORDS_LIMIT), Tier.E]
    credential: Annotated[Token, Tier.I]

    @model_validator(mode="after")
    def _records_and_fields_once(self) -> Self:
        _named_once(self.records)
        return self


class ContentOpened(OnHandoff):
    """Fields of letters are opened to an investigator: which, is logged; what they say, sealed to that person alone."""

    records: Annotated[tuple[OpenedLetter, ...], Field(min_length=1, max_length=RECORDS_LIMIT), Tier.E]
    sealed: Annotated[
        Sealed | None,
        Field(description="Made by the adapter, never said by a system.", json_schema_extra={"readOnly": True}),
        Tier.I,
    ] = None

    @model_validator(mode="after")
    def _records_and_fields_once(self) -> Self:
        _named_once(self.records)
        return self


class ContentRefused(OnHandoff):
    """Nothing is opened, and why."""

    reason: Annotated[ContentRefusal, Tier.O]
