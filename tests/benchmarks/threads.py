"""How made-up cases go: what opens one, its handoffs with their ends, what is said beside them, how it is closed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle
from random import Random
from typing import Any

from contracts.agencies import FIELD, Agency
from contracts.catalogue import entry_of
from contracts.standing import Course, Move, course_of
from contracts.vocabulary.asking import NEEDS_CONSENT, OFFERED_BY, Service
from contracts.vocabulary.people import LegalBasis
from tests.benchmarks.stories import TOWNS, Case, Said, Thread, a_uuid, spelled, word

POLICE, PROSECUTION, SOCIAL, HEALTH, OVERSIGHT, _ = Agency
MINUTE_S, HOUR_S, DAY_S = 60.0, 3600.0, 86400.0
EXPIRES_AFTER = timedelta(days=7)
Pairs = Iterator[tuple[Agency, Agency]]
PAIRS = [(opener, to) for opener in FIELD for to in FIELD if opener is not to]
OFFERS = {to: [service for service, offering in OFFERED_BY.items() if to in offering] for to in FIELD}
_BASES = {Service.SCREENING: LegalBasis.MANDATORY_REPORT} | dict.fromkeys(
    (Service.PROSECUTION, Service.FORENSIC_EXAM), LegalBasis.CRIMINAL_PROCEDURE
) | dict.fromkeys(NEEDS_CONSENT, LegalBasis.CONSENT)  # fmt: skip
_FACTS = (
    ("urgent-care.given", HEALTH),
    ("victim-advocate.assigned", PROSECUTION),
    ("case-manager.assigned", SOCIAL),
    ("safe-contact.set", SOCIAL),
    ("placement.changed", SOCIAL),
    ("needs.assessed", SOCIAL),
)


@dataclass(slots=True)
class Handoff:
    """One handoff of a case, of which nothing is ever void: each act is said by who knows all that was said before."""

    case: Case
    service: Service
    opener: Agency
    to: Agency
    id: str = field(init=False)
    told: frozenset[Agency] = frozenset()  # the notified
    last: str | None = None

    def __post_init__(self) -> None:
        self.id = a_uuid(self.case.dice)

    def made(self, type_name: str, codes: Mapping[str, Any]) -> Said:
        self.told = entry_of(type_name).told - {self.opener, self.to}
        self.case.parties[self.id] = frozenset({self.opener, self.to})
        self.case.waiting += 1
        parties: dict[str, Any] = {"to": self.to, "notified": sorted(self.told), "expires_at": None}
        letters = {self.to: False} | dict.fromkeys(self.told, True)
        return self._says(self.opener, type_name, letters, parties | dict(codes), record_id=self.id)

    def act(self, move: Move, by: Agency, **codes: Any) -> Said:
        type_name = word(move, self.service)
        due = {self.opener, self.to} | entry_of(type_name).told
        letters = {hearer: hearer not in due for hearer in (due | self.told) - {by}}
        return self._says(by, type_name, letters, {"handoff_id": self.id, **codes})

    def _says(self, by: Agency, type_name: str, letters: Mapping[Agency, bool], codes: Any, **more: Any) -> Said:
        basis = _BASES.get(self.service, LegalBasis.PROTECTION_DUTY)
        said = self.case.says(
            by, type_name, letters, codes, basis, correlation_id=self.id, causation_id=self.last, **more
        )
        self.last = said.id
        return said

    def ends(self, *, in_nothing: bool = False) -> None:
        self.case.waiting -= 1
        if in_nothing:
            del self.case.parties[self.id]

    def closes(self) -> None:
        """Its file; its parties are then no longer active by it."""
        del self.case.parties[self.id]


def handoff(case: Case, type_name: str, service: Service, opener: Agency, to: Agency) -> Thread:
    """From its making to whatever it comes to: some are never answered, or seen and no more, or never ended."""
    dice, asked = case.dice, Handoff(case, service, opener, to)
    unanswered, codes = dice.random() < 0.05, dict[str, Any]()
    if type_name == "referral.made":
        codes = {"service": service, "for_institution": None, "expires_at": spelled(case.now + EXPIRES_AFTER)}
    first_wait = EXPIRES_AFTER.total_seconds() + DAY_S if unanswered else dice.uniform(2 * MINUTE_S, 5 * HOUR_S)
    yield asked.made(type_name, codes), first_wait
    if unanswered:
        if codes and dice.random() < 0.5:
            asked.ends(in_nothing=True)
            yield asked.act(Move.EXPIRE, opener), 0
        return
    yield asked.act(Move.ACKNOWLEDGE, to), dice.uniform(5 * MINUTE_S, 20 * HOUR_S)
    if dice.random() < 0.3:
        yield from question(asked, to)
    fate = dice.random()
    if fate < 0.04:
        yield asked.act(Move.ASK_WITHDRAWAL, opener), dice.uniform(HOUR_S, DAY_S)
        asked.ends(in_nothing=True)
        yield asked.act(Move.CONFIRM_WITHDRAWAL, to), 0
    elif fate < 0.14:
        asked.ends(in_nothing=True)
        yield asked.act(Move.DECLINE, to), 0
    elif fate > 0.19:  # else somebody has seen it, and that is the last of it
        yield from taken_on(asked, course_of(service))


def taken_on(asked: Handoff, course: Course) -> Thread:
    """Accepted, and served to its end unless it stays open."""
    case, dice, opener, to = asked.case, asked.case.dice, asked.opener, asked.to
    if course is not Course.SERVICE and case.holder is opener:
        case.holder = to
    if course is Course.TRANSFER:
        asked.ends()
        yield asked.act(Move.ACCEPT, to), 0
        return
    yield asked.act(Move.ACCEPT, to), dice.uniform(HOUR_S, 2 * DAY_S)
    if asked.service is Service.FORENSIC_EXAM:
        yield case.states(HEALTH, "exam-consent.recorded"), dice.uniform(MINUTE_S, HOUR_S)
    if dice.random() < 0.1:
        return
    if course is Course.SERVICE:
        yield asked.act(Move.START, to), dice.uniform(HOUR_S, 5 * DAY_S)
    if dice.random() < 0.25:
        yield from question(asked, opener)
    if dice.random() < 0.06:
        office = f"{dice.choice(TOWNS)}-second-desk"
        yield asked.act(Move.REASSIGN, to, office=office), dice.uniform(HOUR_S, DAY_S)
    asked.ends()
    yield asked.act(Move.COMPLETE, to), dice.uniform(DAY_S, 3 * DAY_S)
    if dice.random() < 0.4:
        asked.closes()
        yield asked.act(Move.CLOSE, opener), 0


def question(asked: Handoff, by: Agency) -> Thread:
    """One party asks the other, and mostly gets an answer."""
    dice, other = asked.case.dice, asked.opener if by is asked.to else asked.to
    asking = asked.act(Move.ASK, by)
    yield asking, dice.uniform(10 * MINUTE_S, DAY_S)
    fate = dice.random()
    if fate < 0.9:
        move = Move.GIVE if fate < 0.75 else Move.REFUSE
        yield asked.act(move, other, asked_id=asking.id), dice.uniform(MINUTE_S, 6 * HOUR_S)


def suspect(case: Case) -> Thread:
    """With the crime report the police name a suspect; what follows it depends."""
    dice = case.dice
    yield case.states(POLICE, "suspect.identified"), dice.uniform(HOUR_S, 2 * DAY_S)
    if dice.random() < 0.4:
        yield case.states(POLICE, "suspect.arrested"), dice.uniform(HOUR_S, 3 * DAY_S)
        if dice.random() < 0.5:
            yield case.states(PROSECUTION, "suspect.released"), 0
    elif dice.random() < 0.5:
        yield case.states(PROSECUTION, "protective-measure.changed"), 0


def fact(case: Case, type_name: str, sender: Agency) -> Thread:
    """Said by who works on the case; who does not has nothing to say."""
    if sender in case.active():
        yield case.states(sender, type_name), 0


def closing(case: Case) -> Thread:
    """Social services close a case in which nothing waits for anybody."""
    if not case.waiting and SOCIAL in case.active():
        yield case.states(SOCIAL, "case.closed"), 0


def report_crime(case: Case) -> Thread:
    """With the suspect in the same breath, so that one receipt covers both letters."""
    case.crime = True
    case.begun.append((case.dice.uniform(0.05, 0.3), suspect(case)))
    yield from handoff(case, "crime-report.filed", Service.PROSECUTION, POLICE, PROSECUTION)


def refer(case: Case, opener: Agency, to: Agency) -> Thread:
    yield from handoff(case, "referral.made", case.dice.choice(OFFERS[to]), opener, to)


def further(case: Case) -> Thread:
    """What one of those who work on the case asks for later on."""
    dice, chosen, active = case.dice, case.dice.random(), sorted(case.active()) or [case.holder]
    if chosen < 0.2 and POLICE in active and not case.crime:
        yield from report_crime(case)
    elif chosen < 0.3 and POLICE in active:
        yield from handoff(case, "forensic-exam.ordered", Service.FORENSIC_EXAM, POLICE, HEALTH)
    elif chosen < 0.45 and SOCIAL in active:
        yield from handoff(case, "therapy.referred", Service.THERAPY, SOCIAL, HEALTH)
    elif chosen < 0.5 and case.holder is not OVERSIGHT and not case.offered:
        case.offered = True
        to = dice.choice([agency for agency in FIELD if agency not in (case.holder, OVERSIGHT)])
        yield from handoff(case, "transfer.offered", Service.CASE_RESPONSIBILITY, case.holder, to)
    else:
        yield from refer(case, *dice.choice([pair for pair in PAIRS if pair[0] in active]))


def opening(case: Case, refers: Pairs) -> Thread:
    """The first of a case: a concern, in which the police may have acted already; a crime; or a service."""
    dice, chosen = case.dice, case.dice.random()
    if chosen < 0.5:
        case.holder, to = dice.choice([pair for pair in PAIRS if pair[1] in (POLICE, SOCIAL)])
        if case.holder is POLICE:
            case.begun.append((dice.uniform(0.05, 0.3), fact(case, "immediate-protection.taken", POLICE)))
        yield from handoff(case, "concern.reported", Service.SCREENING, case.holder, to)
    elif chosen < 0.65:
        case.holder = POLICE
        yield from report_crime(case)
    else:
        case.holder, to = next(refers)
        yield from refer(case, case.holder, to)


def pairs(dice: Random) -> Pairs:
    """Who opens a case by referring to whom: everybody to everybody in turn, so that a short log has all of it too."""
    return cycle(dice.sample(PAIRS, len(PAIRS)))


def begin(dice: Random, now: datetime, refers: Pairs) -> Case:
    """A case whose threads are about to begin: a handoff at once, up to two more and a fact or two later."""
    case = Case(dice, now)
    case.begun.append((0, opening(case, refers)))
    for _ in range(dice.choice((0, 0, 1, 1, 1, 2))):
        case.begun.append((dice.uniform(DAY_S, 14 * DAY_S), further(case)))
    for type_name, sender in dice.sample(_FACTS, dice.choice((0, 1, 1, 2))):
        case.begun.append((dice.uniform(HOUR_S, 7 * DAY_S), fact(case, type_name, sender)))
    if dice.random() < 0.6:
        case.begun.append((30 * DAY_S, closing(case)))
    return case
