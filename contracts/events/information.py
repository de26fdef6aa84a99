"""`information.*`: a question inside a handoff, and its answer or its reasoned refusal."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from contracts.events.handoff import OnHandoff
from contracts.shapes import Answer, Identity
from contracts.tiers import Tier
from contracts.vocabulary.asking import InformationRefusal, Priority, Question


class InformationAsked(OnHandoff):
    """One party asks the other; until the answer it is the other's move."""

    priority: Annotated[Priority, Tier.E]
    questions: Annotated[tuple[Question, ...], Field(min_length=1, max_length=len(Question)), Tier.S]


class InformationGiven(OnHandoff):
    """The answer to one asking, named by its id."""

    asked_id: Annotated[UUID, Tier.E]
    answers: Annotated[tuple[Answer, ...], Field(min_length=1, max_length=len(Question)), Tier.S]
    identity: Annotated[Identity | None, Tier.I] = None


class InformationRefused(OnHandoff):
    """No answer, and why: also an answer that ends the waiting."""

    asked_id: Annotated[UUID, Tier.E]
    reason: Annotated[InformationRefusal, Tier.O]
