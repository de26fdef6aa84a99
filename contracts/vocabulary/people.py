"""Who acts, by what right, about whom; and how sure it is."""

from enum import StrEnum


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
    CONVICTED = "convicted"  # in the register alone
    APPLICANT = "applicant"  # for work with children


class LegalBasis(StrEnum):
    """Why the sender may say this. The codes are ours (D): they name kinds of basis, not articles of law."""

    MANDATORY_REPORT = "mandatory-report"
    PROTECTION_DUTY = "protection-duty"
    CRIMINAL_PROCEDURE = "criminal-procedure"
    COURT_ORDER = "court-order"
    VITAL_INTEREST = "vital-interest"
    CONSENT = "consent"
    DATA_PROTECTION = "data-protection"  # that what may be kept no longer is erased


class Known(StrEnum):
    """Yes, no, or not known: never a default that reads as an answer."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"
