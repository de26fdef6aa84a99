"""`transfer.*`: the case itself goes to another agency, and only when that one has accepted it (docs/field.md 2)."""

from typing import Annotated

from contracts.events.handoff import MakesHandoffForChild, OnHandoff
from contracts.shapes import Allegation, Identity, Safety
from contracts.tiers import Tier
from contracts.vocabulary.asking import DeclineReason, NextStep, TransferReason


class TransferOffered(MakesHandoffForChild):
    """Another agency is asked to take the case over; until it accepts, the one who offers stays responsible."""

    reason: Annotated[TransferReason, Tier.O]
    safety: Annotated[Safety | None, Tier.S] = None
    allegation: Annotated[Allegation | None, Tier.A] = None
    identity: Annotated[Identity | None, Tier.I] = None


class TransferAccepted(OnHandoff):
    """The receiver's post answers for the case from now on: the transfer has ended."""


class TransferDeclined(OnHandoff):
    """The receiver does not take the case over, and says why and what should happen now."""

    reason: Annotated[DeclineReason, Tier.O]
    next_step: Annotated[NextStep, Tier.O]
