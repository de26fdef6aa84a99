"""The closed vocabulary: every code that a field may hold, and the small shapes made of codes.

There is no free text in any field. What a code cannot say is said between people, and the pointer says where.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType
from typing import Annotated, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from contracts.agencies import Agency
from contracts.ids import PersonRef
from contracts.tiers import Frozen


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
    NOTHING_MORE_TO_DO = "nothing-more-to-do"


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


OfficeCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


class Clocks(Frozen):
    """The agency's claims about time (docs/field.md 2), each with its offset; the log adds its own time in the stamp.

    `occurred`: the incident or act; `known`: a person of the agency learned of it; `received`: it reached the agency;
    `recorded`: it was typed in.
    """

    occurred: AwareDatetime
    known: AwareDatetime
    received: AwareDatetime | None = None
    recorded: AwareDatetime

    @model_validator(mode="after")
    def _nothing_is_recorded_before_it_happens(self) -> Self:
        if max(self.occurred, self.known, self.received or self.known) > self.recorded:
            raise ValueError("no other clock can be later than `recorded`")
        if self.occurred > self.known:
            raise ValueError("`known` cannot be earlier than `occurred`")
        return self


class Post(Frozen):
    """The post that acts: responsibility lies with a post, never with a named worker."""

    role: Role
    office: OfficeCode | None = None


class Person(Frozen):
    """Somebody of this case, by pseudonym and role."""

    ref: PersonRef
    role: PersonRole


class Identity(Frozen):
    """Who the person is. Travels only in sealed letters, rests only in vaults."""

    full_name: Name
    date_of_birth: date | None = None


class Safety(Frozen):
    """What a worker must know before the first contact."""

    immediate_danger: Known
    suspect_has_access: Known
    whereabouts: Whereabouts
    dangers: Annotated[tuple[Danger, ...], Field(max_length=7)] = ()
    guardian_may_be_told: Known = Known.UNKNOWN


class Window(Frozen):
    """Between which moments it happened, as far as is known; an open end is `None`."""

    earliest: AwareDatetime | None = None
    latest: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise ValueError("`earliest` is later than `latest`")
        return self


class Allegation(Frozen):
    """What is alleged, as a code. Never the child's account."""

    kind: AllegationKind
    window: Window = Window()
    ongoing: Known = Known.UNKNOWN


class Answer(Frozen):
    """One question answered by a code; whoever needs more asks the office named by its code."""

    question: Question
    answer: Known
    ask_office: OfficeCode | None = None
