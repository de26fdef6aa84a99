"""By what right content is erased, and by what right it is kept; the codes are ours (D): they name no articles."""

from enum import StrEnum


class ErasureAuthority(StrEnum):
    """Who or what has content destroyed."""

    COURT_ORDER = "court-order"
    DATA_SUBJECT_REQUEST = "data-subject-request"  # by the person, or who may speak for it
    RETENTION_PERIOD = "retention-period"  # it has been kept as long as it may be
    UNFOUNDED = "unfounded"  # it should never have been recorded


class KeptGround(StrEnum):
    """Why content is kept although its sender asks for it to be erased (after GDPR art. 17(3), K)."""

    LEGAL_OBLIGATION = "legal-obligation"
    ONGOING_PROCEEDINGS = "ongoing-proceedings"
    LEGAL_CLAIM = "legal-claim"
    PROTECTION_DUTY = "protection-duty"
    PUBLIC_INTEREST = "public-interest"
