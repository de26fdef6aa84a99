"""Who is in a case by the log, and as much of that as its refusals may tell one sender; pure.

Whom a bypass leads around is refused as if there were none, and as if nobody had joined the case since. Who holds no
part in a case is refused as if there were no case.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from contracts.agencies import Agency
from contracts.bypass import Bypass


class Party(NamedTuple):
    """`holds`: it opened the case, or was sent something of it. `since` is the position by which it came in."""

    agency: Agency
    holds: bool
    since: int


class Around(NamedTuple):
    """A bypass in force, and the position from which on it is."""

    bypass: Bypass
    since: int


@dataclass(frozen=True, slots=True)
class Parties:
    """Of one case, for one sender. Holders know of the case, and so does whoever has said something in it."""

    holders: frozenset[Agency]
    aware: frozenset[Agency]
    bypasses: frozenset[Bypass]

    @classmethod
    def seen_by(cls, sender: str, parties: Iterable[Party], around: Iterable[Around]) -> "Parties":
        around = tuple(around)
        kept_out = min((one.since for one in around if _leads_around(one.bypass, sender)), default=None)
        seen = [party for party in parties if kept_out is None or party.since < kept_out]
        return cls(
            holders=frozenset(party.agency for party in seen if party.holds),
            aware=frozenset(party.agency for party in seen),
            bypasses=frozenset(one.bypass for one in around if not _leads_around(one.bypass, sender)),
        )


def _leads_around(bypass: Bypass, sender: str) -> bool:
    """Around all of it: an office's own agency is told, and keeps the case from that office."""
    return bypass == Bypass(Agency(sender))
