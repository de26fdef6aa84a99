"""How one case unfolds, from the first report to what is left of it."""

from dataclasses import replace
from datetime import timedelta

from cli.year import answering, exams, interviews, reintegration, roundtable, ways
from cli.year.casebook import Casebook, Said
from cli.year.courts import in_prison, tried
from cli.year.distributions import around, happens, lasting
from cli.year.handoffs import DECIDED
from cli.year.intervention import Opening, Report, accepted, declined, made_safe, report, screened, sibling
from cli.year.investigation import decided, filed, investigated
from cli.year.people import Human
from cli.year.register import entered
from cli.year.requests import REQUESTS, along_the_way
from cli.year.turns import IN_COURT, Course, Fate, Lot, Turn
from cli.year.workdays import nth_after
from contracts.catalogue.parties import POLICE, SOCIAL
from contracts.vocabulary.limit_facts import SuspectAge

REOPENED, ENTERED = around(45, 0.6), around(12, 0.6)
MEETING, PLACED, ANALYSED = 0.35, 0.10, 0.25
"""How often the agencies meet over a case, a child lives elsewhere for a while, and evidence is analysed (D)."""
TRANSFERS = frozenset({Turn.TRANSFERRED, Turn.TRANSFER_DECLINED})


def unfolds(book: Casebook, opening: Opening, lot: Lot) -> Report:
    """The whole of one case. Returns what was reported first."""
    first = report(book, opening, around=lot.course is Course.AROUND_POLICE, to_police=bool(lot.turns & TRANSFERS))
    refuses = Turn.CONCERN_DECLINED in lot.turns and not lot.turns & TRANSFERS
    told = declined(book, opening, first) if refuses else first
    taken = accepted(book, told.concern)
    if lot.course is Course.AROUND_POLICE:
        ways.around_police(book, told, taken)
        screened(book, told.concern, taken, "criminal-investigation")
        return first
    if lot.course is Course.SCREENED_OUT:
        screened(book, told.concern, taken, book.rng.choice(("no-further-action", "advice")))
        reintegration.closed(book, "unfounded")
        return first
    if Turn.REOPENED in lot.turns:
        told, taken = _reopened(book, opening, told, taken)
    _goes_on(book, opening, told, taken, lot)
    return first


def _reopened(book: Casebook, opening: Opening, told: Report, taken: Said) -> tuple[Report, Said]:
    """It was closed too early: somebody reports the same child anew."""
    screened(book, told.concern, taken, "no-further-action")
    closed = reintegration.closed(book, "unfounded")
    assert closed
    at = closed.at + lasting(book.rng, REOPENED)
    book.says(SOCIAL, "case.reopen", at, {"reason": "new-concern"})
    told = report(book, replace(opening, at=at + timedelta(minutes=10)))
    return told, accepted(book, told.concern)


def _goes_on(book: Casebook, opening: Opening, told: Report, taken: Said, lot: Lot) -> None:
    """Everybody at once: the child is made safe, the crime is investigated, and afterwards there is a life to live."""
    rng, child, suspect = book.rng, told.child, opening.suspect
    ways.around_somebody(book, told, taken, lot)
    meets = rng.random() < MEETING
    seen = screened(book, told.concern, taken, "strategy-discussion" if meets else "criminal-investigation")
    contact = made_safe(book, told, taken)
    if Turn.SIBLING in lot.turns:
        sibling(book, opening, told)
    exams.cared_for(book, told)
    convened = meets and happens(rng, "roundtable.convene")
    table = roundtable.met(book, child, told.concern, seen.after(minutes=30)) if convened else None
    if lot.turns & TRANSFERS and told.concern.to is POLICE:
        ways.transferred(book, told, seen, lot)
    if lot.turns & {Turn.SHELTER, Turn.MISSING} or rng.random() < PLACED:
        reintegration.placed(book, child, seen.after(hours=rng.uniform(1, 200)), lot)
    if contact:
        reintegration.helped(book, told, contact, lot)
    for turn in REQUESTS:
        if turn in lot.turns:
            along_the_way(book, child, seen.after(days=rng.uniform(1, 60)), turn)
    final = _pursued(book, told, seen, suspect, lot)
    _answered_for(book, told, taken, table, lot)
    reintegration.closed(book)
    if final and suspect:
        _convicted(book, child, suspect, final, lot)


def _pursued(book: Casebook, told: Report, seen: Said, suspect: Human | None, lot: Lot) -> Said | None:
    """The investigation, if the prosecution ever hears of it; the judgment that is final, if there is one."""
    if not happens(book.rng, "crime-report.file"):
        exams.examined(book, told, seen, None)
        return None
    found = investigated(book, told, filed(book, told, seen, suspect), suspect, lot)
    exam = exams.examined(book, told, seen, found.registered)
    if exam and exam.verb == "forensic-exam.complete" and book.rng.random() < ANALYSED:
        exams.analysed(book, told.child, exam.after(hours=book.rng.uniform(2, 90)))
    interviews.heard(book, told, found, lot)
    charged = decided(book, found, lot)
    if charged is None or suspect is None or lot.fate not in IN_COURT:
        return None
    return tried(book, told.child, suspect, charged, lot)


def _answered_for(book: Casebook, told: Report, taken: Said, table: Said | None, lot: Lot) -> None:
    if Turn.EXCUSED in lot.turns:
        answering.answered_for(book, "handoff-decided", told.concern, told.concern.to, told.concern.at + DECIDED, taken)
        if table:
            due = nth_after(told.concern.at, roundtable.LIMIT_DAYS)
            answering.answered_for(book, "conference", told.concern, SOCIAL, due, table)
    answering.looked_into(book, told, lot)
    answering.put_right(book, told, lot)


def _convicted(book: Casebook, child: Human, suspect: Human, final: Said, lot: Lot) -> None:
    """Who goes to prison comes out again on leave; and an adult is entered in the register."""
    if lot.fate is Fate.PRISON:
        in_prison(book, child, suspect, final)
    if lot.fate is not Fate.ACQUITTED and suspect.suspect_age(final.at) is SuspectAge.ADULT:
        entered(book.beside(), suspect, final.at + lasting(book.rng, ENTERED), final.at)
