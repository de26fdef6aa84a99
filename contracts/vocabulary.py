"""The closed vocabulary: every code that a field may hold.

There is no free text in any field. What a code cannot say is said between people, and the pointer says where.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from contracts.agencies import Agency


class Service(StrEnum):
    """What one agency can ask of another."""

    CHILD_PROTECTION_ASSESSMENT = "child-protection-assessment"
    EMERGENCY_PROTECTION = "emergency-protection"
    ACCOMPANIMENT = "accompaniment"  # somebody from the CSW beside the child
    WELFARE_CHECK = "welfare-check"
    CRIMINAL_INVESTIGATION = "criminal-investigation"
    VICTIM_ADVOCACY = "victim-advocacy"
    URGENT_MEDICAL_CARE = "urgent-medical-care"
    PSYCHOLOGICAL_SUPPORT = "psychological-support"
    REVIEW = "review"  # of what institutions did, or failed to do
    # asked for by a type of its own, which fixes what it means; nobody refers to them
    SCREENING = "screening"  # of a concern: what is to be done about it
    ROUNDTABLE = "roundtable"  # a seat at the table where a case's agencies decide together
    CASE_RESPONSIBILITY = "case-responsibility"  # the case itself


OFFERED_BY: Mapping[Service, frozenset[Agency]] = MappingProxyType(
    {
        Service.CHILD_PROTECTION_ASSESSMENT: frozenset({Agency.SOCIAL}),
        Service.EMERGENCY_PROTECTION: frozenset({Agency.SOCIAL, Agency.POLICE}),
        Service.ACCOMPANIMENT: frozenset({Agency.SOCIAL}),
        Service.WELFARE_CHECK: frozenset({Agency.POLICE, Agency.SOCIAL}),
        Service.CRIMINAL_INVESTIGATION: frozenset({Agency.POLICE, Agency.PROSECUTION}),
        Service.VICTIM_ADVOCACY: frozenset({Agency.PROSECUTION}),
        Service.URGENT_MEDICAL_CARE: frozenset({Agency.HEALTH}),
        Service.PSYCHOLOGICAL_SUPPORT: frozenset({Agency.HEALTH, Agency.SOCIAL}),
        Service.REVIEW: frozenset({Agency.OVERSIGHT}),
    }
)
NEEDS_CONSENT = frozenset({Service.PSYCHOLOGICAL_SUPPORT})
"""Services that rest on consent; for every other one consent is no legal basis (docs/field.md 5.2)."""


class Urgency(StrEnum):
    IMMEDIATE = "immediate"
    URGENT = "urgent"
    ROUTINE = "routine"


class Priority(StrEnum):
    """How soon an answer is needed: 2, 6 or 24 hours (after Merton MASH, England)."""

    RED = "red"
    AMBER = "amber"
    GREEN = "green"


class LegalBasis(StrEnum):
    """Why the sender may say this. The codes are ours (D): they name kinds of basis, not articles of law."""

    MANDATORY_REPORT = "mandatory-report"
    PROTECTION_DUTY = "protection-duty"
    CRIMINAL_PROCEDURE = "criminal-procedure"
    COURT_ORDER = "court-order"
    VITAL_INTEREST = "vital-interest"
    CONSENT = "consent"


class Role(StrEnum):
    """The role of the post that acts; never the name of the person who holds it."""

    DUTY_OFFICER = "duty-officer"
    INVESTIGATOR = "investigator"
    CASE_MANAGER = "case-manager"
    SUPERVISOR = "supervisor"
    PROSECUTOR = "prosecutor"
    VICTIM_ADVOCATE = "victim-advocate"
    CLINICIAN = "clinician"
    INSPECTOR = "inspector"
    RECORDS_SYSTEM = "records-system"


class PersonRole(StrEnum):
    CHILD = "child"
    SUSPECT = "suspect"
    GUARDIAN = "guardian"
    REPORTER = "reporter"
    PROFESSIONAL = "professional"


class Known(StrEnum):
    """Yes, no, or not known: never a default that reads as an answer."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


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


