"""Agencies by short names, and those that several types have in common."""

from types import MappingProxyType

from contracts.agencies import EVERYBODY, SPONSORS, Agency, Institution

POLICE, PROSECUTION, SOCIAL, HEALTH, OVERSIGHT, KEEPER = Agency
TAKERS = frozenset({POLICE, SOCIAL})
"""Who can be asked to take on a concern."""
ANSWERABLE = EVERYBODY - {OVERSIGHT}
"""Who can answer for a case: oversight reviews, and holds none."""
ACTIVE = "the agencies that work on the case, as the sender knows"


def spoken_for(*institutions: Institution) -> MappingProxyType[Institution, frozenset[Agency]]:
    return MappingProxyType({institution: SPONSORS[institution] for institution in institutions})
