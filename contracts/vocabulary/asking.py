"""What agencies ask of each other, how soon, and how it ends."""

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
    PROSECUTION = "prosecution"  # of what a crime report says
    FORENSIC_EXAM = "forensic-exam"
    FORENSIC_ANALYSIS = "forensic-analysis"  # of evidence
    CHILD_INTERVIEW = "child-interview"
    THERAPY = "therapy"
    CLEARANCE = "clearance"  # may this person work with children?
    CONTENT_OPENING = "content-opening"  # of letters that the receiver holds, for an investigator
    ERASURE = "erasure"  # of what the one who asks has sent, and erased itself


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
NEEDS_CONSENT = frozenset({Service.PSYCHOLOGICAL_SUPPORT, Service.THERAPY})
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


class ContentRefusal(StrEnum):
    """Why content is not opened to an investigator."""

    CREDENTIAL_INVALID = "credential-invalid"  # not oversight's, ended, of another agency, or for another case
    NOT_HELD = "not-held"
    ERASED = "erased"
    NO_LEGAL_BASIS = "no-legal-basis"
    TOO_MUCH_ASKED = "too-much-asked"  # more than the purpose needs
    WOULD_ENDANGER = "would-endanger"
    WOULD_HARM_INVESTIGATION = "would-harm-investigation"
