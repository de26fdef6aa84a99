"""The first days: somebody reports a concern, somebody takes it on, and the child is made safe."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from cli.year import people
from cli.year.casebook import Asked, Casebook, Said
from cli.year.distributions import happens, recording, since_abuse, within
from cli.year.handoffs import decided_at
from cli.year.people import Human
from contracts.agencies import Agency, Institution
from contracts.catalogue.parties import HEALTH, POLICE, PROSECUTION, SOCIAL
from contracts.vocabulary.people import LegalBasis, Role
from services.health.domainmodel import window

TAKERS = (POLICE, SOCIAL)
"""Who can be asked to take a concern on, always in the same order."""
DOORS: tuple[tuple[Agency, Agency, Institution | None, float], ...] = (
    (POLICE, SOCIAL, None, 0.40),
    (SOCIAL, POLICE, Institution.SCHOOL, 0.16),
    (SOCIAL, POLICE, None, 0.14),
    (HEALTH, SOCIAL, None, 0.10),
    (HEALTH, POLICE, None, 0.10),
    (PROSECUTION, POLICE, None, 0.05),
    (SOCIAL, POLICE, Institution.NGO, 0.05),
)
"""Who hears of it first, whom that one asks, for which institution it speaks, and how often (D)."""
DANGERS = ("suspect-in-household", "suspect-at-large", "threats", "self-harm", "no-safe-adult", "online-contact")


@dataclass(frozen=True, slots=True)
class Report:
    """What was reported: when it happened last, when an agency heard of it, and by which command."""

    child: Human
    incident: datetime
    received: datetime
    concern: Asked


@dataclass(frozen=True, slots=True)
class Opening:
    """When a case comes into the log, and whom it is about."""

    at: datetime
    child: Human
    suspect: Human | None


def report(book: Casebook, opening: Opening, *, around: bool = False, to_police: bool = False) -> Report:
    """The concern, as it is typed in; often long after somebody came with it. `around`: not through the police."""
    rng, lag, gap = book.rng, recording(book.rng), since_abuse(book.rng)
    doors = [door for door in DOORS if door[1] is POLICE or not to_police]
    by, to, behalf, _ = DOORS[3] if around else rng.choices(doors, weights=[door[3] for door in doors])[0]
    received = opening.at - lag
    incident = received - gap
    return concerned(book, opening, by, to, incident, received, behalf)


def concerned(
    book: Casebook,
    opening: Opening,
    by: Agency,
    to: Agency,
    incident: datetime,
    received: datetime,
    behalf: Institution | None = None,
) -> Report:
    data = {
        "concerns": opening.child.person,
        "notified": [taker for taker in TAKERS if taker not in (by, to)],
        "urgency": "immediate" if received - incident < timedelta(days=7) else "urgent",
        "limits": people.facts(opening.child, window(incident, received), received, opening.suspect),
        "safety": safety(book),
        "allegation": allegation(book, incident),
        "identity": opening.child.identity,
    }
    more: dict[str, Any] = {"happened": incident, "received": received, "basis": LegalBasis.MANDATORY_REPORT}
    concern = book.asks(by, to, "concern.report", opening.at, data, behalf=behalf, **more)
    return Report(opening.child, incident, received, concern)


def declined(book: Casebook, opening: Opening, told: Report) -> Report:
    """The first who is asked does not take it on: the other is asked, or the same with more."""
    concern = told.concern
    another = next((taker for taker in TAKERS if taker not in (concern.agency, concern.to)), None)
    reason, step = ("not-our-area", "refer-elsewhere") if another else ("too-little-known", "ask-again-with-more")
    at = decided_at(book, concern, seen="concern.receive").at
    book.ends(concern.to, "responsibility.decline", concern, at, reason=reason, next_step=step)
    again = replace(opening, at=at + timedelta(hours=book.rng.uniform(1, 40)))
    return concerned(book, again, concern.agency, another or concern.to, told.incident, told.received)


def sibling(book: Casebook, opening: Opening, told: Report) -> None:
    """Another child of the same home; somebody takes on what is said of it as well."""
    at = told.concern.after(hours=book.rng.uniform(1, 30))
    other = people.child(book.rng, at)
    also = replace(opening, at=at, child=other)
    concern = concerned(book, also, told.concern.agency, told.concern.to, told.incident, told.received).concern
    screened(book, concern, accepted(book, concern), book.rng.choice(("assessment", "advice")))


def safety(book: Casebook, whereabouts: str | None = None) -> dict[str, Any]:
    rng = book.rng
    return {
        "immediate_danger": rng.choice(("yes", "no", "unknown")),
        "suspect_has_access": rng.choice(("yes", "no", "unknown")),
        "whereabouts": whereabouts or rng.choice(("home", "relatives", "school", "hospital", "police-station")),
        "dangers": rng.sample(DANGERS, rng.randint(0, 2)),
        "guardian_may_be_told": rng.choice(("no", "no", "unknown", "yes")),
    }


def allegation(book: Casebook, incident: datetime) -> dict[str, Any]:
    kind = book.rng.choices(("sexual-abuse", "sexual-exploitation", "trafficking"), weights=(88, 9, 3))[0]
    earliest = incident - timedelta(days=book.rng.expovariate(1 / 60))
    return {"kind": kind, "window": {"earliest": earliest, "latest": incident}, "ongoing": "unknown"}


def accepted(book: Casebook, concern: Asked) -> Said:
    decided = decided_at(book, concern, seen="concern.receive")
    return book.acts(concern.to, "responsibility.accept", concern, decided.at, more={"role": Role.SUPERVISOR})


def screened(book: Casebook, concern: Asked, accepted: Said, outcome: str) -> Said:
    """Decided within a working day."""
    at = accepted.at + max(timedelta(minutes=20), within(book.rng, timedelta(hours=24)))
    return book.ends(concern.to, "concern.screen", concern, at, outcome=outcome)


def made_safe(book: Casebook, report: Report, taken: Said) -> Said | None:
    """The first acts around the child; through whom it can be reached safely, where that is settled."""
    rng, child = book.rng, report.child
    if rng.random() < 0.5:
        began = report.received + within(rng, timedelta(hours=24))
        protections = rng.sample(("child-taken-to-safety", "suspect-kept-away", "trusted-adult-with-child"), 2)
        data = {"concerns": child.person, "began_at": began, "protections": protections, "safety": safety(book)}
        book.types_in(rng.choice(TAKERS), "immediate-protection.take", began, data, not_before=taken.after(minutes=30))
    if happens(rng, "case-manager.assign"):
        data = {"concerns": child.person, "office": book.office(SOCIAL, taken.at)}
        book.says(SOCIAL, "case-manager.assign", taken.after(hours=rng.uniform(1, 30)), data, role=Role.SUPERVISOR)
    if not happens(rng, "safe-contact.choose"):
        return None
    found = rng.random() < 0.92
    contact = rng.choice(("trusted-relative", "school-professional", "child-directly")) if found else "none-known"
    at = taken.after(hours=rng.uniform(2, 40))
    data = {"concerns": child.person, "found": found, "contact": contact, "guardian_may_be_told": "no"}
    said = book.says(SOCIAL, "safe-contact.choose", at, {**data, "ask_office": book.office(SOCIAL, at)})
    return said if found else None
