"""`roundtable.*`: a case's agencies decide together what is to be done, by whom, until when."""

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID

from pydantic import AwareDatetime, Field

from contracts.agencies import Agency, Answerable
from contracts.events.handoff import MakesHandoffForChild
from contracts.events.protection import AboutChild
from contracts.shapes import Safety
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.asking import Service

ACTIONS_LIMIT = 50


class RoundtableConvened(MakesHandoffForChild):
    """One agency is asked to the table; each invitation is a handoff of its own, tied by `roundtable_id`."""

    roundtable_id: Annotated[UUID, Tier.E]
    held_at: Annotated[AwareDatetime, Tier.E]
    safety: Annotated[Safety | None, Tier.S] = None


class RoundtableAction(Frozen):
    """One thing that was decided: what, whose it is, and until when."""

    action: Service
    owner: Answerable
    due_at: AwareDatetime


class RoundtableDecided(AboutChild):
    """What the table decided; it goes to each agency that owns an action."""

    roundtable_id: Annotated[UUID, Tier.E]
    actions: Annotated[tuple[RoundtableAction, ...], Field(min_length=1, max_length=ACTIONS_LIMIT), Tier.O]


def owners(codes: Mapping[str, Any]) -> frozenset[Agency]:
    """Who has to be told of a decision: the owners of its actions."""
    return frozenset(Agency(action["owner"]) for action in codes["actions"])
