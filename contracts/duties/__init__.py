"""What is owed in a case, by whom, until when, and what has become of it: a pure fold of log, protocol and time.

A duty is one rule and the record that set it off. It is owed until an act that the rule names meets it; its owner says
why it is not (`duty.excused`, or a reasoned not-done: an excuse, and no met duty); or its cause is gone (withdrawn).
Past its limit it is breached and *still owed*. Exactly at the limit is inside; a microsecond more is not.

**Which acts count.** Every act that the log has after the trigger, whatever its own clock says. Of those that it has
before the trigger, which crossed it or concern what it tells late, those that were done since what the trigger tells of
(its clock `occurred`): an exam of last year answers no assault of today. Where the limit itself runs from the incident,
that holds of every act. What shares nothing with the trigger but the case ends it only from behind. The first one in
the log's order that counts is the one that met it, so that nothing that is typed in later changes by what it was met.

**In time** is judged by the act's own clock, for what is done to a person, and by the log's, for what is done by being
said; a rule says which (`at`). So what was done in time and typed in late was breached until it was known, and is then
met in time. An act that is void meets nothing. What is done after an excuse, meets the duty all the same.

**Corrections.** A due time is reckoned from what is known now, and what it was at first stays beside it. If what is put
right would not have set the duty off, it is withdrawn, with the correction as its cause.

The fold at a moment is the fold of the log cut at that moment, and by time alone a duty goes one way: open, due soon,
breached.
"""

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.agencies import Agency
from contracts.catalogue.accounting import BREACHED, KEPT_OPEN
from contracts.catalogue.reintegration import CLOSED
from contracts.dated import Dated, Word, words
from contracts.duties.clocks import Times, starts, times
from contracts.duties.duty import Duty
from contracts.duties.ends import Ends, put_away
from contracts.duties.parties import Parties
from contracts.protocol import Protocol, matching
from contracts.protocol.matching import Words
from contracts.protocol.rules import Rule
from contracts.protocol.version import Version


def fold(dated: Iterable[Dated], protocol: Protocol, at: datetime) -> tuple[Duty, ...]:
    """The duties of one case as of a moment, in the order of their triggers and of the protocol's rules.

    `dated` are all acts and facts of the case, void ones too, in any order; what was logged after `at` plays no part.
    Raises Refused `type.unknown` for a type that the catalogue does not have.
    """
    known = tuple(dated)
    void, _ = _closings(known, protocol, at)
    return _fold(known, void, protocol, at)


@dataclass(frozen=True, slots=True)
class KeptOpen:
    """A closing of the case that is void, the duties that were owed as it was logged, and who is told of it."""

    closing: Dated
    duties: tuple[Duty, ...]
    entitled: tuple[Agency, ...]
    """Who learns which duties: who closed it, and oversight; a duty can tell of an arrest."""
    others: tuple[Agency, ...]


def kept_open(dated: Iterable[Dated], protocol: Protocol, at: datetime) -> tuple[KeptOpen, ...]:
    """The closings of a case that are void and not answered yet, the first one first.

    Nobody closes a case in which something is owed. What a closing itself ends, withdraws or sets off is not in its
    way; what came after it plays no part.
    """
    return _closings(tuple(dated), protocol, at)[1]


def _closings(known: tuple[Dated, ...], protocol: Protocol, at: datetime) -> tuple[set[int], tuple[KeptOpen, ...]]:
    """Where void closings stand, and those of them to which the keeper has not said so.

    Its word is taken here and reckoned again where it is new (`contracts/duties/agreement.py`): so each is folded once.
    """
    found, void = list[KeptOpen](), set[int]()
    answers = [one.said for one in known if one.said.type == KEPT_OPEN and one.at <= at]
    closings = (one for one in known if one.said.type == CLOSED and one.at <= at)
    for closing in sorted(closings, key=lambda one: one.said.position):
        place = closing.said.position
        answered = {bool(said.codes["duties"]) for said in answers if said.codes["closing_id"] == str(closing.said.id)}
        tell = Parties.of(words(known, at)).let_in([closing.by, *sorted(closing.to)])
        untold = {whether: _to_be_told(tell, closing, entitled=whether) for whether in {True, False} - answered}
        if answered and not any(untold.values()):
            void.add(place)
            continue
        then = _fold((one for one in known if one.said.position <= place), void, protocol, closing.at)
        if owed := tuple(duty for duty in then if duty.owed and duty.position < place):
            found.append(KeptOpen(closing, owed, untold.get(True, ()), untold.get(False, ())))
        if owed or answered:
            void.add(place)
    return void, tuple(found)


