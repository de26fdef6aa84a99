"""What courts do with a case, in the words of the prosecution that speaks for them."""

from datetime import timedelta

from cli.year.casebook import Casebook, Said
from cli.year.distributions import around, lasting
from cli.year.intervention import safety
from cli.year.people import Human
from cli.year.suspects import BY_COURT, of
from cli.year.turns import Fate, Lot
from contracts.agencies import Institution
from contracts.catalogue.parties import PROSECUTION
from contracts.vocabulary.limit_facts import SuspectAge

TRIAL, APPEAL = around(150, 0.6), around(110, 0.5)


def tried(book: Casebook, child: Human, suspect: Human, charged: Said, lot: Lot) -> Said:
    """Hearings that are put off, a judgment, perhaps an appeal: the judgment that is final."""
    rng = book.rng
    judged = charged.at + max(timedelta(days=20), lasting(rng, TRIAL))
    for _ in range(rng.choices((0, 1, 2, 3), (4, 3, 2, 1))[0]):
        put_off = charged.at + (judged - charged.at) * rng.uniform(0.1, 0.8)
        why = rng.choice(("defendant-absent", "witness-absent", "counsel-absent", "court-unavailable"))
        data = {"concerns": child.person, "adjourned_to": put_off + timedelta(days=rng.uniform(14, 60)), "reason": why}
        book.types_in(PROSECUTION, "hearing.adjourn", put_off, data, not_before=put_off, **BY_COURT)
    sanction = None
    if lot.fate is not Fate.ACQUITTED:
        young = suspect.suspect_age(charged.at) is not SuspectAge.ADULT
        sanction = "prison" if lot.fate is Fate.PRISON else "educational-measure" if young else "suspended-sentence"
    verdict = "convicted" if sanction else rng.choices(("acquitted", "charge-rejected"), (8, 2))[0]
    data = of(child, suspect) | {"verdict": verdict, "sanction": sanction}
    final = rng.random() < 0.6
    said = book.says(PROSECUTION, "judgment.give", judged, data | {"final": final}, **BY_COURT)
    if final:
        return said
    return book.says(PROSECUTION, "judgment.give", said.at + lasting(rng, APPEAL), data | {"final": True}, **BY_COURT)


def in_prison(book: Casebook, child: Human, suspect: Human, final: Said) -> None:
    """Leave, and now and then an escape: whoever stands beside the child is told at once."""
    rng, at = book.rng, final.after(days=book.rng.uniform(20, 150))
    changes = ("escape", "return") if rng.random() < 0.15 else ("leave", "return")
    for change in changes:
        data = of(child, suspect) | {"since": at, "change": change, "safety": safety(book)}
        told = at + timedelta(minutes=rng.uniform(10, 90))
        book.says(PROSECUTION, "custody-status.change", told, data, behalf=Institution.CORRECTIONS)
        at = told + timedelta(days=rng.uniform(1, 6))
