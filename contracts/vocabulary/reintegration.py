"""What a child needs afterwards, and how its case ends."""

from enum import StrEnum


class Need(StrEnum):
    SAFE_HOME = "safe-home"
    MEDICAL_FOLLOW_UP = "medical-follow-up"
    THERAPY = "therapy"
    SCHOOLING = "schooling"
    LEGAL_AID = "legal-aid"
    FAMILY_SUPPORT = "family-support"
    FINANCIAL_SUPPORT = "financial-support"


class PlanReview(StrEnum):
    ON_COURSE = "on-course"
    CHANGED = "changed"
    NOT_FOLLOWED = "not-followed"
    GOALS_REACHED = "goals-reached"


class SchoolSupport(StrEnum):
    TRUSTED_TEACHER = "trusted-teacher"
    ADAPTED_TIMETABLE = "adapted-timetable"
    SAFE_WAY_TO_SCHOOL = "safe-way-to-school"
    KEPT_APART_FROM_SUSPECT = "kept-apart-from-suspect"
    ANOTHER_SCHOOL = "another-school"


class CustodyChange(StrEnum):
    LEAVE = "leave"
    ESCAPE = "escape"
    RELEASE = "release"
    RETURN = "return"


class CaseClosure(StrEnum):
    GOALS_REACHED = "goals-reached"
    TURNED_18 = "turned-18"
    MOVED_ABROAD = "moved-abroad"
    UNFOUNDED = "unfounded"


class Reopening(StrEnum):
    NEW_CONCERN = "new-concern"
    CLOSED_TOO_EARLY = "closed-too-early"
    SUSPECT_AT_LARGE = "suspect-at-large"
