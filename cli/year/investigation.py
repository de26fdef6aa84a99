"""From the crime report to the decision whether to charge: whom it is about, and how long that takes."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from cli.year import people
from cli.year.casebook import Asked, Casebook, Said
from cli.year.distributions import CHARGE, happens, lasting, within
from cli.year.handoffs import taken_on
from cli.year.intervention import Report, allegation
from cli.year.people import Human
from cli.year.suspects import pursued
from cli.year.turns import IN_COURT, Fate, Lot
from contracts.catalogue.parties import POLICE, PROSECUTION, SOCIAL
from contracts.vocabulary.limit_facts import SuspectAge
from contracts.vocabulary.people import Role
from services.health.domainmodel import window

REPORTED = timedelta(hours=24)
"""From reasonable suspicion to the prosecutor (K)."""
ENDINGS = {
    Fate.DISMISSED: "dismissed",
    Fate.SUSPENDED: "suspended",
    Fate.DIVERTED: "diverted",
    **dict.fromkeys(IN_COURT, "indicted"),
}


@dataclass(frozen=True, slots=True)
class Investigation:
    child: Human
    filed: Asked
    registered: Said
    suspect: Human | None
    """None if the prosecution never hears of one."""


def filed(book: Casebook, told: Report, screened: Said, suspect: Human | None) -> Asked:
    """The police report the crime to the prosecution, and social services hear that they did."""
    rng, child = book.rng, told.child
    at = screened.at + max(timedelta(minutes=15), within(rng, REPORTED))
    data = {
        "concerns": child.person,
        "notified": [SOCIAL],
        "limits": people.facts(child, window(told.incident, told.received), told.received, suspect),
        "allegation": allegation(book, told.incident),
        "identity": child.identity,
        "evidence": [],
        "suspects": [suspect.identity] if suspect and rng.random() < 0.5 else [],
    }
    return book.asks(POLICE, PROSECUTION, "crime-report.file", at, data, happened=told.incident)


def investigated(book: Casebook, told: Report, report: Asked, suspect: Human | None, lot: Lot) -> Investigation:
    """The prosecution takes it on, the child gets an advocate, and the police look for who it was."""
    rng, child = book.rng, told.child
    outcome = rng.choices(("investigation-opened", "preliminary-inquiry"), (7, 3))[0]
    registered = taken_on(book, report, verb="case.register", concerns=child.person, outcome=outcome)
    if happens(rng, "victim-advocate.assign"):
        began = registered.after(hours=rng.uniform(2, 60))
        data = {"concerns": child.person, "office": book.office(PROSECUTION, began)}
        more: dict[str, Any] = {"not_before": began, "role": Role.VICTIM_ADVOCATE}
        book.types_in(PROSECUTION, "victim-advocate.assign", began, data, **more)
    if suspect:
        pursued(book, child, suspect, registered, lot)
    return Investigation(child, report, registered, suspect)


def decided(book: Casebook, found: Investigation, lot: Lot) -> Said | None:
    """Whether to charge: the longest leg of all. Some wait for it for ever."""
    if lot.fate is Fate.UNDECIDED:
        return None
    rng, outcome = book.rng, ENDINGS[lot.fate]
    legs = lasting(rng, CHARGE, book.town.factor)
    at = max(found.filed.at + legs, found.registered.after(hours=20))
    reason = None
    if outcome == "dismissed":
        reason = rng.choice(("too-little-evidence", "no-offence")) if found.suspect else "no-suspect-found"
        if found.suspect and found.suspect.suspect_age(at) is SuspectAge.UNDER_CRIMINAL_AGE:
            reason = "under-criminal-age"
    data = {"handoff_id": found.filed.id, "concerns": found.child.person, "outcome": outcome, "reason": reason}
    book.open.discard(found.filed.id)
    return book.says(PROSECUTION, "investigation.decide", at, data)
