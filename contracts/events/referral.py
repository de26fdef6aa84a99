"""`referral.*`: one agency asks a service of another; the case stays with the one who asks (docs/field.md 2)."""

from typing import Annotated, Self
from uuid import UUID

from pydantic import AwareDatetime, model_validator

from contracts.agencies import Institution
from contracts.events.handoff import MakesHandoffForChild, OnHandoff
from contracts.shapes import Allegation, Identity, OfficeCode, Safety
from contracts.tiers import Tier
from contracts.vocabulary.asking import (
    ClosureReason,
    DeclineReason,
    NextStep,
    NotDoneReason,
    Outcome,
    ReassignReason,
    Service,
    Urgency,
    WithdrawalReason,
)


class ReferralMade(MakesHandoffForChild):
    """A service is asked for one child."""

    service: Annotated[Service, Tier.E]
    urgency: Annotated[Urgency, Tier.E]
    for_institution: Annotated[Institution | None, Tier.E] = None  # to whom the receiver, its sponsor, hands it over
    safety: Annotated[Safety | None, Tier.S] = None
    allegation: Annotated[Allegation | None, Tier.A] = None
    identity: Annotated[Identity | None, Tier.I] = None


class ReferralAcknowledged(OnHandoff):
    """A person of the receiver has seen the referral; nobody has taken it on yet."""


class ReferralAccepted(OnHandoff):
    """The receiver's post takes the service on."""


class ReferralDeclined(OnHandoff):
    """The receiver does not take it on, and says why and what should happen now."""

    reason: Annotated[DeclineReason, Tier.O]
    next_step: Annotated[NextStep, Tier.O]


class ReferralStarted(OnHandoff):
    """The service has begun: the moment of the service, never the moment of the click."""

    began_at: Annotated[AwareDatetime, Tier.E]


class ReferralCompleted(OnHandoff):
    """The service has ended. What was not done is said with its reason."""

    outcome: Annotated[Outcome, Tier.O]
    not_done_reason: Annotated[NotDoneReason | None, Tier.O] = None

    @model_validator(mode="after")
    def _a_reason_unless_done(self) -> Self:
        if (self.outcome is Outcome.DONE) is not (self.not_done_reason is None):
            raise ValueError("`not_done_reason` is given exactly when the outcome is not `done`")
        return self


class ReferralWithdrawalAsked(OnHandoff):
    """The one who asked no longer asks; the receiver confirms, or goes on."""

    reason: Annotated[WithdrawalReason, Tier.O]


class ReferralWithdrawalConfirmed(OnHandoff):
    """The receiver lets the handoff go."""


class ReferralReassigned(OnHandoff):
    """Another office of the same agency has it now: who answers for it is named at every moment."""

    office: Annotated[OfficeCode, Tier.E]
    reason: Annotated[ReassignReason, Tier.O]


class ReferralSuperseded(OnHandoff):
    """The one who asked asks anew, by another act; what nobody had taken on ends here."""

    by_id: Annotated[UUID, Tier.E]


class ReferralExpired(OnHandoff):
    """Nobody took it on by the time that its making named; the one who asked ends it, and keeps the responsibility."""


class ReferralClosed(OnHandoff):
    """The file is closed by the one who asked: an administrative act, apart from the end of the service itself."""

    reason: Annotated[ClosureReason, Tier.O]
