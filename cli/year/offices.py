"""Made-up towns and their offices. Most towns have fewer than five cases a year, and some offices take far longer.

None bears a real name: nobody is to read off which real office is slow.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log
from random import Random

from contracts.agencies import Agency

BEST_TO_WORST = 2.5
"""By how much the slowest office exceeds the fastest (Sweden)."""
CASES_A_YEAR = (
    (62, 8, 5, 4, 3, 2, 2, 1),
    *((27, 4, 2, 1, 1), (27, 4, 2, 1, 1)),
    *((19, 4, 2, 1, 1), (19, 4, 2, 1, 1)),
    *((11, 3, 2, 1, 1), (11, 3, 2, 1, 1)),
)
"""Of each region its towns, by about how many of 250 cases are theirs."""
_PACE = (3, 1, 5, 0, 6, 2, 4)
"""Of each region its rank, the fastest first. Of each two of a size one is fast and one is slow: the median stays."""


@dataclass(frozen=True, slots=True)
class Town:
    name: str
    region: int
    weight: int

    @property
    def factor(self) -> float:
        """How long its region's prosecution takes, where 1 is usual."""
        return float(BEST_TO_WORST ** (_PACE[self.region - 1] / (len(_PACE) - 1) - 0.5))

    @property
    def desks(self) -> Mapping[Agency, str]:
        """The offices of each agency that a case of this town lies with."""
        return {
            Agency.POLICE: f"{self.name}-child-unit",
            Agency.SOCIAL: f"{self.name}-csw",
            Agency.PROSECUTION: f"region-{self.region}-prosecution",
            Agency.HEALTH: f"region-{self.region}-hospital",
            Agency.OVERSIGHT: "ombudsperson",
        }

    @property
    def regional_police(self) -> str:
        """To whom it goes when the town's own unit cannot have it."""
        return f"region-{self.region}-police"


TOWNS = tuple(
    Town(f"town-{10 * region + place:02}", region, weight)
    for region, weights in enumerate(CASES_A_YEAR, start=1)
    for place, weight in enumerate(weights)
)
LOG_VARIANCE = sum(t.weight * log(t.factor) ** 2 for t in TOWNS) / sum(t.weight for t in TOWNS)
"""How far offices spread the logarithm of a leg by themselves, each weighed by its cases."""


def town(rng: Random) -> Town:
    return rng.choices(TOWNS, weights=[each.weight for each in TOWNS])[0]
