"""The child is heard, by a prosecutor and beside somebody of the Centre."""

from datetime import datetime, timedelta
from typing import Any

from cli.year.casebook import Casebook, Said
from cli.year.distributions import INTERVIEW, happens, lasting
from cli.year.intervention import Report, safety
from cli.year.investigation import Investigation
from cli.year.people import Human, pointer
from cli.year.suspects import BY_COURT
from cli.year.turns import Lot, Turn
from contracts.agencies import Institution
from contracts.catalogue.parties import POLICE, PROSECUTION, SOCIAL

RECORDED = 0.9
"""So often an interview is recorded (D)."""


def heard(book: Casebook, told: Report, found: Investigation, lot: Lot) -> None:
    """The child is heard; once, if it can be."""
    rng = book.rng
    if not happens(rng, "child-interview.schedule"):
        return
    earliest = found.registered.after(hours=6)
    held = max(earliest + timedelta(hours=4), told.concern.at + lasting(rng, INTERVIEW, book.town.factor))
    said = _interview(book, told.child, earliest, held, 1)
    if Turn.HEARD_AGAIN not in lot.turns:
        return
    by_court = rng.random() < 0.5
    reason = rng.choice(("new-allegation", "first-not-recorded", "defence-questions", "child-wishes"))
    data = {"concerns": told.child.person, "ordinal": 2, "reason": reason}
    data["authority"] = "court" if by_court else "prosecutor"
    at = said.after(days=rng.uniform(5, 60))
    again = book.says(PROSECUTION, "child-interview.request-repeat", at, data, **BY_COURT if by_court else {})
    _interview(book, told.child, again.after(hours=2), again.after(days=rng.uniform(4, 30)), 2)


def _interview(book: Casebook, child: Human, earliest: datetime, held: datetime, ordinal: int) -> Said:
    """Somebody of the Centre brings the child there, and stays beside it."""
    rng = book.rng
    at = max(earliest, held - timedelta(days=rng.uniform(2, 9)))
    data = {
        "concerns": child.person,
        "notified": [POLICE],
        "held_at": held,
        "ordinal": ordinal,
        "for_institution": rng.choices((None, "shelter"), (8, 2))[0],
        "safety": safety(book),
    }
    made = book.asks(PROSECUTION, SOCIAL, "child-interview.schedule", at, data)
    accepted = book.acts(SOCIAL, "referral.accept", made, at + (held - at) * rng.uniform(0.05, 0.6))
    begun = book.acts(SOCIAL, "referral.start", made, max(held, accepted.at) + timedelta(minutes=40), began_at=held)
    if data["for_institution"]:
        handed = {"of_id": made.id, "institution": "shelter", "handed_at": accepted.after(minutes=30)}
        book.says(SOCIAL, "letter.hand-over", accepted.after(minutes=40), handed)
    ends = begun.after(hours=rng.uniform(1, 20))
    more = {"behalf": Institution.SHELTER if data["for_institution"] else None}
    said: dict[str, Any] = {
        "concerns": child.person,
        "held_at": held,
        "ordinal": ordinal,
        "recorded": "no",
        "recording": None,
    }
    if rng.random() < RECORDED:
        said |= {"recorded": "yes", "recording": pointer(rng, "prosecution-archive")}
    return book.ends(SOCIAL, "child-interview.complete", made, ends, **said, more=more)
