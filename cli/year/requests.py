"""What agencies ask of each other along the way, and the many ways in which such a handoff ends."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from cli.year.casebook import Asked, Casebook, Said
from cli.year.distributions import around, lasting
from cli.year.handoffs import decided_at, served, taken_on
from cli.year.intervention import safety
from cli.year.people import Human
from cli.year.turns import Turn
from contracts.agencies import Agency
from contracts.catalogue.parties import HEALTH, OVERSIGHT, POLICE, PROSECUTION, SOCIAL
from contracts.vocabulary.asking import NEEDS_CONSENT, Service
from contracts.vocabulary.people import LegalBasis

KINDS = (
    (POLICE, SOCIAL, Service.ACCOMPANIMENT),
    (SOCIAL, POLICE, Service.WELFARE_CHECK),
    (PROSECUTION, SOCIAL, Service.ACCOMPANIMENT),
    (HEALTH, SOCIAL, Service.CHILD_PROTECTION_ASSESSMENT),
    (SOCIAL, HEALTH, Service.PSYCHOLOGICAL_SUPPORT),
    (SOCIAL, OVERSIGHT, Service.REVIEW),
)
WAIT, WORK = around(3, 0.8), around(9, 0.9)
FOR = timedelta(days=3)
"""So long one that expires is held open."""


def asked(book: Casebook, child: Human, at: datetime, kind: tuple[Agency, Agency, Service], **more: Any) -> Asked:
    by, to, service = kind
    basis = LegalBasis.CONSENT if service in NEEDS_CONSENT else None
    data = {"concerns": child.person, "service": service, "urgency": "routine", "identity": child.identity, **more}
    return book.asks(by, to, "referral.make", at, data, basis=basis)


def along_the_way(book: Casebook, child: Human, at: datetime, turn: Turn) -> None:
    """One such request, from its making to its end."""
    until = {"expires_at": at + FOR} if turn is Turn.EXPIRED else {}
    made = asked(book, child, at, book.rng.choice(KINDS), **until)
    _ENDS[turn](book, child, made)


def _then_served(book: Casebook, made: Asked, accepted: Said) -> Said:
    done = served(book, made, accepted, first=lasting(book.rng, WAIT), lasts=lasting(book.rng, WORK))
    if book.rng.random() < 0.4:
        closes = done.after(days=book.rng.uniform(0.1, 20))
        book.acts(made.agency, "referral.close", made, closes, reason="outcome-taken-in")
    return done


def _done(book: Casebook, child: Human, made: Asked) -> None:
    _then_served(book, made, taken_on(book, made))


def _not_done(book: Casebook, child: Human, made: Asked) -> None:
    accepted = taken_on(book, made)
    why = book.rng.choice(("child-not-found", "child-declined", "no-capacity", "overtaken"))
    at = accepted.at + lasting(book.rng, WORK)
    book.ends(made.to, "referral.complete", made, at, outcome="not-done", not_done_reason=why)


def _declined(book: Casebook, child: Human, made: Asked) -> None:
    why = book.rng.choice(("no-capacity", "not-our-area", "already-open-here", "too-little-known"))
    at = decided_at(book, made).at
    book.ends(made.to, "referral.decline", made, at, reason=why, next_step="sender-keeps")


def _withdrawn(book: Casebook, child: Human, made: Asked) -> None:
    accepted = taken_on(book, made)
    asks = book.acts(made.agency, "referral.ask-withdrawal", made, accepted.after(days=1), reason="need-met")
    book.ends(made.to, "referral.confirm-withdrawal", made, asks.after(hours=book.rng.uniform(1, 60)))


def _goes_on(book: Casebook, child: Human, made: Asked) -> None:
    """Whoever took it on thinks that the child still needs it."""
    accepted = taken_on(book, made)
    at = accepted.after(hours=5)
    asks = book.acts(made.agency, "referral.ask-withdrawal", made, at, reason="circumstances-changed")
    _then_served(book, made, asks)


def _superseded(book: Casebook, child: Human, made: Asked) -> None:
    anew = _asked_anew(book, child, made)
    book.ends(made.agency, "referral.supersede", made, anew.after(minutes=4), by_id=anew.id)
    _done(book, child, anew)


def _asked_anew(book: Casebook, child: Human, made: Asked) -> Asked:
    """Before anybody has taken it on, it is asked for more urgently."""
    service = next(kind[2] for kind in KINDS if kind[:2] == (made.agency, made.to))
    kind = (made.agency, made.to, service)
    return asked(book, child, made.after(minutes=20), kind, urgency="urgent", safety=safety(book))


def _expired(book: Casebook, child: Human, made: Asked) -> None:
    book.ends(made.agency, "referral.expire", made, made.at + FOR + timedelta(hours=book.rng.uniform(1, 30)))


def _reassigned(book: Casebook, child: Human, made: Asked) -> None:
    accepted = taken_on(book, made)
    office = f"{book.office(made.to, accepted.at)}-second"
    why = book.rng.choice(("right-office", "capacity", "absence"))
    _then_served(
        book, made, book.acts(made.to, "referral.reassign", made, accepted.after(days=1), office=office, reason=why)
    )


def _answered(book: Casebook, child: Human, made: Asked) -> None:
    at = _question(book, made)
    answers = [{"question": "safe-contact", "answer": "yes", "ask_office": book.office(made.agency, at.at)}]
    gives = at.after(hours=book.rng.uniform(0.3, 8))
    book.acts(made.agency, "information.give", made, gives, asked_id=at.id, answers=answers, identity=None)
    _then_served(book, made, book.acts(made.to, "referral.accept", made, gives + timedelta(hours=3)))


def _refused(book: Casebook, child: Human, made: Asked) -> None:
    at = _question(book, made)
    why = book.rng.choice(("not-held", "would-harm-investigation", "would-endanger"))
    refuses = book.acts(made.agency, "information.refuse", made, at.after(hours=4), asked_id=at.id, reason=why)
    _then_served(book, made, book.acts(made.to, "referral.accept", made, refuses.after(hours=2)))


def _question(book: Casebook, made: Asked) -> Said:
    at, how = made.after(hours=book.rng.uniform(0.2, 6)), book.rng.choice(("red", "amber", "green"))
    return book.acts(made.to, "information.ask", made, at, priority=how, questions=["safe-contact", "earlier-concerns"])


def _unanswered(book: Casebook, child: Human, made: Asked) -> None:
    """Nobody ever says anything to it: it stays open."""


def _accepted_then_superseded(book: Casebook, child: Human, made: Asked) -> None:
    """It is taken on just when it is asked for anew: what was taken on goes on, and the second is let go."""
    anew, both = _asked_anew(book, child, made), {"crosses": book.new_id()}
    accepted = book.acts(made.to, "referral.accept", made, anew.after(minutes=4), more=both)
    book.acts(made.agency, "referral.supersede", made, accepted.at, by_id=anew.id, more=both)
    asks = book.acts(
        anew.agency, "referral.ask-withdrawal", anew, accepted.after(hours=2), reason="already-open-elsewhere"
    )
    book.ends(anew.to, "referral.confirm-withdrawal", anew, asks.after(hours=3))
    _then_served(book, made, accepted)


def _superseded_then_accepted(book: Casebook, child: Human, made: Asked) -> None:
    """The same the other way round: the acceptance comes too late, and it is the second that is taken on."""
    anew, both = _asked_anew(book, child, made), {"crosses": book.new_id()}
    ended = book.ends(made.agency, "referral.supersede", made, anew.after(minutes=4), by_id=anew.id, more=both)
    book.acts(made.to, "referral.accept", made, ended.at, more=both)
    _then_served(book, anew, book.acts(anew.to, "referral.accept", anew, ended.after(hours=1)))


def _declined_then_withdrawn(book: Casebook, child: Human, made: Asked) -> None:
    at, both = decided_at(book, made).at, {"crosses": book.new_id()}
    book.ends(made.to, "referral.decline", made, at, reason="no-capacity", next_step="sender-keeps", more=both)
    book.acts(made.agency, "referral.ask-withdrawal", made, at, reason="made-in-error", more=both)


def _completed_then_withdrawn(book: Casebook, child: Human, made: Asked) -> None:
    accepted, both = taken_on(book, made), {"crosses": book.new_id()}
    begun = book.acts(made.to, "referral.start", made, accepted.after(days=2), began_at=accepted.after(days=1))
    at = begun.after(days=book.rng.uniform(1, 9))
    book.ends(made.to, "referral.complete", made, at, outcome="done", not_done_reason=None, more=both)
    book.acts(made.agency, "referral.ask-withdrawal", made, at, reason="need-met", more=both)


_ENDS: Mapping[Turn, Callable[[Casebook, Human, Asked], None]] = {
    Turn.DONE: _done,
    Turn.NOT_DONE: _not_done,
    Turn.DECLINED: _declined,
    Turn.WITHDRAWN: _withdrawn,
    Turn.GOES_ON: _goes_on,
    Turn.SUPERSEDED: _superseded,
    Turn.EXPIRED: _expired,
    Turn.REASSIGNED: _reassigned,
    Turn.ANSWERED: _answered,
    Turn.REFUSED: _refused,
    Turn.UNANSWERED: _unanswered,
    Turn.ACCEPTED_THEN_SUPERSEDED: _accepted_then_superseded,
    Turn.SUPERSEDED_THEN_ACCEPTED: _superseded_then_accepted,
    Turn.DECLINED_THEN_WITHDRAWN: _declined_then_withdrawn,
    Turn.COMPLETED_THEN_WITHDRAWN: _completed_then_withdrawn,
}
REQUESTS = tuple(_ENDS)