def _to_be_told(tell: Iterable[Agency], closing: Dated, *, entitled: bool) -> tuple[Agency, ...]:
    learn = (closing.by, Agency.OVERSIGHT)
    return tuple(agency for agency in tell if (agency in learn) is entitled)


def _fold(dated: Iterable[Dated], void: AbstractSet[int], protocol: Protocol, at: datetime) -> tuple[Duty, ...]:
    said = Words(one for one in words(dated, at) if one.said.position not in void)
    parties, set_off = Parties.of(said.all), protocol.set_off_by
    found = (
        _duty(rule_id, trigger, said, parties, protocol, at)
        for trigger in _breaches_once(said.all)
        for rule_id in set_off.get(trigger.said.type, ())
    )
    return tuple(duty for duty in found if duty)


def _breaches_once(said: Iterable[Word]) -> Iterator[Word]:
    """Without the breaches that the keeper told others later: each asks for its reason once."""
    told = set[tuple[object, ...]]()
    for one in said:
        if one.said.type == BREACHED:
            breach = tuple(map(one.said.codes.get, ("rule", "trigger_id", "trigger_by", "due_at")))
            if breach in told:
                continue
            told.add(breach)
        yield one


def duty_id(rule_id: str, trigger_by: str, trigger_id: UUID) -> UUID:
    """A record's id is its sender's own choice: with the sender it names one record and nothing else."""
    return uuid5(NAMESPACE_URL, f"barnabus:duty:{rule_id}:{trigger_by}:{trigger_id}")


def _duty(rule_id: str, trigger: Word, said: Words, parties: Parties, protocol: Protocol, at: datetime) -> Duty | None:
    """The duty that a record sets off by one rule, if it does in any of its wordings."""

    def begins(version: Version, rule: Rule) -> datetime | None:
        wordings = _setting_off(rule, trigger)
        return (starts(rule, version, wordings[-1], parties) or trigger.at) if wordings else None

    judging = protocol.judging(rule_id, begins)
    if judging is None:
        return None
    version, rule = judging
    wordings = _setting_off(rule, trigger)
    first, last = wordings[0], wordings[-1]
    owner = parties.owner(rule.owner, last)
    if owner is None:
        return None
    now = times(rule, version, last, parties)
    at_first = now if first is last else times(rule, version, first, parties)
    ends = Ends.of(rule, last, said, parties, owner, put_away(trigger, last))
    holder = parties.holder(owner, ends.ending.position) if ends.ending else parties.holder(owner)
    moved = now.due_at != at_first.due_at
    return Duty(
        id=duty_id(rule_id, trigger.by, trigger.said.id),
        rule=rule,
        version=version.version,
        trigger_id=trigger.said.id,
        trigger_type=trigger.said.type,
        trigger_by=trigger.by,
        position=trigger.said.position,
        child=last.child,
        suspect=last.suspect,
        handoff=last.handoff,
        owner=owner,
        holder=holder,
        tell=parties.told(rule.tell, last, holder),
        tell_of_breach=parties.told(rule.tell_of_breach, last, holder),
        escalates=_ladder(rule, now, parties, last, holder),
        opened_at=first.corrected_by.at if first.corrected_by else trigger.at,
        starts_at=now.starts_at,
        soon_at=now.soon_at,
        due_at=now.due_at,
        first_due_at=at_first.due_at,
        corrected_by=last.corrected_by.said.id if moved and last.corrected_by else None,
        state=ends.state or now.state(at),
        ending=ends.ending,
        excuse=ends.excuse,
        as_of=at,
    )


def _setting_off(rule: Rule, trigger: Word) -> list[Word]:
    """In which of its wordings, the first one first, a record sets off this rule."""
    return [one for one in (*trigger.before, trigger) if matching.set_off(rule, one)]


def _ladder(
    rule: Rule, now: Times, parties: Parties, trigger: Word, holder: Agency
) -> tuple[tuple[datetime, Agency], ...]:
    """From when an unanswered duty goes to whom."""
    expected_by = now.due_at or now.soon_at
    if expected_by is None:
        return ()
    return tuple(
        (expected_by + timedelta(hours=step.after_hours), agency)
        for step in rule.escalate
        for agency in parties.told([step.to], trigger, holder)
    )
