"""Whoever is suspected: found, perhaps arrested, let go or held, and kept away from the child."""

from datetime import datetime, timedelta
from typing import Any

from cli.year.casebook import Casebook, Said
from cli.year.distributions import around, lasting, within
from cli.year.handoffs import taken_on
from cli.year.intervention import safety
from cli.year.people import Human
from cli.year.turns import IN_COURT, Fate, Lot, Turn
from contracts.agencies import Agency, Institution
from contracts.catalogue.parties import POLICE, PROSECUTION, SOCIAL
from contracts.vocabulary.limit_facts import SuspectAge
from contracts.vocabulary.people import LegalBasis, Role

BY_COURT: dict[str, Any] = {"behalf": Institution.COURT, "basis": LegalBasis.COURT_ORDER}
FOUND, REMAND = around(4, 1.1), around(60, 0.6)
ARRESTED = {True: 0.6, False: 0.25}
"""How often a suspect is arrested whose case does, or does not, come before a court (D)."""


def pursued(book: Casebook, child: Human, suspect: Human, registered: Said, lot: Lot) -> None:
    """A suspect is known; what keeps the child from harm follows, and whoever employs the suspect hears of it."""
    rng = book.rng
    identified = _identified(book, child, suspect, registered)
    _arrested(book, child, suspect, identified, lot)
    if lot.turns & {Turn.PROFESSIONAL, Turn.AROUND_SCHOOL}:
        works = "school" if Turn.AROUND_SCHOOL in lot.turns else rng.choice(("health-care", "sport", "ngo"))
        since = identified.after(days=rng.uniform(0.1, 4))
        data = of(child, suspect) | {"workplace": works}
        book.types_in(POLICE, "professional.suspect", since, data, not_before=since)


def of(child: Human, suspect: Human) -> dict[str, Any]:
    return {"concerns": child.person, "suspect": suspect.person}


def _identified(book: Casebook, child: Human, suspect: Human, registered: Said) -> Said:
    at = registered.at + lasting(book.rng, FOUND)
    own_case = None
    age = suspect.suspect_age(at)
    if age is not SuspectAge.ADULT:
        own_case, looked_after = _own_case(book, suspect, at)
        at = looked_after.after(minutes=30)
    tie = book.rng.choice(("household", "relative", "relative", "acquaintance", "acquaintance", "stranger"))
    data = of(child, suspect) | {"age": age, "own_case": own_case, "tie": tie, "identity": suspect.identity}
    return book.says(POLICE, "suspect.identify", at, data)


def _own_case(book: Casebook, suspect: Human, at: datetime) -> tuple[str, Said]:
    """A suspect under 18 is a child too: its own needs are looked at, in a case of its own, and on the same day."""
    own = book.beside()
    who = suspect.known_anew(own.rng, "child")
    data = {"concerns": who.person, "service": "child-protection-assessment", "identity": who.identity}
    made = own.asks(POLICE, SOCIAL, "referral.make", at, {**data, "urgency": "urgent", "safety": safety(own)})
    accepted = taken_on(own, made, limit=timedelta(hours=8))
    begun = own.acts(SOCIAL, "referral.start", made, accepted.after(days=1), began_at=accepted.after(hours=20))
    own.ends(SOCIAL, "referral.complete", made, begun.after(days=20), outcome="done", not_done_reason=None)
    return own.ref, made


def _arrested(book: Casebook, child: Human, suspect: Human, identified: Said, lot: Lot) -> None:
    """Some are arrested; and some, free, are told by a court to keep away."""
    rng, who = book.rng, of(child, suspect)
    at = identified.after(hours=rng.uniform(1, 72))
    keeps_away = Turn.MEASURE_BREACHED in lot.turns
    if suspect.suspect_age(at) is not SuspectAge.UNDER_CRIMINAL_AGE and rng.random() < ARRESTED[lot.fate in IN_COURT]:
        grounds = rng.sample(("risk-to-child", "risk-of-flight", "risk-to-evidence"), rng.randint(1, 2))
        data = who | {"arrested_at": at - timedelta(minutes=50), "custody": "held", "grounds": grounds}
        arrested = book.says(POLICE, "suspect.arrest", at, data | {"identity": suspect.identity})
        freed = _before_judge(book, who, arrested, lot)
        if freed and (keeps_away or rng.random() < 0.25):
            _kept_away(book, who, freed.after(hours=5), lot)
        keeps_away = keeps_away and freed is None
    if keeps_away or rng.random() < 0.15:
        _kept_away(book, who, at + timedelta(days=3), lot)


def _before_judge(book: Casebook, who: dict[str, Any], arrested: Said, lot: Lot) -> Said | None:
    """Within two days a judge says whether the suspect is held; the release, if there is one before the trial."""
    rng = book.rng
    asked = _measure(book, PROSECUTION, who, "detention", "requested", arrested.after(hours=rng.uniform(4, 30)))
    judged = max(asked.after(hours=1), arrested.at + within(rng, timedelta(hours=48)))
    detained = rng.random() < (0.9 if lot.fate is Fate.PRISON else 0.35)
    _measure(book, PROSECUTION, who, "detention", "ordered" if detained else "refused", judged, BY_COURT)
    if detained and lot.fate is Fate.PRISON and rng.random() < 0.6:
        return None
    free = judged + (lasting(rng, REMAND) if detained else timedelta(hours=2))
    if detained:
        data = who | {"since": free, "change": "release", "safety": safety(book)}
        more: dict[str, Any] = {"behalf": Institution.CORRECTIONS, "role": Role.VICTIM_ADVOCATE}
        book.says(PROSECUTION, "custody-status.change", free + timedelta(minutes=30), data, **more)
    conditions = rng.sample(("no-contact-with-child", "keep-away-from-home", "report-to-police"), rng.randint(0, 2))
    data = who | {"released_at": free, "conditions": conditions, "safety": safety(book)}
    by = PROSECUTION if detained else POLICE
    return book.says(
        by, "suspect.release", free + timedelta(hours=rng.uniform(1, 20)), data, **BY_COURT if detained else {}
    )


def _kept_away(book: Casebook, who: dict[str, Any], at: datetime, lot: Lot) -> None:
    rng, measure = book.rng, book.rng.choice(("no-contact-order", "keep-away-order"))
    asked = _measure(book, rng.choice((POLICE, PROSECUTION)), who, measure, "requested", at)
    ordered = _measure(book, PROSECUTION, who, measure, "ordered", asked.after(hours=rng.uniform(4, 90)), BY_COURT)
    if Turn.MEASURE_BREACHED in lot.turns:
        _measure(book, POLICE, who, measure, "breached", ordered.after(days=rng.uniform(2, 60)))


def _measure(
    book: Casebook, by: Agency, who: dict[str, Any], measure: str, change: str, at: datetime, more: Any = None
) -> Said:
    data = who | {"measure": measure, "change": change, "since": at, "safety": safety(book)}
    return book.says(by, "protective-measure.change", at + timedelta(minutes=20), data, **more or {})
