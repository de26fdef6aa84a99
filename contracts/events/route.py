"""`route.*`: a way around a receiver that is itself the danger. It counts from its place in the log on."""

from collections.abc import Mapping
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import model_validator

from contracts.agencies import SPONSORS, Agency, Answerable, Institution
from contracts.events.protection import AboutChild
from contracts.shapes import OfficeCode, Safety
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.protection import BypassReason, LiftReason

_OUTSIDE = frozenset(map(str, Institution))


class BypassInvoked(AboutChild):
    """An agency, one office of it, or an institution gets nothing more of this case; oversight is told.

    Of an office its own agency must keep the case away, so that agency is told, at another office.
    """

    conflicted: Annotated[Answerable | Institution, Tier.E]
    office: Annotated[OfficeCode | None, Tier.E] = None
    alternate: Annotated[Answerable, Tier.E]
    alternate_office: Annotated[OfficeCode | None, Tier.E] = None
    reason: Annotated[BypassReason, Tier.O]
    safety: Annotated[Safety | None, Tier.S] = None

    @model_validator(mode="after")
    def _leads_around(self) -> Self:
        if self.conflicted is Agency.OVERSIGHT:
            raise ValueError("a bypass ends at oversight, and never leads around it")
        if self.office is None and self.alternate == self.conflicted:
            raise ValueError("`alternate` is another agency than the one that is bypassed")
        if self.office is not None and (
            self.alternate != self.conflicted or self.alternate_office in (None, self.office)
        ):
            raise ValueError("around an office leads another office of the same agency: name it in `alternate_office`")
        return self


def told_of_bypass(codes: Mapping[str, Any]) -> frozenset[Agency]:
    """Who has to be told: oversight, whoever is turned to instead, and who would hand letters to an institution."""
    sponsors = SPONSORS.get(Institution(codes["conflicted"]), frozenset()) if codes["conflicted"] in _OUTSIDE else ()
    return frozenset({Agency.OVERSIGHT, Agency(codes["alternate"]), *sponsors})


class BypassLifted(Frozen):
    """Oversight has looked into it: the way leads through the receiver again."""

    bypass_id: Annotated[UUID, Tier.E]
    reason: Annotated[LiftReason, Tier.O]
