"""How what was said is put right, excused, looked at, or complained of."""

from enum import StrEnum


class CorrectionReason(StrEnum):
    TYPED_WRONG = "typed-wrong"
    LEARNED_SINCE = "learned-since"
    WRONG_PERSON = "wrong-person"


class Excuse(StrEnum):
    """Why a duty was not met, or not in time; a person reviews it."""

    CHILD_NOT_FOUND = "child-not-found"
    CHILD_DECLINED = "child-declined"
    CONSENT_MISSING = "consent-missing"
    WOULD_ENDANGER = "would-endanger"
    WAITING_FOR_ANOTHER = "waiting-for-another"
    DONE_BY_ANOTHER = "done-by-another"
    NO_CAPACITY = "no-capacity"
    NOT_KNOWN_HERE = "not-known-here"


class FailureKind(StrEnum):
    """What somebody is said to have failed to do."""

    NOT_REPORTED = "not-reported"
    NOT_TAKEN_ON = "not-taken-on"
    NOT_PROTECTED = "not-protected"
    NOT_EXAMINED = "not-examined"
    NOT_TOLD = "not-told"
    TOO_LATE = "too-late"


class AccessPurpose(StrEnum):
    CASE_WORK = "case-work"
    SUPERVISION = "supervision"
    INSPECTION = "inspection"
    COMPLAINT = "complaint"
    COURT_REQUEST = "court-request"


class Replay(StrEnum):
    """What of a case was shown."""

    LOG = "log"  # its events
    STATE = "state"  # what it had come to
    TIMELINE = "timeline"
    ACCESSES = "accesses"  # who had looked
    CONTENT = "content"  # its events, to ask what their letters said, or to prove what was opened


class EmergencyGround(StrEnum):
    DANGER_TO_LIFE = "danger-to-life"
    CHILD_MISSING = "child-missing"
    SUSPECT_AT_LARGE = "suspect-at-large"
