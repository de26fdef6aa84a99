"""Checks of what a system says: what it asks of others, how it takes their answers, and that what it says is taken."""

from collections import Counter
from collections.abc import Sequence

from cli.conformance.outcome import Outcome, check, failed, not_seen, passed
from cli.conformance.stand import Stand
from cli.conformance.transcript import OVERTAKEN
from cli.sandbox.behaving import Behaviour
from cli.sandbox.report import Line
from contracts.catalogue import CATALOGUE
from contracts.standing import Move

GOES_ON_FOR_S = 3.0
"""So long the program by which it asks may deal with the answer, before it is ended."""
_ANSWERS = {
    Behaviour.ACCEPT: ("accepted", Move.ACCEPT),
    Behaviour.DECLINE: ("declined", Move.DECLINE),
    Behaviour.ASK: ("asked back", Move.ASK),
}


@check(next="Take every answer: accepted, declined, asked back.", see="docs/handoff.md", alone=True)
async def asks(stand: Stand) -> Sequence[Outcome]:
    """What the system asks of others is taken, and it takes what they answer."""
    if stand.asks is None:
        return [not_seen("no program was named by which it asks (--asks)")]
    return [await _asks(stand, behaviour) for behaviour in _ANSWERS]


async def _asks(stand: Stand, behaviour: Behaviour) -> Outcome:
    program = stand.asks
    assert program, "it was named"
    about, answer = _ANSWERS[behaviour]
    stand.behave(behaviour)
    since = len(stand.transcript.lines)
    await stand.at_work()
    await program.start()
    try:
        asked = await stand.transcript.until(lambda: _first(stand, since, "sent", Move.MAKE), stand.within_s, _always)
        if asked is None:
            ended = "" if program.alive else f": {program.how_it_ended()}"
            return failed(f"it asked for nothing that was taken within {stand.within_s:g} s{ended}", about)
        heard = await stand.transcript.until(lambda: _first(stand, since, "heard", answer), stand.within_s, _always)
        if heard is None:
            return not_seen(f"nobody's answer came within {stand.within_s:g} s", about)
        if behaviour is Behaviour.ASK:
            return await _informs(stand, since, about)
        await stand.transcript.until(lambda: None if program.alive else True, GOES_ON_FOR_S, _always)
    finally:
        await program.end()
    if refusals := stand.transcript.refusals(since):
        return failed(refusals[0], about)
    if not stand.alive():
        return failed(stand.target.how_it_ended() if stand.target else "", about)
    return passed(f"{asked['type']}, then {heard['type']}", about)


async def _informs(stand: Stand, since: int, about: str) -> Outcome:
    """A question holds up the handoff until it is answered: given, or refused with a reason."""

    def found() -> Line | None:
        return _first(stand, since, "sent", Move.GIVE) or _first(stand, since, "sent", Move.REFUSE)

    if not stand.reads("information.asked"):
        return not_seen("it does not declare that it reads questions (information.asked)", about)
    if answer := await stand.transcript.until(found, stand.within_s, _always):
        return passed(answer["type"], about)
    unanswered = f"it did not answer the question within {stand.within_s:g} s"
    return (failed if stand.declared else not_seen)(unanswered, about)


def _first(stand: Stand, since: int, what: str, move: Move) -> Line | None:
    lines = (line for line in stand.transcript.lines[since:] if line["what"] == what and not line.get("repeated"))
    return next((line for line in lines if line["type"] in CATALOGUE and CATALOGUE[line["type"]].move is move), None)


def _always() -> bool:
    return True


@check(
    next="Have it send the command while the kit runs, or leave it out of what it declares.",
    see="docs/catalogue.md",
    alone=True,
)
async def sends(stand: Stand) -> Sequence[Outcome]:
    """Each command that the system declares was sent, and taken."""
    sent = stand.sandbox.report.sent_types
    by_command = Counter({CATALOGUE[name].command or name: n for name, n in sent.items()})
    if stand.declared is None:
        return [passed(f"taken {n} times", name) for name, n in by_command.items()] or [not_seen("it sent nothing")]
    return [
        passed(f"taken {by_command[name]} times", name) if by_command[name] else not_seen("it was never sent", name)
        for name in stand.declared.sends
    ]


@check(next="Mend what the code and the field say.", see="docs/errors.md", alone=True)
async def refusals(stand: Stand) -> Sequence[Outcome]:
    """Nothing that the system says is refused, but what others' acts have overtaken."""
    wrong: Counter[tuple[str, str]] = Counter()
    for line in stand.transcript.refused():
        if line["code"] != OVERTAKEN:
            at = f" at {line['field']}" if line.get("field") else ""
            wrong[line["command"], f"{line['code']}{at}: {line['message']} {line['hint']}"] += 1
    if lost := sum(line["what"] == "unanswerable" for line in stand.transcript.lines):
        wrong["a command", "it asked for no answer, or at an inbox that is not _INBOX.system"] = lost
    if wrong:
        return [failed(f"{n} times {said}", command) for (command, said), n in wrong.items()]
    if not stand.sandbox.report.sent_types:
        return [not_seen("it sent nothing")]
    return [passed("nothing was refused")]
