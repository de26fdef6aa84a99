"""What usually becomes of a handoff: somebody sees it, takes it on within a day, begins, and ends it."""

from datetime import timedelta
from typing import Any

from cli.year.casebook import Asked, Casebook, Said
from cli.year.distributions import within

SEEN = timedelta(hours=1)
DECIDED = timedelta(hours=24)
"""The default protocol's limits (docs/field.md 6)."""
SEEN_FIRST = 0.2
"""So often somebody says that it is seen before it is taken on (D)."""


def decided_at(book: Casebook, asked: Asked, *, seen: str = "referral.acknowledge", limit: timedelta = DECIDED) -> Said:
    """When the receiver decides whether it takes a handoff on; before that, it may say that it has seen it."""
    decided = asked.at + max(timedelta(minutes=2), within(book.rng, limit))
    noticed = asked.at + max(timedelta(minutes=1), within(book.rng, SEEN))
    if seen and noticed < decided - timedelta(minutes=1) and book.rng.random() < SEEN_FIRST:
        book.acts(asked.to, seen, asked, noticed)
    return Said(asked.id, decided, asked.to, asked.verb)


def taken_on(
    book: Casebook, asked: Asked, *, verb: str = "referral.accept", limit: timedelta = DECIDED, **data: Any
) -> Said:
    """It is taken on; the act that says so."""
    return book.acts(asked.to, verb, asked, decided_at(book, asked, limit=limit).at, **data)


def served(book: Casebook, asked: Asked, accepted: Said, *, first: timedelta, lasts: timedelta) -> Said:
    """What was taken on begins after so long, and is done after so much more."""
    begun = book.acts(asked.to, "referral.start", asked, accepted.at + first, began_at=accepted.at + first * 0.9)
    return book.ends(asked.to, "referral.complete", asked, begun.at + lasts, outcome="done", not_done_reason=None)
