"""Who owes a child protection, and who speaks for institutions that have no adapter yet (docs/field.md 3)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Agency(StrEnum):
    """An agency with an account, keys and an inbox of its own on the bus."""

    POLICE = "police"
    PROSECUTION = "prosecution"
    SOCIAL = "social"  # the Centre for Social Work
    HEALTH = "health"  # hospitals, family medicine, the Institute of Forensic Medicine
    OVERSIGHT = "oversight"  # the Ombudsperson, inspectorates


class Institution(StrEnum):
    """An institution without an adapter: a sponsoring agency records for it."""

    COURT = "court"
    SCHOOL = "school"
    SHELTER = "shelter"
    NGO = "ngo"
    CORRECTIONS = "corrections"
    FORENSICS = "forensics"
    REGISTER = "register"


SPONSORS: Mapping[Institution, frozenset[Agency]] = MappingProxyType(
    {
        Institution.COURT: frozenset({Agency.PROSECUTION}),
        Institution.SCHOOL: frozenset({Agency.SOCIAL}),
        Institution.SHELTER: frozenset({Agency.SOCIAL}),
        Institution.NGO: frozenset({Agency.SOCIAL, Agency.HEALTH}),
        Institution.CORRECTIONS: frozenset({Agency.PROSECUTION}),
        Institution.FORENSICS: frozenset({Agency.POLICE, Agency.HEALTH}),
        Institution.REGISTER: frozenset({Agency.PROSECUTION}),
    }
)
"""Which agency may speak for which institution; shown everywhere as a claim of the sponsor's (D)."""
