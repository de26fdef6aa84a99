"""The register of convicted persons, and the one question that it answers."""

from enum import StrEnum


class ConvictionRemoval(StrEnum):
    REHABILITATED = "rehabilitated"
    QUASHED = "quashed"
    ENTERED_IN_ERROR = "entered-in-error"


class RoleSought(StrEnum):
    """The work with children that somebody applies for."""

    TEACHER = "teacher"
    SCHOOL_STAFF = "school-staff"
    CARER = "carer"
    HEALTH_PROFESSIONAL = "health-professional"
    SOCIAL_WORKER = "social-worker"
    COACH = "coach"
    VOLUNTEER = "volunteer"


class Clearance(StrEnum):
    """The only answers that the register gives; never what it holds."""

    CLEAR_AS_OF = "clear-as-of"
    BAR_APPLIES = "bar-applies"
    REFER = "refer"
    CANNOT_ANSWER = "cannot-answer"
