"""The intervention phase: what was done, or became known, about one child; no handoff waits for it."""

from typing import Annotated

from pydantic import AwareDatetime, Field

from contracts.shapes import Child, Identity, OfficeCode, Safety
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.limit_facts import IncidentWindow
from contracts.vocabulary.people import Known
from contracts.vocabulary.protection import Placement, Protection, SafeContact


class AboutChild(Frozen):
    """Something about one child of the case: a case can have several."""

    concerns: Annotated[Child, Tier.E]


class ImmediateProtectionTaken(AboutChild):
    """Something was done at once to keep the child safe."""

    began_at: Annotated[AwareDatetime, Tier.E]
    protections: Annotated[tuple[Protection, ...], Field(min_length=1, max_length=len(Protection)), Tier.S]
    safety: Annotated[Safety | None, Tier.S] = None


class SafeContactSet(AboutChild):
    """Through whom, and through whom alone, the child is contacted; it comes before any contact."""

    found: Annotated[bool, Tier.O]  # whether there is any
    contact: Annotated[SafeContact, Tier.S]
    guardian_may_be_told: Annotated[Known, Tier.S]
    ask_office: Annotated[OfficeCode, Tier.S]


class UrgentCareGiven(AboutChild):
    """Urgent medical care began: when, and how long after the incident; nothing of what was found or given.

    `incident_at` stays with health: out of it comes the window, in which care could still prevent the worst.
    """

    began_at: Annotated[AwareDatetime, Tier.E]
    window: Annotated[IncidentWindow, Tier.O]
    incident_at: Annotated[AwareDatetime | None, Tier.A] = None


class VictimAdvocateAssigned(AboutChild):
    """A post of the Victim Protection and Assistance Office stands beside the child."""

    office: Annotated[OfficeCode, Tier.E]


class CaseManagerAssigned(AboutChild):
    """A post of the Centre for Social Work holds the threads together from now on."""

    office: Annotated[OfficeCode, Tier.E]


class PlacementChanged(AboutChild):
    """The child lives elsewhere now: the kind of place, never its address."""

    since: Annotated[AwareDatetime, Tier.E]
    placement: Annotated[Placement, Tier.S]


class ChildMissing(AboutChild):
    """Nobody knows where the child is."""

    missing_since: Annotated[AwareDatetime, Tier.E]
    safety: Annotated[Safety | None, Tier.S] = None
    identity: Annotated[Identity | None, Tier.I] = None
