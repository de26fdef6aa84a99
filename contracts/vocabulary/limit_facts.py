"""The coarse codes that a time limit needs, and that therefore stand in the log: a closed list, reviewed as a whole.

Tier O is kept for ever, so nothing finer may be added here: an age in bands, an incident by how long ago it was. What a
rule needs beyond that (the moment itself) is a clock of the envelope; `docs/field.md` 6 says which rule reads which.
"""

from enum import StrEnum


class IncidentWindow(StrEnum):
    """How long ago the last of it was, when this was said; exactly at a limit is inside it."""

    WITHIN_72_HOURS = "within-72-hours"
    WITHIN_120_HOURS = "within-120-hours"
    WITHIN_7_DAYS = "within-7-days"
    LONGER_AGO = "longer-ago"
    UNKNOWN = "unknown"


class AgeBand(StrEnum):
    """Of the child. The bands meet at the ages that rules ask for (12: puberty, roughly; 14: criminal age)."""

    UNDER_6 = "under-6"
    FROM_6 = "6-to-11"
    FROM_12 = "12-to-13"
    FROM_14 = "14-to-15"
    FROM_16 = "16-to-17"
    UNKNOWN = "unknown"


class SuspectAge(StrEnum):
    UNDER_CRIMINAL_AGE = "under-criminal-age"  # 14 in Kosovo (K)
    UNDER_18 = "under-18"
    ADULT = "adult"
    UNKNOWN = "unknown"
