"""Who may see what. A role sees what its work needs and no more; none of them sees a child's data here."""

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
    HEALTH = "health"
    CONTRACTS = "contracts"


SEES: Mapping[Role, tuple[Part, ...]] = MappingProxyType(
    {
        Role.OPERATOR: tuple(Part),
        # a case's pages, which ask for a purpose first, are not here yet; lists of all cases are not theirs
        Role.INVESTIGATOR: (Part.CONTRACTS,),
        Role.INTEGRATOR: (Part.CONTRACTS,),
        Role.OVERSIGHT: (Part.FLOW, Part.DUTIES, Part.HANDOFFS, Part.CONTRACTS),
    }
)
"""A decision of this house's own (D); the first part is where a role arrives."""
