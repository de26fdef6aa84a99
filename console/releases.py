"""Releases of the contracts as pages: in which a type came or changed, and what differs between any two of them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from console.asked import Asked
from console.pages import Page
from contracts.releasing import consumers, document
from contracts.releasing.difference import difference
from contracts.releasing.document import NOW
from contracts.releasing.rules import RULES
from projections import choosing

Changes = Sequence[Mapping[str, Any]]


@dataclass(slots=True)
class Releases:
    """`root` is a checkout; without it, they are those that are installed. What was reckoned once is kept."""

    root: Path | None = None
    _kept: dict[tuple[str, str], Mapping[str, Any]] = field(default_factory=dict)

    @property
    def states(self) -> list[str]:
        """The releases, the first one first, and what the code has now."""
        return [*document.released(self.root), NOW]

    async def changes(self, asked: Asked) -> Page:
        """Raises Refused `option.invalid`; `release.altered`."""
        said, states = asked.query("from", "to"), self.states
        before = choosing.one_of(states, said.get("from", states[-2:][0]), "from")
        after = choosing.one_of(states, said.get("to", NOW), "to")
        found = await self.between(before, after)
        named = {state: state for state in states} | {NOW: asked.words.say("now, not released")}
        more = {"before": before, "after": after, "states": states, "named": named, "rules": RULES}
        return Page("contract-changes.html", found, more)

    async def between(self, before: str, after: str) -> Mapping[str, Any]:
        """As `barnabus contracts diff --json` has it; reckoned in a thread, for it takes a while."""
        if (before, after) not in self._kept:
            self._kept[before, after] = await asyncio.to_thread(self._between, before, after)
        return self._kept[before, after]

    async def history(self, type_name: str) -> list[dict[str, Any]]:
        """In which releases a type came or changed, the latest first, each with what changed; `now` is not released."""
        found: list[dict[str, Any]] = []
        states = self.states
        for before, state in zip([None, *states], states, strict=False):
            version = await asyncio.to_thread(self._version, state, type_name)
            changes = _of(await self.between(before, state), type_name) if before else []
            came = version is not None and (not found or found[-1]["version"] is None)
            if came or changes:
                found.append({"release": state, "version": version, "came": came, "changes": changes})
        return found[::-1]

    def _between(self, before: str, after: str) -> Mapping[str, Any]:
        old, new = document.read(before, self.root), document.read(after, self.root)
        return difference(old, new, consumers.shipped(old, new, document.now(), root=self.root)).document()

    def _version(self, state: str, type_name: str) -> str | None:
        version: str | None = document.read(state, self.root)["types"].get(type_name, {}).get("version")
        return version


def _of(found: Mapping[str, Any], type_name: str) -> Changes:
    """Without its coming, which its release says."""
    own = (change for change in found["changes"] if change["part"] == "types" and change["of"] == type_name)
    return [change for change in own if change["rule"] != "type-added"]
