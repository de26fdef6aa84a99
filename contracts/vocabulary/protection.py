"""What is alleged, what endangers a child, and what was done to keep it safe."""

from enum import StrEnum


class Whereabouts(StrEnum):
    """Where the child is, as a kind of place. No address: a shelter's may never travel."""

    HOME = "home"
    RELATIVES = "relatives"
    SCHOOL = "school"
    HOSPITAL = "hospital"
    POLICE_STATION = "police-station"
    PROTECTED_PLACE = "protected-place"
    MISSING = "missing"
    UNKNOWN = "unknown"


class Danger(StrEnum):
    SUSPECT_IN_HOUSEHOLD = "suspect-in-household"
    SUSPECT_AT_LARGE = "suspect-at-large"
    THREATS = "threats"
    SELF_HARM = "self-harm"
    INJURED = "injured"
    NO_SAFE_ADULT = "no-safe-adult"
    ONLINE_CONTACT = "online-contact"


class AllegationKind(StrEnum):
    SEXUAL_ABUSE = "sexual-abuse"
    SEXUAL_EXPLOITATION = "sexual-exploitation"
    PHYSICAL_ABUSE = "physical-abuse"
    PSYCHOLOGICAL_ABUSE = "psychological-abuse"
    NEGLECT = "neglect"
    TRAFFICKING = "trafficking"


class ScreeningOutcome(StrEnum):
    """What is to be done about a concern."""

    IMMEDIATE_PROTECTION = "immediate-protection"
    STRATEGY_DISCUSSION = "strategy-discussion"  # the agencies meet: the roundtable
    CRIMINAL_INVESTIGATION = "criminal-investigation"
    ASSESSMENT = "assessment"
    ADVICE = "advice"
    NO_FURTHER_ACTION = "no-further-action"


class Protection(StrEnum):
    """What was done at once to keep a child safe."""

    CHILD_TAKEN_TO_SAFETY = "child-taken-to-safety"
    SUSPECT_KEPT_AWAY = "suspect-kept-away"
    TRUSTED_ADULT_WITH_CHILD = "trusted-adult-with-child"
    GUARD_POSTED = "guard-posted"
    EMERGENCY_ORDER_ASKED = "emergency-order-asked"


class SafeContact(StrEnum):
    """Through whom the child can be reached without danger, as a kind of person; never who."""

    CHILD_DIRECTLY = "child-directly"
    TRUSTED_RELATIVE = "trusted-relative"
    SCHOOL_PROFESSIONAL = "school-professional"
    HEALTH_PROFESSIONAL = "health-professional"
    VICTIM_ADVOCATE = "victim-advocate"
    NONE_KNOWN = "none-known"


class Placement(StrEnum):
    """Where a child lives now, as a kind of place; a shelter's address never travels."""

    HOME_WITH_SAFEGUARDS = "home-with-safeguards"
    RELATIVES = "relatives"
    FOSTER_FAMILY = "foster-family"
    SHELTER = "shelter"
    HOSPITAL = "hospital"


class BypassReason(StrEnum):
    """Why a receiver is itself the danger, or cannot be relied on, in this matter."""

    PERSON_SUSPECTED = "person-suspected"  # somebody there is suspected
    RELATED_TO_SUSPECT = "related-to-suspect"
    UNDER_PRESSURE = "under-pressure"
    REPORTS_NOT_FOLLOWED = "reports-not-followed"


class LiftReason(StrEnum):
    MADE_IN_ERROR = "made-in-error"
    UNFOUNDED = "unfounded"
    CONFLICT_ENDED = "conflict-ended"


class LinkReason(StrEnum):
    SAME_CHILD = "same-child"  # reported twice
    SIBLINGS = "siblings"
    SAME_SUSPECT = "same-suspect"
