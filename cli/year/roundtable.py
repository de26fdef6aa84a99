"""The agencies of a case meet, and decide together: within fifteen working days."""

from datetime import datetime, timedelta
from math import ceil

from cli.year.casebook import Asked, Casebook, Said
from cli.year.distributions import by_deadline
from cli.year.handoffs import decided_at
from cli.year.intervention import safety
from cli.year.people import Human
from cli.year.workdays import at_work, nth_after
from contracts.catalogue.parties import HEALTH, POLICE, PROSECUTION, SOCIAL

LIMIT_DAYS = 15
"""From the report to the conference, in working days (Working Together, England)."""
ACTIONS = {
    POLICE: "welfare-check",
    PROSECUTION: "victim-advocacy",
    SOCIAL: "accompaniment",
    HEALTH: "psychological-support",
}


def met(book: Casebook, child: Human, concern: Said, earliest: datetime) -> Said:
    """Each is invited, most come, and what was decided goes to whoever has to do it."""
    rng = book.rng
    day = nth_after(concern.at, ceil(LIMIT_DAYS * by_deadline(rng)))
    held = max(at_work(day, rng), earliest + timedelta(hours=2))
    sent = max(earliest, held - timedelta(days=rng.uniform(2, 8)))
    table, guests = book.new_id(), [POLICE, PROSECUTION, *([HEALTH] if rng.random() < 0.3 else [])]
    data = {"concerns": child.person, "roundtable_id": table, "held_at": held, "safety": safety(book)}
    invitations = [
        book.asks(SOCIAL, guest, "roundtable.convene", sent + timedelta(minutes=2 * place), data)
        for place, guest in enumerate(guests)
    ]
    for invitation in invitations:
        _attended(book, invitation, held)
    decided = held + timedelta(hours=rng.uniform(1.5, 24))
    due = decided + timedelta(days=30)
    actions = [{"action": ACTIONS[owner], "owner": owner, "due_at": due} for owner in (SOCIAL, *guests)]
    data = {"concerns": child.person, "roundtable_id": table, "actions": actions}
    return book.says(SOCIAL, "roundtable.decide", decided, data)


def _attended(book: Casebook, invitation: Asked, held: datetime) -> None:
    guest, by = invitation.to, min(held - timedelta(minutes=5), decided_at(book, invitation, seen="").at)
    if book.rng.random() < 0.08:
        why = {"reason": "no-capacity", "next_step": "sender-keeps"}
        book.ends(guest, "referral.decline", invitation, by, **why)
        return
    book.acts(guest, "referral.accept", invitation, by)
    came = book.rng.random() < 0.9
    if not came:
        absent = {"outcome": "not-done", "not_done_reason": "no-capacity"}
        book.ends(guest, "referral.complete", invitation, held + timedelta(hours=3), **absent)
        return
    book.acts(guest, "referral.start", invitation, held + timedelta(minutes=5), began_at=held)
    book.ends(guest, "referral.complete", invitation, held + timedelta(hours=2), outcome="done", not_done_reason=None)
