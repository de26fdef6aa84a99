"""Which protections the children of open cases lack, and when the first act came that protects; pure over words.

The list is closed, and it is ours (D): of what the catalogue has for the phase of intervention, what each child needs
from the first day, a safe contact first of all (docs/field.md 5). That something is lacking says nothing of whose duty
it is, nor by when: that says the protocol.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection

from contracts.dated import Word, words
from projections.owed import Among

MEASURE = "protective-measure.changed"
PROTECTS: Mapping[str, str] = {
    "immediate-protection.taken": "began_at",
    "urgent-care.given": "began_at",
    "suspect.arrested": "arrested_at",
    MEASURE: "since",
}
"""What protects a child by being done, and the field that says when; a measure, once it is ordered (D). That a child's
placement changed may mean that it went home."""
LENGTHS: Mapping[str, timedelta | None] = {
    "24h": timedelta(hours=24),
    "72h": timedelta(hours=72),
    "7d": timedelta(days=7),
    "30d": timedelta(days=30),
    "longer": None,
}
"""Within so long, the limit included, the first act came that protects."""


def _unsaid(type_name: str) -> Callable[[Sequence[Word]], bool]:
    return lambda said: all(one.said.type != type_name for one in said)


def _no_contact(said: Sequence[Word]) -> bool:
    """By the last word on it: none may have been found."""
    found = [one.said.codes["found"] for one in said if one.said.type == "safe-contact.set"]
    return not (found and found[-1])


def _ordered_and_not_done(said: Sequence[Word]) -> bool:
    """Why it was not done may be known: the child was not examined."""
    ordered = any(one.said.type == "forensic-exam.ordered" for one in said)
    return ordered and all(one.said.type != "forensic-exam.completed" for one in said)


PROTECTIONS: Mapping[str, Callable[[Sequence[Word]], bool]] = {
    "immediate-protection": _unsaid("immediate-protection.taken"),
    "safe-contact": _no_contact,
    "urgent-care": _unsaid("urgent-care.given"),
    "case-manager": _unsaid("case-manager.assigned"),
    "victim-advocate": _unsaid("victim-advocate.assigned"),
    "ordered-exam": _ordered_and_not_done,
}
"""By its name, whether it is lacking, by what was said about the child."""


class Child(NamedTuple):
    """Nobody says whose name this is. `protected_at` is None while nothing protects."""

    known_at: datetime
    protected_at: datetime | None
    lacks: tuple[str, ...]

    def document(self, at: datetime) -> dict[str, Any]:
        return {
            "known_at": self.known_at.isoformat(),
            "protected_at": self.protected_at.isoformat() if self.protected_at else None,
            "took_s": (self.protected_at - self.known_at).total_seconds() if self.protected_at else None,
            "waits_s": (at - self.known_at).total_seconds() if self.protected_at is None else None,
            "lacks": list(self.lacks),
        }


def children(said: Iterable[Word]) -> list[Child]:
    """Each child of a case of whom somebody spoke, in the order of who was known of first."""
    about: dict[str, list[Word]] = {}
    for one in said:
        if one.child:
            about.setdefault(one.child, []).append(one)
    return sorted((_child(those) for those in about.values()), key=lambda child: child.known_at)


def _child(said: Sequence[Word]) -> Child:
    """Known from when the first agency says that it knew; protected from when it was done, not before it was known."""
    known_at = min(min(one.clocks.known, one.at) for one in said)
    done = [one.moment(PROTECTS[one.said.type]) for one in said if _protects(one)]
    protected_at = max(min(done), known_at) if done else None
    return Child(known_at, protected_at, tuple(name for name, lacks in PROTECTIONS.items() if lacks(said)))


def _protects(one: Word) -> bool:
    return one.said.type in PROTECTS and (one.said.type != MEASURE or one.said.codes["change"] == "ordered")


def missing(connection: Connection, among: Among) -> tuple[list[dict[str, Any]], dict[str, str]]:
    """By case, its children without their names, where anybody has spoken of a child; and failing cases."""
    reckoned, failing = among.reckon(connection, lambda dated: children(words(dated, among.at)))
    return [_row(case_ref, those, among.at) for case_ref, those in reckoned if those], failing


def _row(case_ref: str, those: Sequence[Child], at: datetime) -> dict[str, Any]:
    lacks = {name: sum(name in child.lacks for child in those) for name in PROTECTIONS}
    return {
        "case_ref": case_ref,
        "lacks": {name: count for name, count in lacks.items() if count},
        "children": [child.document(at) for child in those],
    }


def counts(cases: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """How many children lack what, and how long the first act took that protects; those who wait are counted."""
    those = [child for case in cases for child in case["children"]]
    took = [timedelta(seconds=child["took_s"]) for child in those if child["took_s"] is not None]
    return {
        "cases": len(cases),
        "children": len(those),
        "lacking": {name: sum(name in child["lacks"] for child in those) for name in PROTECTIONS},
        "protected_within": _lengths(took),
        "not_protected_yet": len(those) - len(took),
    }


def _lengths(took: Sequence[timedelta]) -> dict[str, int]:
    """Each in the first length that holds it."""
    found = dict.fromkeys(LENGTHS, 0)
    for one in took:
        found[next(name for name, most in LENGTHS.items() if most is None or one <= most)] += 1
    return found
