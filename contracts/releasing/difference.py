"""What differs between two states of the contracts, as a document: each change, whom it breaks, whom it hurts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.releasing import document, hurting
from contracts.releasing.change import Change, asked
from contracts.releasing.changes import changes
from contracts.releasing.consumers import Declared
from contracts.releasing.document import Document, Step


@dataclass(frozen=True, slots=True)
class Difference:
    """`rows`: each change with the names of the declared consumers that it hurts.

    `made` is the step between the two versions, `asked` the one that what differs asks for.
    """

    before: str
    after: str
    rows: list[tuple[Change, list[str]]]
    made: Step
    asked: Step

    @property
    def passes(self) -> bool:
        """Nothing breaks and nobody is hurt, or the step says so."""
        hurts = any(hurt for _, hurt in self.rows)
        return self.made is Step.MAJOR or not (self.asked is Step.MAJOR or hurts)

    def document(self) -> dict[str, Any]:
        """With stable keys."""
        versions = {"from": self.before, "to": self.after, "step": str(self.made), "asked": str(self.asked)}
        return {**versions, "changes": [row(change, hurt) for change, hurt in self.rows]}


def difference(before: Document, after: Document, consumers: Iterable[Declared]) -> Difference:
    different, declared = changes(before, after), list(consumers)
    return Difference(
        before["version"],
        after["version"],
        [(change, hurting.whom(change, declared, before)) for change in different],
        document.step(before["version"], after["version"]),
        asked(different),
    )


def row(change: Change, hurt: list[str]) -> Mapping[str, Any]:
    return {
        "rule": change.rule,
        "part": change.part,
        "of": change.of,
        "at": change.at,
        "detail": change.detail,
        "step": str(change.step),
        "breaking": change.breaking,
        "says": {"who": list(change.says), "is": str(change.row.says)},
        "hears": {"who": list(change.hears), "is": str(change.row.hears)},
        "broken_for": list(change.broken_for),
        "older_needs_upcast": change.row.older,
        "hurts": hurt,
    }
