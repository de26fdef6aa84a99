"""When a receiver is itself the danger: the way around it, and its end. Also: the case goes to another agency."""

from datetime import timedelta
from typing import Any

from cli.year.casebook import Casebook, Said
from cli.year.handoffs import decided_at, served, taken_on
from cli.year.intervention import Report, safety
from cli.year.turns import Lot, Turn
from contracts.catalogue.parties import OVERSIGHT, POLICE, PROSECUTION, SOCIAL


def around_somebody(book: Casebook, told: Report, taken: Said, lot: Lot) -> None:
    """Around one office of the police, or around the school: the rest of the case goes on without it."""
    who = {"concerns": told.child.person, "reason": "related-to-suspect", "safety": safety(book)}
    if Turn.AROUND_OFFICE in lot.turns:
        at, instead = taken.after(minutes=20), book.town.regional_police
        data = {"conflicted": POLICE, "office": book.office(POLICE, at), "alternate": POLICE}
        invoked = book.says(SOCIAL, "route.invoke-bypass", at, who | data | {"alternate_office": instead})
        book.moves(POLICE, invoked.at, instead)
        _lifted(book, invoked, "conflict-ended")
    if Turn.AROUND_SCHOOL in lot.turns:
        school: dict[str, Any] = {"conflicted": "school", "office": None, "alternate": SOCIAL, "alternate_office": None}
        at = taken.after(minutes=25)
        book.says(POLICE, "route.invoke-bypass", at, who | school | {"reason": "person-suspected"})


def _lifted(book: Casebook, invoked: Said, reason: str) -> Said:
    at = invoked.after(days=book.rng.uniform(60, 200))
    return book.says(OVERSIGHT, "route.lift-bypass", at, {"bypass_id": invoked.id, "reason": reason})


def around_police(book: Casebook, told: Report, taken: Said) -> Said:
    """The police get nothing more of the case: the prosecution is turned to instead, until oversight has looked."""
    who = {"concerns": told.child.person, "reason": "person-suspected", "safety": safety(book)}
    data: dict[str, Any] = {"conflicted": POLICE, "office": None, "alternate": PROSECUTION, "alternate_office": None}
    invoked = book.says(SOCIAL, "route.invoke-bypass", taken.after(minutes=15), who | data)
    asks = {"concerns": told.child.person, "service": "criminal-investigation", "urgency": "immediate"}
    made = book.asks(SOCIAL, PROSECUTION, "referral.make", invoked.after(hours=1), asks | {"safety": safety(book)})
    served(book, made, taken_on(book, made), first=timedelta(days=1), lasts=timedelta(days=book.rng.uniform(40, 200)))
    return _lifted(book, invoked, "unfounded")


def transferred(book: Casebook, told: Report, screened: Said, lot: Lot) -> None:
    """What the police took on belongs to the Centre: it moves when that one accepts, and not before."""
    data = {"concerns": told.child.person, "reason": "right-agency", "safety": safety(book)}
    at = screened.after(hours=book.rng.uniform(1, 100))
    made = book.asks(POLICE, SOCIAL, "transfer.offer", at, data | {"allegation": None, "identity": None})
    decided = decided_at(book, made)
    if Turn.TRANSFER_DECLINED in lot.turns:
        why = {"reason": "already-open-here", "next_step": "sender-keeps"}
        book.ends(SOCIAL, "transfer.decline", made, decided.at, **why)
        return
    book.ends(SOCIAL, "transfer.accept", made, decided.at)
