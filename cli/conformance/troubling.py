"""Checks of a bad day: letters twice, late, crossing, newer than the system or very large; answers lost, power cut."""

from collections.abc import Callable, Sequence
from functools import partial

from cli.conformance import altering
from cli.conformance.altering import Letter
from cli.conformance.asked import Asked
from cli.conformance.outcome import Outcome, check, failed, not_seen, passed
from cli.conformance.stand import TOLD_WITHIN_S, Stand, Way
from cli.sandbox.behaving import Behaviour
from contracts.catalogue import CATALOGUE
from contracts.standing import Move

_IN_ORDER = not_seen("it hears by the feed, which tells in order, and again only after a power cut: see power-cut")


@check(next="Keep the ids of the letters that you have dealt with, and drop what you have had.")
async def twice(stand: Stand) -> Sequence[Outcome]:
    """A letter that is told twice is acted on once."""
    if stand.way is Way.HTTP:
        return [_IN_ORDER]
    if stand.way is Way.NATS:
        one, letter = await stand.held(stand.known)
        await stand.tell(letter, letter)
        again = partial(stand.tell, letter)
    else:
        one = await stand.ask(stand.known)
        again = partial(stand.post_again, one)
    if not await stand.acted(one):
        return [failed(f"it did nothing on it for {stand.within_s:g} s")]
    await again()
    return [await _went_on(stand, one)]


@check(next="Go by a letter's `standing`, and expect an act before the letter that it acts on.", see="docs/handoff.md")
async def out_of_order(stand: Stand) -> Sequence[Outcome]:
    """A letter that comes late, after one that stands behind it in the log, does no harm."""
    if stand.way is not Way.NATS:
        return [_IN_ORDER]
    one, first = await stand.held(stand.known)
    await stand.act(one, Move.ASK_WITHDRAWAL)
    second = await stand.held_letter(lambda letter: letter["content"].get("handoff_id") == one.id)
    await stand.tell(second, first)
    return [await _went_on(stand, one, crossing=True)]


@check(
    next="Take it as it is: what counts is the log's order, and `standing` says what it came to.",
    see="docs/sequences.md",
)
async def withdrawal_crosses_acceptance(stand: Stand) -> Sequence[Outcome]:
    """The other side withdraws at the moment at which the system accepts: it goes by what that came to."""
    stand.behave(Behaviour.CROSS)
    one = await stand.ask(stand.known)
    if not await stand.acted(one, move=Move.ACCEPT):
        if stand.alive():
            return [not_seen(f"it did not accept within {stand.within_s:g} s")]
        return [failed(str(await stand.goes_on()))]

    def withdrawn() -> bool | None:
        heard = (line for line in stand.transcript.lines[one.since :] if line["what"] == "heard")
        about = (line["type"] for line in heard if line["handoff_id"] == one.id)
        return any(CATALOGUE[name].move is Move.ASK_WITHDRAWAL for name in about) or None

    if not await stand.transcript.until(withdrawn, TOLD_WITHIN_S, stand.alive):
        return [not_seen("the other side's withdrawal did not go through")]
    stand.behave(Behaviour.ACCEPT)
    return [await _went_on(stand, one, crossing=True)]


@check(next="Pass over fields that you do not know, and show codes that you do not know as they stand.")
async def newer_version(stand: Stand) -> Sequence[Outcome]:
    """A letter of a later minor version, with fields and a code that nobody knew, is acted on like any other."""
    return [await _altered(stand, altering.newer_minor, must_act=True)]


@check(next="Set aside what your system cannot read, tell somebody, and go on with the next letter.")
async def newer_major_version(stand: Stand) -> Sequence[Outcome]:
    """A letter of a major version that the system was not written for does not stop it."""
    return [await _altered(stand, altering.newer_major, must_act=False)]


@check(next="Set aside what your system cannot read, tell somebody, and go on with the next letter.")
async def unknown_type(stand: Stand) -> Sequence[Outcome]:
    """A letter of a type that the system does not know does not stop it."""
    return [await _altered(stand, altering.newer_type, must_act=False)]


