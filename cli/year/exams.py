"""Care and the forensic exam, and what the laboratory makes of it; or that there never was an exam, and why."""

from datetime import datetime, timedelta
from typing import Any

from cli.year import people
from cli.year.casebook import Asked, Casebook, Said
from cli.year.distributions import around, happens, lasting
from cli.year.handoffs import decided_at, taken_on
from cli.year.intervention import Report, allegation, safety
from cli.year.people import Human, pointer
from contracts.agencies import Agency, Institution
from contracts.catalogue.parties import HEALTH, POLICE, PROSECUTION, SOCIAL
from contracts.vocabulary.people import LegalBasis
from services.health.domainmodel import window

ORDERERS = frozenset({POLICE, PROSECUTION, SOCIAL})
ANALYSIS, APPOINTMENT = around(45, 0.7), around(9, 0.7)
RECENT = timedelta(days=7)


def cared_for(book: Casebook, told: Report) -> None:
    """After a recent assault: treatment at once, through whichever door the child came."""
    rng, child = book.rng, told.child
    if told.received - told.incident > RECENT or not happens(rng, "urgent-care.give"):
        return
    began = told.received + timedelta(minutes=rng.uniform(20, 600))
    data = {"concerns": child.person, "began_at": began, "incident_at": told.incident}
    data["window"] = window(told.incident.replace(microsecond=0), began.replace(microsecond=0))
    care: dict[str, Any] = {"data": data, "happened": began, "basis": LegalBasis.VITAL_INTEREST}
    if told.concern.agency is HEALTH:
        not_before = told.concern.after(minutes=30)
        book.types_in(HEALTH, "urgent-care.give", not_before=max(began, not_before), **care)
        return
    asks = {"concerns": child.person, "service": "urgent-medical-care", "urgency": "immediate"}
    by = POLICE if POLICE in (told.concern.agency, told.concern.to) else SOCIAL
    made = book.asks(by, HEALTH, "referral.make", told.concern.after(minutes=20), asks | {"safety": safety(book)})
    accepted = taken_on(book, made, limit=timedelta(hours=2))
    begun = book.acts(HEALTH, "referral.start", made, max(accepted.at, began) + timedelta(minutes=15), began_at=began)
    book.types_in(HEALTH, "urgent-care.give", not_before=begun.after(minutes=5), **care)
    book.ends(HEALTH, "referral.complete", made, begun.after(hours=20), outcome="done", not_done_reason=None)


def examined(book: Casebook, told: Report, screened: Said, registered: Said | None) -> Said | None:
    """Ordered, consented to, and done; each of these may fail, and then somebody says so, or nobody does."""
    rng, child = book.rng, told.child
    if not happens(rng, "forensic-exam.order"):
        if registered and rng.random() < 0.5:
            data = {"concerns": child.person, "reason": "never-ordered"}
            at = registered.after(days=rng.uniform(10, 90))
            book.says(PROSECUTION, "forensic-exam.state-not-done", at, {"handoff_id": None, **data})
        return None
    by, made = _ordered(book, told, screened, registered)
    if rng.random() < 0.05:
        why = {"reason": "no-capacity", "next_step": "refer-elsewhere"}
        book.ends(HEALTH, "referral.decline", made, decided_at(book, made).at, **why)
        return None
    accepted = taken_on(book, made)
    examined_at = told.received + (_soon(book) if by is POLICE else lasting(rng, APPOINTMENT))
    at = max(accepted.after(hours=1), examined_at + timedelta(minutes=30))
    refused = rng.random() < 0.08
    who = {"consent": "refused" if refused else "given", "by": rng.choice(("child-and-guardian", "guardian", "court"))}
    consent: dict[str, Any] = {"basis": LegalBasis.CONSENT, "happened": min(at, examined_at)}
    book.says(HEALTH, "exam-consent.record", at, {"concerns": child.person, **who}, **consent)
    if refused or rng.random() < 0.05:
        reason = "consent-refused" if refused else rng.choice(("child-not-brought", "no-examiner"))
        concerns = {"concerns": child.person, "reason": reason}
        return book.ends(HEALTH, "forensic-exam.state-not-done", made, at + timedelta(hours=2), **concerns)
    begun = book.acts(HEALTH, "referral.start", made, at + timedelta(minutes=10), began_at=examined_at)
    done = begun.after(hours=rng.uniform(1, 12))
    extent = rng.choices(("whole", "part"), (8, 2))[0]
    what = {"examined_at": examined_at, "extent": extent, "report": pointer(rng, "institute-of-forensic-medicine")}
    return book.ends(HEALTH, "forensic-exam.complete", made, done, concerns=child.person, **what)


def _soon(book: Casebook) -> timedelta:
    return timedelta(hours=book.rng.uniform(2, 40))


def _ordered(book: Casebook, told: Report, screened: Said, registered: Said | None) -> tuple[Agency, Asked]:
    """While traces may be found the police order it at once; later, the prosecution."""
    recent = told.received - told.incident <= RECENT
    by = POLICE if recent or registered is None else PROSECUTION
    at = told.concern.after(hours=book.rng.uniform(0.5, 3)) if recent else (registered or screened).after(hours=5)
    happened = min(at, told.received + timedelta(hours=2))
    data = {
        "concerns": told.child.person,
        "notified": sorted(ORDERERS - {by}),
        "limits": people.facts(told.child, window(told.incident, happened), happened, None),
        "safety": safety(book),
        "allegation": allegation(book, told.incident),
        "identity": told.child.identity,
    }
    return by, book.asks(by, HEALTH, "forensic-exam.order", at, data, happened=happened)


def analysed(book: Casebook, child: Human, at: datetime) -> None:
    """What was found goes to the laboratory, by hand of health care; now and then no report ever comes back."""
    rng = book.rng
    items = [{**pointer(rng, "police-evidence-room"), "kind": rng.choice(("garment", "sample", "device"))}]
    data = {"concerns": child.person, "notified": [PROSECUTION], "for_institution": "forensics"}
    made = book.asks(POLICE, HEALTH, "evidence.transfer", at, {**data, "items": items, "offence": "sexual-abuse"})
    accepted = taken_on(book, made)
    handed = {"of_id": made.id, "institution": "forensics", "handed_at": accepted.after(hours=2)}
    book.says(HEALTH, "letter.hand-over", accepted.after(hours=3), handed)
    if rng.random() < 0.1:
        return
    report = {"concerns": child.person, "report": pointer(rng, "agency-on-forensics")}
    ready = accepted.at + max(timedelta(days=1), lasting(rng, ANALYSIS))
    book.ends(HEALTH, "expert-report.deliver", made, ready, **report, more={"behalf": Institution.FORENSICS})
