"""Afterwards: what the child needs, therapy, school, the plan, and the end of the case."""

from datetime import datetime, timedelta

from cli.year.casebook import Casebook, Said
from cli.year.distributions import around, happens, lasting, within
from cli.year.handoffs import decided_at
from cli.year.intervention import Report, safety
from cli.year.people import Human
from cli.year.roundtable import ACTIONS
from cli.year.turns import Lot, Turn
from contracts.agencies import Institution
from contracts.catalogue.parties import HEALTH, SOCIAL
from contracts.vocabulary.people import LegalBasis

ASSESSED = timedelta(days=63)
"""45 working days (Working Together, England)."""
WAITING, THERAPY = around(35, 0.8), around(120, 0.6)
NEEDS = ("safe-home", "medical-follow-up", "therapy", "schooling", "legal-aid", "family-support")


def placed(book: Casebook, child: Human, at: datetime, lot: Lot) -> Said:
    """The child lives elsewhere; it may run away from there, and is found."""
    rng = book.rng
    where = "shelter" if Turn.SHELTER in lot.turns else rng.choice(("relatives", "foster-family"))
    lives = book.says(SOCIAL, "placement.change", at, {"concerns": child.person, "since": at, "placement": where})
    if Turn.MISSING not in lot.turns:
        return lives
    gone = lives.after(days=rng.uniform(3, 60))
    data = {"concerns": child.person, "missing_since": gone, "safety": safety(book, "missing")}
    behalf = Institution.SHELTER if where == "shelter" else None
    identity = {"identity": child.identity}
    missing = book.says(SOCIAL, "child.report-missing", gone + timedelta(hours=1), data | identity, behalf=behalf)
    back = missing.after(hours=rng.uniform(8, 200))
    data = {"concerns": child.person, "since": back, "placement": "home-with-safeguards"}
    return book.says(SOCIAL, "placement.change", back + timedelta(hours=2), data)


def helped(book: Casebook, told: Report, contact: Said, lot: Lot) -> None:
    """Needs are assessed, and what answers them begins; nothing of it before there is a safe contact."""
    rng, child = book.rng, told.child
    if not happens(rng, "needs.assess"):
        return
    at = max(contact.after(hours=2), told.concern.at + within(rng, ASSESSED))
    needs = rng.sample(NEEDS, rng.randint(1, 4))
    assessed = book.says(SOCIAL, "needs.assess", at, {"concerns": child.person, "needs": needs})
    if happens(rng, "therapy.refer"):
        _therapy(book, child, assessed)
    if told.child.age(at) >= 6 and rng.random() < 0.35:
        starting = assessed.after(days=rng.uniform(7, 60))
        data = {"concerns": child.person, "starting": starting, "supports": ["trusted-teacher", "safe-way-to-school"]}
        agreed = book.says(SOCIAL, "school-return.agree", assessed.after(days=rng.uniform(2, 6)), data)
        if Turn.AROUND_SCHOOL not in lot.turns and rng.random() < 0.5:
            handed = {"of_id": agreed.id, "institution": "school", "handed_at": agreed.after(hours=3)}
            book.says(SOCIAL, "letter.hand-over", agreed.after(hours=4), handed)
    review, owners = assessed.at, (SOCIAL, HEALTH)
    for outcome in rng.sample(("on-course", "changed", "not-followed"), rng.randint(0, 1)):
        review += timedelta(days=rng.uniform(25, 60))
        due = review + timedelta(days=30)
        actions = [{"action": ACTIONS[owner], "owner": owner, "due_at": due} for owner in owners]
        book.says(SOCIAL, "plan.review", review, {"concerns": child.person, "outcome": outcome, "actions": actions})


def _therapy(book: Casebook, child: Human, assessed: Said) -> None:
    """By consent; what comes back is that it began and that it ended. Some wait for it for ever."""
    rng = book.rng
    data = {"concerns": child.person, "for_institution": rng.choice((None, "ngo")), "identity": child.identity}
    at = assessed.after(days=rng.uniform(0.2, 9))
    made = book.asks(SOCIAL, HEALTH, "therapy.refer", at, data, basis=LegalBasis.CONSENT)
    decided = decided_at(book, made)
    if rng.random() < 0.08:
        why = {"reason": "no-capacity", "next_step": "refer-elsewhere"}
        book.ends(HEALTH, "referral.decline", made, decided.at, **why)
        return
    book.acts(HEALTH, "referral.accept", made, decided.at)
    if rng.random() < 0.1:
        return
    begins = decided.at + lasting(rng, WAITING)
    begun = book.acts(HEALTH, "referral.start", made, begins + timedelta(hours=4), began_at=begins)
    ended = begun.at + lasting(rng, THERAPY)
    left = "child-declined" if rng.random() < 0.1 else None
    outcome = "partly-done" if left else "done"
    book.ends(HEALTH, "referral.complete", made, ended, outcome=outcome, not_done_reason=left)


def closed(book: Casebook, reason: str = "goals-reached") -> Said | None:
    """A case is closed when nothing in it waits for anybody any more."""
    if book.open or book.latest is None:
        return None
    at = book.latest + timedelta(days=book.rng.uniform(5, 40))
    return book.says(SOCIAL, "case.close", at, {"reason": reason})