@check(next="Expect letters of 64 KiB.", see="docs/integrate.md#over-http")
async def largest_letter(stand: Stand) -> Sequence[Outcome]:
    """A letter as large as one can be is acted on like any other."""
    return [await _altered(stand, altering.largest, must_act=True)]


async def _altered(stand: Stand, how: Callable[[Letter], Letter], *, must_act: bool) -> Outcome:
    stand.sandbox.own.altered = how
    one = await stand.ask(stand.known)
    if must_act and not await stand.acted(one):
        ended = stand.target.how_it_ended() if stand.target and not stand.alive() else ""
        return failed(ended or f"it did nothing on it for {stand.within_s:g} s")
    await stand.transcript.until(lambda: _is_told(stand, one) or None, TOLD_WITHIN_S, stand.alive)
    stand.as_usual()
    return await _went_on(stand, one)


def _is_told(stand: Stand, one: Asked) -> bool:
    return any(line["what"] == "heard" and line["id"] == one.id for line in stand.transcript.lines[one.since :])


@check(next="Without an answer hand in the very same command again, with the same id: it is taken once.")
async def lost_answer(stand: Stand) -> Sequence[Outcome]:
    """A command whose answer is lost is handed in again as it was."""
    one = await stand.ask_and_lose_the_answer(stand.known)
    if not await stand.acted(one):
        return [failed(f"it did nothing on it for {stand.within_s:g} s")]
    lost = next(iter(stand.transcript.acts(one)))

    def again() -> bool | None:
        return any(act["id"] == lost["id"] and act["repeated"] for act in stand.transcript.acts(one)) or None

    if not await stand.transcript.until(again, stand.within_s, stand.alive):
        return [failed(f"it did not hand in its {lost['command']} again within {stand.within_s:g} s")]
    return [await _went_on(stand, one)]


@check(
    next="Connect again by yourself, however long it takes, and read the feed then.", see="docs/integrate.md#the-feed"
)
async def line_cut(stand: Stand) -> Sequence[Outcome]:
    """Its connection breaks and comes back: it goes on, also with what was told meanwhile."""
    if not any(wire.carried for wire in stand.wires):
        return [not_seen("it does not connect where BARNABUS_NATS_URL and BARNABUS_HTTP say, so nothing can be cut")]
    for wire in stand.wires:
        await wire.cut()
    one = await stand.ask(stand.known)
    await stand.transcript.until(lambda: _is_told(stand, one) or None, TOLD_WITHIN_S, stand.alive)
    for wire in stand.wires:
        await wire.mend()
    if not await stand.acted(one):
        ended = stand.target.how_it_ended() if stand.target and not stand.alive() else ""
        return [failed(ended or f"it did nothing for {stand.within_s:g} s on what was told meanwhile")]
    return [await _went_on(stand, one)]


@check(
    next="Keep a command, byte for byte, from before it is sent until it is answered and noted, and a letter's id "
    "with what you did; after a start begin with what was kept.",
    see="docs/integrate.md#what-to-know",
)
async def power_cut(stand: Stand) -> Sequence[Outcome]:
    """Killed before its command is answered, it goes on after a start: nothing is lost, and nothing done twice."""
    one = await stand.ask_and_lose_the_answer(stand.known)
    if not await stand.acted(one):
        return [failed(f"it did nothing on it for {stand.within_s:g} s")]
    assert stand.target, "it acts on what it is asked"
    await stand.target.kill()
    stand.as_usual()
    missed = await stand.ask(stand.known)
    await stand.target.start()
    if not await stand.acted(missed):
        ended = "" if stand.alive() else f": {stand.target.how_it_ended()}"
        return [failed(f"it did nothing on what was told while it was down{ended}")]
    return [await _went_on(stand, one)]


async def _went_on(stand: Stand, one: Asked, *, crossing: bool = False) -> Outcome:
    """Whether it goes on working, was refused nothing since, and did nothing twice."""
    broken = await stand.goes_on()
    refusals = stand.transcript.refusals(one.since, crossing=crossing)
    doubled = stand.transcript.doubled(one)
    if broken or refusals or doubled:
        return failed(broken or (refusals[0] if refusals else f"it said {doubled} twice, under two ids"))
    return passed("it went on, was refused nothing, and did nothing twice")
