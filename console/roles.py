"""Who may see what. A role sees what its work needs and no more; of a child there are codes alone, on no page more."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Role(StrEnum):
    OPERATOR = "operator"
    INVESTIGATOR = "investigator"
    INTEGRATOR = "integrator"
    OVERSIGHT = "oversight"


class Part(StrEnum):
    """A part of the console, by the first word of its paths; in the order in which they are named on every page."""

    FLOW = "flow"
    DUTIES = "duties"
    HANDOFFS = "handoffs"
    PARKED = "parked"
    CASES = "cases"
    ACCESSES = "accesses"
    HEALTH = "health"
    CONTRACTS = "contracts"


SEES: Mapping[Role, tuple[Part, ...]] = MappingProxyType(
    {
        Role.OPERATOR: (Part.FLOW, Part.DUTIES, Part.HANDOFFS, Part.PARKED, Part.HEALTH, Part.CONTRACTS),
        # a case at a time, by a credential and for a purpose: lists of all cases are not theirs
        Role.INVESTIGATOR: (Part.CASES, Part.CONTRACTS),
        Role.INTEGRATOR: (Part.CONTRACTS,),
        Role.OVERSIGHT: (Part.FLOW, Part.DUTIES, Part.HANDOFFS, Part.CASES, Part.ACCESSES, Part.CONTRACTS),
    }
)
"""A decision of this house's own (D); the first part is where a role arrives."""
BY_CREDENTIAL = frozenset(role for role, parts in SEES.items() if Part.CASES in parts)
"""Whose account can have one."""
