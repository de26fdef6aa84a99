"""What every act on a handoff names, and what makes one."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, model_validator

from contracts.agencies import EVERYBODY, Answerable
from contracts.shapes import Child, Person
from contracts.tiers import Frozen, Tier


class OnHandoff(Frozen):
    """An act on a handoff, named by the id of the act that made it."""

    handoff_id: Annotated[UUID, Tier.E]


class MayAnswerHandoff(Frozen):
    """An act on a handoff if it names one; what was done unasked names none, and is a fact."""

    handoff_id: Annotated[UUID | None, Tier.E] = None
    concerns: Annotated[Child, Tier.E]


class MakesHandoff(Frozen):
    """One agency asks another for something, for one child; others may be notified of it and of every act on it."""

    to: Annotated[Answerable, Tier.E]
    concerns: Annotated[Person, Tier.E]
    notified: Annotated[tuple[Answerable, ...], Field(max_length=len(EVERYBODY)), Tier.E] = ()
    expires_at: Annotated[AwareDatetime | None, Tier.E] = None

    @model_validator(mode="after")
    def _notified_once_and_not_asked(self) -> Self:
        if len({self.to, *self.notified}) != 1 + len(self.notified):
            raise ValueError("`notified` names agencies once each, and not the one that is asked")
        return self


class MakesHandoffForChild(MakesHandoff):
    concerns: Annotated[Child, Tier.E]
