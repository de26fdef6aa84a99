"""`concern.*` and `responsibility.*`: a child may be in danger, somebody says so, and somebody takes it on.

Whoever reports a concern answers for it until the receiver accepts: that a message arrived is not enough.
"""

from typing import Annotated

from contracts.events.handoff import MakesHandoffForChild, OnHandoff
from contracts.shapes import Allegation, Identity, LimitFacts, Safety
from contracts.tiers import Tier
from contracts.vocabulary.asking import DeclineReason, NextStep, Urgency
from contracts.vocabulary.protection import ScreeningOutcome


class ConcernReported(MakesHandoffForChild):
    """A child may be in danger; the police or social services are asked to take it on, and the other is notified."""

    urgency: Annotated[Urgency, Tier.E]
    limits: Annotated[LimitFacts | None, Tier.O] = None
    safety: Annotated[Safety | None, Tier.S] = None
    allegation: Annotated[Allegation | None, Tier.A] = None
    identity: Annotated[Identity | None, Tier.I] = None


class ConcernReceived(OnHandoff):
    """A person of the receiver has seen the concern; nobody has taken it on yet."""


class ResponsibilityAccepted(OnHandoff):
    """The receiver's post answers for the concern from now on."""


class ResponsibilityDeclined(OnHandoff):
    """The receiver does not take the concern on, and says why and what should happen now."""

    reason: Annotated[DeclineReason, Tier.O]
    next_step: Annotated[NextStep, Tier.O]


class ConcernScreened(OnHandoff):
    """What is to be done about the concern was decided: with that its handoff ends."""

    outcome: Annotated[ScreeningOutcome, Tier.O]
