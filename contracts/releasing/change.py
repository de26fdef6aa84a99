"""One difference between two states of the contracts, and for whom it is breaking."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.releasing.document import Step
from contracts.releasing.rules import RULES, For, Rule

LOG = "log"
"""Whoever reads the log: read models, auditors."""
SYSTEM = "system"
"""Any agency's own system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference. `of` names a type, or a part around the types; `at` a field, an agency or a code in it.

    `says` and `hears` are the agencies that it touches; `log` is who reads the log, `system` any agency's own.
    """

    rule: str
    of: str
    at: str = ""
    detail: str = ""
    part: str = "types"
    says: tuple[str, ...] = ()
    hears: tuple[str, ...] = ()

    @property
    def row(self) -> Rule:
        return RULES[self.rule]

    @property
    def step(self) -> Step:
        return self.row.step

    @property
    def breaking(self) -> bool:
        return self.step is Step.MAJOR

    @property
    def broken_for(self) -> tuple[str, ...]:
        """The agencies for whom it is breaking: what they sent is refused, or what they read does not come."""
        found = self.says if self.row.says is For.BREAKING else ()
        found += self.hears if self.row.hears is For.BREAKING else ()
        return tuple(sorted(set(found)))

    def said(self) -> str:
        """The change in words."""
        where = f"{self.of} {self.at}".strip()
        return f"{where}: {self.row.what}{f' ({self.detail})' if self.detail else ''}"


def asked(changes: Iterable[Change]) -> Step:
    """The SemVer step that these changes ask for together."""
    return max((change.step for change in changes), key=lambda step: step.rank, default=Step.NONE)


def moved(what: str, old: Iterable[str], new: Iterable[str]) -> Iterator[tuple[str, str]]:
    """What is gone, and what has come, each with the name of its rule."""
    before, after = set(old), set(new)
    yield from ((one, f"{what}-removed") for one in before - after)
    yield from ((one, f"{what}-added") for one in after - before)


def hearers(found: Mapping[str, Any], tier: str | None = None) -> tuple[str, ...]:
    """Who hears of a type, or of its fields of one tier."""
    receivers = found.get("receivers", {})
    sees = [to for to in receivers if tier is None or tier in receivers[to]]
    return tuple(sorted([*sees, *([LOG] if tier in (None, "E", "O") else [])]))
