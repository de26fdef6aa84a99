"""What is owed over all cases: it takes seconds to reckon, so it is kept for a moment, and says as of when it is."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from console.kept import Kept
from console.sources import Sources
from contracts.duties.duty import Duty
from projections import owed
from projections.owed import STANDINGS, Among, Owed
from projections.snapshot import snapshot

FRESH_S, OLD_S = 5.0, 60.0
REST = 9
"""After reckoning, for so many times as long as it took nothing is reckoned again: a tenth of a core at most."""
PRESSING = ("overdue", "due-soon", "absent")
COUNTED: Mapping[str, Callable[[Duty], bool]] = {"owed": lambda duty: duty.owed, **STANDINGS}
Key = tuple[str, str]
"""Who has to do it, and the rule by which it is owed."""


@dataclass(frozen=True)
class Owing:
    """All duties of these cases, whatever has become of them."""

    folded: owed.Folded
    among: Among
    every: list[Owed]
    failing: Mapping[str, str]
    held_up: frozenset[str]

    @property
    def head(self) -> dict[str, Any]:
        return owed.head(self.among.at, self.folded)

    @cached_property
    def counts(self) -> Mapping[Key, Counter[str]]:
        """How many are owed, and how many have come to what."""
        found = defaultdict[Key, Counter[str]](Counter)
        for one in self.every:
            duty = one.duty
            found[duty.holder.value, duty.rule.id].update(name for name, is_so in COUNTED.items() if is_so(duty))
        return found

    def pressing(self) -> dict[str, dict[str, int]]:
        """By who has to do them: how many are overdue, due soon, absent."""
        return self._summed(lambda holder, rule: holder, PRESSING)

    def by_rule(self, holder: str | None) -> dict[str, dict[str, int]]:
        """Of one who has to do them, or of all: how many are owed, and how many of them have come to what."""
        return self._summed(lambda of, rule: rule if holder in (None, of) else None, tuple(COUNTED))

    def _summed(self, group: Callable[[str, str], str | None], names: Sequence[str]) -> dict[str, dict[str, int]]:
        """In the order of the groups' names; without those of which there is nothing, and without None."""
        found = defaultdict[str, Counter[str]](Counter)
        for key, counts in self.counts.items():
            if (name := group(*key)) is not None:
                found[name] += counts
        told = {name: {count: counts[count] for count in names} for name, counts in sorted(found.items())}
        return {name: counts for name, counts in told.items() if any(counts.values())}


class Reckoner:
    """`closed`: of closed cases too."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._kept = {closed: self._keep(closed) for closed in (False, True)}

    async def found(self, position: int, *, closed: bool, wait_s: float) -> Owing | None:
        """For a view at this position; it says as of when. None if nothing is reckoned after waiting for so long.

        Of a made-up log nothing changes until it goes on. Raises what reckoning raises.
        """
        return await self._kept[closed].found(
            wait_s, lambda owing: owing.folded.synthetic and owing.folded.position == position
        )

    async def end(self) -> None:
        for kept in self._kept.values():
            await kept.end()

    def _keep(self, closed: bool) -> Kept[Owing]:
        return Kept(lambda: asyncio.to_thread(self._owing, closed), FRESH_S, OLD_S, REST)

    def _owing(self, closed: bool) -> Owing:
        with self._sources.view() as view, snapshot(view) as connection:
            folded = owed.folded(connection)
            among = Among(folded.present(self._sources.clock()), closed)
            every, failing = owed.owed(connection, among, self._sources.rules)
            found = Owing(folded, among, every, failing, frozenset(owed.held_up(connection)))
            assert found.counts is not None  # counted here, in this thread, and by no page
            return found