class DeclineReason(StrEnum):
    NOT_OUR_SERVICE = "not-our-service"
    NOT_OUR_AREA = "not-our-area"
    ALREADY_OPEN_HERE = "already-open-here"
    TOO_LITTLE_KNOWN = "too-little-known"
    NO_CAPACITY = "no-capacity"
    CONFLICT_OF_INTEREST = "conflict-of-interest"


class NextStep(StrEnum):
    """What the one who declines says should happen now: a refusal without one leaves the child nowhere."""

    SENDER_KEEPS = "sender-keeps"
    REFER_ELSEWHERE = "refer-elsewhere"
    ASK_AGAIN_WITH_MORE = "ask-again-with-more"
    SUPERVISOR_DECIDES = "supervisor-decides"


class WithdrawalReason(StrEnum):
    MADE_IN_ERROR = "made-in-error"
    ALREADY_OPEN_ELSEWHERE = "already-open-elsewhere"
    NEED_MET = "need-met"
    CIRCUMSTANCES_CHANGED = "circumstances-changed"


class ReassignReason(StrEnum):
    RIGHT_OFFICE = "right-office"  # it belongs there
    CAPACITY = "capacity"
    ABSENCE = "absence"
    CONFLICT_OF_INTEREST = "conflict-of-interest"


class ClosureReason(StrEnum):
    OUTCOME_TAKEN_IN = "outcome-taken-in"  # what was done is known, and nothing is left to ask
    GOES_ON_ELSEWHERE = "goes-on-elsewhere"
    BYPASSED = "bypassed"  # the other party is kept out of this matter
    NOTHING_MORE_TO_DO = "nothing-more-to-do"


class TransferReason(StrEnum):
    MOVED_AWAY = "moved-away"  # the child lives in another area now
    RIGHT_AGENCY = "right-agency"  # it belongs there
    CONFLICT_OF_INTEREST = "conflict-of-interest"


class ScreeningOutcome(StrEnum):
    """What is to be done about a concern."""

    IMMEDIATE_PROTECTION = "immediate-protection"
    STRATEGY_DISCUSSION = "strategy-discussion"  # the agencies meet: the roundtable
    CRIMINAL_INVESTIGATION = "criminal-investigation"
    ASSESSMENT = "assessment"
    ADVICE = "advice"
    NO_FURTHER_ACTION = "no-further-action"


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


class CareWindow(StrEnum):
    """Whether care began while it could still prevent the worst; exactly at the limit is inside."""

    INSIDE = "inside"
    OUTSIDE = "outside"
    UNKNOWN = "unknown"


class Placement(StrEnum):
    """Where a child lives now, as a kind of place; a shelter's address never travels."""

    HOME_WITH_SAFEGUARDS = "home-with-safeguards"
    RELATIVES = "relatives"
    FOSTER_FAMILY = "foster-family"
    SHELTER = "shelter"
    HOSPITAL = "hospital"


class LinkReason(StrEnum):
    SAME_CHILD = "same-child"  # reported twice
    SIBLINGS = "siblings"
    SAME_SUSPECT = "same-suspect"


class Outcome(StrEnum):
    DONE = "done"
    PARTLY_DONE = "partly-done"
    NOT_DONE = "not-done"


class NotDoneReason(StrEnum):
    CHILD_NOT_FOUND = "child-not-found"
    CHILD_DECLINED = "child-declined"
    NO_CAPACITY = "no-capacity"
    OVERTAKEN = "overtaken"
    WAITING_FOR_ANOTHER = "waiting-for-another"


class Question(StrEnum):
    SAFE_CONTACT = "safe-contact"
    SUSPECT_ACCESS = "suspect-access"
    EARLIER_CONCERNS = "earlier-concerns"
    OTHER_CHILDREN = "other-children"
    PROTECTIVE_MEASURE = "protective-measure"
    CARE_GIVEN = "care-given"
    IDENTITY = "identity"


class InformationRefusal(StrEnum):
    NOT_HELD = "not-held"
    NO_LEGAL_BASIS = "no-legal-basis"
    WOULD_ENDANGER = "would-endanger"
    WOULD_HARM_INVESTIGATION = "would-harm-investigation"
