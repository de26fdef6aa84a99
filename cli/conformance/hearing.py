"""Checks of what a system hears: what it is asked, what it is told, and what was told while it was away."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cli.conformance.asked import Asked
from cli.conformance.outcome import Outcome, check, failed, not_seen, passed
from cli.conformance.stand import TOLD_WITHIN_S, Stand
from cli.sandbox import speaking
from contracts.agencies import Agency
from contracts.bypass import INVOKED, LIFTED
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry

_TURNS_AWAY = frozenset({INVOKED, LIFTED, "case.closed", "case.reopened", "letter.handed-over", "case.linked"})
"""Facts that lead a case around somebody, end it, or speak of a letter or case that has to be there first."""


@check(
    next="Read the feed when you start, from the last number that you have dealt with, and then listen.",
    see="docs/integrate.md#the-feed",
    alone=True,
)
async def caught_up(stand: Stand) -> Sequence[Outcome]:
    """What was told before the system was there is acted on once it starts."""
    if stand.target is None:
        return [not_seen("no system was named that hears")]
    before = await stand.ask_all(stand.askings())
    if not before:
        return [not_seen("nobody can ask for anything that it reads")]
    await stand.at_work()
    await stand.acted(*before)
    done = [one for one in before if any(stand.transcript.acts(one))]
    _learn(stand, done)
    if done:
        return [passed(f"it acted on {len(done)} of {len(before)} things asked before it started")]
    after = await stand.ask_all([one.asking for one in before]) if stand.alive() else []
    await stand.acted(*after)
    _learn(stand, done := [one for one in after if any(stand.transcript.acts(one))])
    if done:
        return [failed("it acts on what it hears, and did nothing on what was told before it started")]
    if not stand.alive():
        return [failed(stand.target.how_it_ended())]
    return [not_seen(f"it acted on nothing that it was asked within {stand.within_s:g} s")]


def _learn(stand: Stand, done: Sequence[Asked]) -> None:
    for one in done:
        stand.acted_on.setdefault(one.asking, one)
        stand.works = stand.works or one.asking


@check(
    next="Act on it, if only by acknowledging that a person has seen it; or declare which services your system reads.",
    see="docs/sandbox.md",
)
async def asked(stand: Stand) -> Sequence[Outcome]:
    """Each thing that the system can be asked for, it acts on."""
    every = await stand.ask_all(stand.askings())
    await stand.acted(*every)
    _learn(stand, [one for one in every if any(stand.transcript.acts(one))])
    return [_outcome_of(stand, one) for one in every]


def _outcome_of(stand: Stand, one: Asked) -> Outcome:
    first = next(stand.transcript.acts(one), None)
    if first:
        return passed(f"its first word was {first['type']}", str(one.asking))
    unanswered = f"it did nothing on it within {stand.within_s:g} s"
    return (failed if stand.declared else not_seen)(unanswered, str(one.asking))


@check(next="Take in every letter, also of a type that your system makes no use of.", see="docs/catalogue.md")
async def told(stand: Stand) -> Sequence[Outcome]:
    """What is told and asks for nothing is taken in: the system goes on working."""
    await _work_with_everybody(stand)
    said = [one for one in [await _say(stand, entry) for entry in _facts(stand)] if one]
    heard = await _heard(stand, dict(said))
    broken = await stand.goes_on()
    if not broken:
        return [passed("it went on", name) for name in heard] or [not_seen("no fact reaches it")]
    return [await _alone(stand, name) for name in heard]


async def _work_with_everybody(stand: Stand) -> None:
    """Each counterpart that can has the system at work on a case: only there is something to be told."""
    from_others = [replace(stand.known, by=by) for by in stand.sandbox.counterparts if _can_ask(stand, by)]
    every = await stand.ask_all([asking for asking in from_others if asking not in stand.acted_on])
    await stand.acted(*every)
    _learn(stand, [one for one in every if any(stand.transcript.acts(one))])


def _can_ask(stand: Stand, by: Agency) -> bool:
    offered = ((service, entry.type) for service, entry in speaking.offers(by, stand.sandbox.me))
    return (stand.known.service, stand.known.type) in offered


def _facts(stand: Stand) -> Iterator[Entry]:
    for entry in CATALOGUE.values():
        fact = entry.command and not entry.move and entry.type not in _TURNS_AWAY
        if fact and stand.sandbox.me in entry.receivers and stand.reads(entry.type):
            yield entry


async def _say(stand: Stand, entry: Entry) -> tuple[str, str] | None:
    """Its type and id, if a counterpart that works with the system on a case can tell it there."""
    by = next((one for one in stand.acted_on.values() if one.asking.by in entry.senders), None)
    if by is None:
        return None
    on, sandbox = stand.on(by), stand.sandbox
    names = {
        "of_id": by.id,
        "of_type": by.asking.type,
        "named": [sandbox.me.value],
        "invited": [sandbox.me.value],
    }
    command = speaking.fact(entry, by.asking.by, by.case_ref, on.concerns, sandbox.clock(), **names)
    answer = await sandbox.counterparts[by.asking.by].say(command)
    if "error" in answer or not stand.receives(by, answer["id"]):
        return None
    return entry.type, str(answer["id"])


async def _heard(stand: Stand, said: dict[str, str]) -> list[str]:
    """The types of those that the agency was told."""

    def there() -> list[str]:
        ids = {line["id"] for line in stand.transcript.lines if line["what"] == "heard"}
        return [name for name, record_id in said.items() if record_id in ids]

    await stand.transcript.until(lambda: len(there()) == len(said) or None, TOLD_WITHIN_S, stand.alive)
    return there()


async def _alone(stand: Stand, name: str) -> Outcome:
    """One by itself, to a system that was started for it."""
    if stand.target:
        await stand.target.kill()
    await stand.at_work()
    if await stand.goes_on():
        return not_seen("it no longer works after a restart", name)
    said = await _say(stand, CATALOGUE[name])
    await _heard(stand, dict([said] if said else []))
    broken = await stand.goes_on()
    return failed(broken, name) if broken else passed("it went on", name)


@check(
    next="Leave out of what it declares what it will never be told, or try it by hand: barnabus sandbox.", alone=True
)
async def hears(stand: Stand) -> Sequence[Outcome]:
    """Each type that the system declares was told to it."""
    heard = stand.sandbox.report.heard_types
    if stand.works is None and stand.asks is None:
        return [not_seen("it acts on nothing that it is asked")]
    if stand.declared is None:
        return [passed(f"{len(heard)} types were told")]
    return [
        passed(f"told {heard[name]} times", name) if heard[name] else not_seen("it was never told", name)
        for name in stand.declared.reads
    ]
