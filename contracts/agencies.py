"""Who owes a child protection, and who speaks for institutions that have no adapter yet (docs/field.md 3)."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, get_args


class Agency(StrEnum):
    """Who has an account, keys and a post of its own on the bus."""

    POLICE = "police"
    PROSECUTION = "prosecution"
    SOCIAL = "social"  # the Centre for Social Work
    HEALTH = "health"  # hospitals, family medicine, the Institute of Forensic Medicine
    OVERSIGHT = "oversight"  # the Ombudsperson, inspectorates
    KEEPER = "keeper"  # no institution: the bus's own, which watches everybody's duties and owes none


Answerable = Literal[Agency.POLICE, Agency.PROSECUTION, Agency.SOCIAL, Agency.HEALTH, Agency.OVERSIGHT]
"""Whom content can name: an agency that can owe something, be asked, told, or led around. Never the keeper."""
FIELD: tuple[Agency, ...] = get_args(Answerable)
EVERYBODY = frozenset(FIELD)


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
