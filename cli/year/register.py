"""The register's year: final convictions and removals, each under a reference of its own, and employers' questions."""

from datetime import datetime, timedelta
from random import Random

from cli.year import offices, people
from cli.year.casebook import Casebook, Said
from cli.year.handoffs import taken_on
from cli.year.people import Human, pointer
from cli.year.suspects import BY_COURT
from contracts.agencies import Institution
from contracts.catalogue.parties import PROSECUTION, SOCIAL

OLDER, ASKED, REMOVED = 0.06, 0.15, 0.25
"""Of the year's cases, so many convictions of earlier years are entered, and so many questions asked; of these
entries, so many are removed again (D)."""
EMPLOYERS = (Institution.SCHOOL, Institution.NGO, Institution.SHELTER)
ROLES = {Institution.SCHOOL: "teacher", Institution.NGO: "volunteer", Institution.SHELTER: "carer"}


def kept(rng: Random, start: datetime, cases: int) -> list[Casebook]:
    """What is in the register of earlier years, as it is typed in, and what is asked."""
    found, entries = [], max(1, round(OLDER * cases))
    for entry in range(entries):
        book, at = _own(rng), start + timedelta(days=rng.uniform(1, 300))
        entered(book, people.adult(book.rng, at), at, at - timedelta(days=rng.uniform(100, 3000)))
        if entry < max(1, round(REMOVED * entries)):
            _removed(book)
        found.append(book)
    return found + [_asked(_own(rng), start, rng) for _ in range(max(1, round(ASKED * cases)))]


def _own(rng: Random) -> Casebook:
    return Casebook(Random(rng.getrandbits(128)), offices.town(rng))


def entered(book: Casebook, who: Human, at: datetime, final: datetime) -> Said:
    """A final conviction of an adult; nothing in it says of which case."""
    convicted = who.known_anew(book.rng, "convicted")
    data = {"concerns": convicted.person, "final_since": final, "adult_at_offence": True}
    data |= {"judgment": pointer(book.rng, "court-archive"), "identity": convicted.identity}
    return book.says(PROSECUTION, "conviction.enter", at, data, happened=final, **BY_COURT)


def _removed(book: Casebook) -> None:
    entry = book.planned[-1]
    data = {"of_id": entry.command["id"], "reason": book.rng.choice(("quashed", "rehabilitated", "entered-in-error"))}
    book.says(PROSECUTION, "conviction.remove", entry.at + timedelta(days=book.rng.uniform(5, 60)), data, **BY_COURT)


def _asked(book: Casebook, start: datetime, rng: Random) -> Casebook:
    at, employer = start + timedelta(days=rng.uniform(1, 364)), rng.choice(EMPLOYERS)
    applicant = people.adult(book.rng, at, "applicant")
    data = {"concerns": applicant.person, "for_institution": "register", "role": ROLES[employer]}
    asks = data | {"identity": applicant.identity}
    made = book.asks(SOCIAL, PROSECUTION, "clearance.ask", at, asks, behalf=employer)
    accepted = taken_on(book, made)
    answer = rng.choices(("clear-as-of", "bar-applies", "refer", "cannot-answer"), (80, 4, 8, 8))[0]
    as_of = accepted.after(hours=rng.uniform(2, 70))
    until = {"as_of": as_of, "expires_at": as_of + timedelta(days=180)}
    more = {"behalf": Institution.REGISTER}
    book.ends(PROSECUTION, "clearance.answer", made, as_of + timedelta(minutes=9), answer=answer, **until, more=more)
    return book
