"""What becomes of a suspicion: registration, suspects, the exam, interviews, and what courts decide."""

from enum import StrEnum


class Registration(StrEnum):
    INVESTIGATION_OPENED = "investigation-opened"
    PRELIMINARY_INQUIRY = "preliminary-inquiry"
    JOINED_TO_OPEN_CASE = "joined-to-open-case"


class SuspectTie(StrEnum):
    """What the suspect is to the child."""

    HOUSEHOLD = "household"
    RELATIVE = "relative"
    ACQUAINTANCE = "acquaintance"
    PROFESSIONAL = "professional"
    STRANGER = "stranger"
    UNKNOWN = "unknown"


class DetentionGround(StrEnum):
    CAUGHT_IN_THE_ACT = "caught-in-the-act"
    RISK_TO_CHILD = "risk-to-child"
    RISK_OF_FLIGHT = "risk-of-flight"
    RISK_TO_EVIDENCE = "risk-to-evidence"
    COURT_ORDER = "court-order"


class Custody(StrEnum):
    """Where an arrest has left the suspect."""

    HELD = "held"
    BROUGHT_BEFORE_JUDGE = "brought-before-judge"


class ReleaseCondition(StrEnum):
    NO_CONTACT_WITH_CHILD = "no-contact-with-child"
    KEEP_AWAY_FROM_HOME = "keep-away-from-home"
    REPORT_TO_POLICE = "report-to-police"
    HOUSE_DETENTION = "house-detention"
    BAIL = "bail"


class Measure(StrEnum):
    KEEP_AWAY_ORDER = "keep-away-order"
    NO_CONTACT_ORDER = "no-contact-order"
    EMERGENCY_PROTECTION_ORDER = "emergency-protection-order"
    PROTECTION_ORDER = "protection-order"
    HOUSE_DETENTION = "house-detention"
    DETENTION = "detention"


class MeasureChange(StrEnum):
    REQUESTED = "requested"
    ORDERED = "ordered"
    REFUSED = "refused"
    BREACHED = "breached"


class Consent(StrEnum):
    """To the forensic exam, which is done with it alone."""

    GIVEN = "given"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


class ConsentBy(StrEnum):
    CHILD = "child"
    CHILD_AND_GUARDIAN = "child-and-guardian"
    GUARDIAN = "guardian"
    COURT = "court"


class ExamExtent(StrEnum):
    """How much of the exam was done; nothing of what it found."""

    WHOLE = "whole"
    PART = "part"


class ExamNotDone(StrEnum):
    NEVER_ORDERED = "never-ordered"
    CONSENT_REFUSED = "consent-refused"
    CHILD_NOT_BROUGHT = "child-not-brought"
    NO_EXAMINER = "no-examiner"
    DONE_ELSEWHERE = "done-elsewhere"


class EvidenceKind(StrEnum):
    SAMPLE = "sample"
    GARMENT = "garment"
    DEVICE = "device"
    DOCUMENT = "document"


class RepeatReason(StrEnum):
    """Why a child must be heard once more."""

    NEW_ALLEGATION = "new-allegation"
    NEW_SUSPECT = "new-suspect"
    FIRST_NOT_RECORDED = "first-not-recorded"
    DEFENCE_QUESTIONS = "defence-questions"
    CHILD_WISHES = "child-wishes"


class RepeatAuthority(StrEnum):
    PROSECUTOR = "prosecutor"
    COURT = "court"


class InvestigationDecision(StrEnum):
    INDICTED = "indicted"
    DISMISSED = "dismissed"
    SUSPENDED = "suspended"
    DIVERTED = "diverted"  # a measure in place of an indictment, for a suspect under 18


class DismissalReason(StrEnum):
    TOO_LITTLE_EVIDENCE = "too-little-evidence"
    NO_OFFENCE = "no-offence"
    UNDER_CRIMINAL_AGE = "under-criminal-age"
    TIME_BARRED = "time-barred"
    NO_SUSPECT_FOUND = "no-suspect-found"


class AdjournReason(StrEnum):
    DEFENDANT_ABSENT = "defendant-absent"
    WITNESS_ABSENT = "witness-absent"
    COUNSEL_ABSENT = "counsel-absent"
    EXPERT_REPORT_MISSING = "expert-report-missing"
    COURT_UNAVAILABLE = "court-unavailable"
    CHILD_NOT_READY = "child-not-ready"


class Verdict(StrEnum):
    CONVICTED = "convicted"
    ACQUITTED = "acquitted"
    CHARGE_REJECTED = "charge-rejected"


class Sanction(StrEnum):
    PRISON = "prison"
    SUSPENDED_SENTENCE = "suspended-sentence"
    FINE = "fine"
    EDUCATIONAL_MEASURE = "educational-measure"
    COMPULSORY_TREATMENT = "compulsory-treatment"


class Workplace(StrEnum):
    """Where a professional who is suspected works with children, as a kind of place; never which."""

    SCHOOL = "school"
    HEALTH_CARE = "health-care"
    SOCIAL_SERVICES = "social-services"
    SHELTER = "shelter"
    NGO = "ngo"
    POLICE = "police"
    SPORT = "sport"
