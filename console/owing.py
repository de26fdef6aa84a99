"""What is owed over all cases: reckoned once for everybody, then looked at again where something has changed."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from console import apart
from console.kept import Kept
from console.scratch import Scratch
from console.sources import Sources
from projections import owed_file, reckoning
from projections.owed import Choice
from projections.owed_file import COUNTED, Key, Reader, Stand

FRESH_S, OLD_S = 5.0, 10.0
AT_HAND = 250
"""So many cases at most are reckoned by the process that shows pages: in half a second or so."""
PRESSING = ("overdue", "due-soon", "absent")


@dataclass(frozen=True, slots=True)
class Owing:
    """All duties of these cases, whatever has become of them. Each asking is answered as of one moment."""

    path: Path
    stand: Stand

    def pressing(self) -> dict[str, Any]:
        """By who has to do them: how many are overdue, due soon, absent."""
        with owed_file.reading(self.path) as file:
            by_agency = _summed(file, lambda holder, rule: holder, PRESSING)
            return self._as_of(file).head | {"by_agency": by_agency, "failing": file.failing()}

    def listed(self, choice: Choice, after: str, limit: int) -> dict[str, Any]:
        """As `barnabus duties list --json`, and by rule: how many are owed, and how many have come to what.

        Raises `duty.not-found`.
        """
        with owed_file.reading(self.path) as file:
            stand = self._as_of(file)
            page = file.page(choice, after, limit, stand.at)
            rows = [row | {"held_up": row["case_ref"] in stand.held_up} for row in page]
            by_rule = _summed(file, lambda of, rule: rule if choice.agency in (None, of) else None, tuple(COUNTED))
            return stand.head | {"duties": rows, "limit": limit, "failing": file.failing(), "rules": by_rule}

    def _as_of(self, file: Reader) -> Stand:
        """Another look may have been done since."""
        return file.stand() or self.stand


def _summed(file: Reader, group: Callable[[str, str], str | None], names: Sequence[str]) -> dict[str, dict[str, int]]:
    """In the order of the groups' names; without those of which there is nothing, and without None."""
    found = defaultdict[str, Counter[str]](Counter)
    counts: Mapping[Key, Counter[str]] = file.counts()
    for key, counted in counts.items():
        if (name := group(*key)) is not None:
            found[name] += counted
    told = {name: {count: counted[count] for count in names} for name, counted in sorted(found.items())}
    return {name: counted for name, counted in told.items() if any(counted.values())}


class Reckoner:
    """`closed`: of closed cases too; these are reckoned once somebody asks for them."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._scratch = Scratch(sources.settings.home / "console", "owed")
        self._kept = {closed: Kept(partial(self._look, closed), FRESH_S, OLD_S) for closed in (False, True)}

    async def found(self, *, closed: bool, wait_s: float) -> Owing | None:
        """As of a moment ago; it says of which. None if nothing was ever reckoned, after waiting for so long.

        Raises what reckoning raises.
        """
        return await self._kept[closed].found(wait_s)

    async def end(self) -> None:
        for kept in self._kept.values():
            await kept.end()
        self._scratch.end()

    async def _look(self, closed: bool) -> Owing:
        path = self._scratch.file("closed-too.db" if closed else "open.db", owed_file.make)
        stand = await asyncio.to_thread(self._look_here, path, closed)
        if stand is None:
            sources = self._sources
            stand = await apart.look(apart.Work(sources.settings, sources.rules, path, sources.clock(), closed))
        return Owing(path, stand)

    def _look_here(self, path: Path, closed: bool) -> Stand | None:
        """None if that would take long."""
        with self._sources.view() as view:
            now = self._sources.clock()
            return reckoning.look(view, path, self._sources.rules, now, closed=closed, most=AT_HAND)
