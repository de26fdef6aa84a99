"""docs/handoff.md: the law of a handoff as tables, found by asking the law itself about every case."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.export.pages import GENERATED, code_list, table
from contracts.handoff import EITHER_MOVES, OPENER_MOVES, judge
from contracts.standing import ENDED, Act, Course, Move, Stage, Standing, Void

OPENER, RECEIVER, STRANGER = Agency.POLICE, Agency.SOCIAL, Agency.HEALTH
_QUESTION = UUID(int=1)
_CHECKED = "<!-- checked -->"

REASONS: Mapping[Void, str] = {
    Void.NOT_A_PARTY: "The agency is no party of this handoff, or refers to itself.",
    Void.NOT_YOURS: "The move belongs to the other party.",
    Void.NOT_MADE: "The act that makes the handoff has no place before this one in the log, or is not heard yet.",
    Void.ALREADY_MADE: "A handoff is made once.",
    Void.ALREADY_ACKNOWLEDGED: "The referral was acknowledged, or taken on, before.",
    Void.NOT_ACCEPTED: "What was not accepted can neither start nor be completed.",
    Void.ALREADY_ACCEPTED: "The service was taken on before; it is no more accepted, declined, superseded or expired.",
    Void.ALREADY_STARTED: "The service had started before.",
    Void.ALREADY_COMPLETED: "The handoff had ended: completed.",
    Void.ALREADY_TRANSFERRED: "The transfer had ended: accepted. Whoever has it now gives it back by another transfer.",
    Void.ALREADY_DECLINED: "The handoff had ended: declined.",
    Void.ALREADY_WITHDRAWN: "The handoff had ended: withdrawn.",
    Void.WITHDRAWAL_NOT_ASKED: "A withdrawal is confirmed only after it was asked for; it is never imposed.",
    Void.WITHDRAWAL_ALREADY_ASKED: "The withdrawal was asked for before, and still waits for an answer.",
    Void.NOT_ASKED: "No such question is open to this party: never asked, already answered, or its own.",
    Void.ALREADY_SUPERSEDED: "The handoff had ended: superseded by another.",
    Void.ALREADY_EXPIRED: "The handoff had ended: its time had passed before anybody took it on.",
    Void.NOT_EXPIRED: "The log's time had not reached the time that the making named, or it named none.",
    Void.REFUSED_BY_GATEWAY: "The gateway could never log the act; `submission.refused` stands in its place.",
}


_RESPONSIBLE = (
    "## Who answers for it\n\nUntil somebody accepts, whoever made it. What is on its way to the log may come to stand "
    "before what is known, so with it each party holds to itself: an opener with an act of its own on the way does not "
    "let go, and a receiver whose acceptance is on the way has it. So at no moment does each party hold the other "
    "responsible. It never moves back by itself."
)


def _courses() -> Iterator[list[str]]:
    """Asked of the law: a handoff of each course, made and accepted."""
    for course in Course:
        made = judge(Standing(), Act(UUID(int=1), Move.MAKE, OPENER, 1, _NOW, course=course, to=RECEIVER))
        assert isinstance(made, Standing)
        taken = judge(made, Act(UUID(int=2), Move.ACCEPT, RECEIVER, 2, _NOW))
        assert isinstance(taken, Standing)
        makers = code_list(entry.type for entry in CATALOGUE.values() if entry.course is course)
        yield [course, makers, "opener" if taken.responsible is OPENER else "receiver", taken.stage]


def page(checked: Mapping[str, Any] | None = None) -> str:
    """The whole page. `checked` are the figures of the exhaustive check, if there are any."""
    parts = [
        GENERATED,
        "# The law of a handoff\n\nOne fold decides what a handoff has come to, and every party and every projection "
        "shares it. The log's order decides. An act that comes too late, twice, or from somebody whose move it never "
        "was is void, with its reason: it changes nothing, it stays in the log, and all parties are told. An agency's "
        "own acts that are not logged yet stand last, as provisional. What arrives later but stands earlier is folded "
        "in its place.",
        "This page is computed from the law: every cell is its answer to that case. Before a handoff is made it has no "
        "parties: whoever makes it becomes the opener.",
        f"```mermaid\n{_diagram()}```",
        "## Whose move it is\n\nThe one agency that the handoff waits for.",
        table(("stage", "no question open", "asked the opener", "asked the receiver", "asked both"), _waiting()),
        _RESPONSIBLE,
        table(("course", "made by", "who answers, once it is accepted", "what acceptance comes to"), _courses()),
        f"## What the opener can do\n\n{_reading('opener')}",
        table(("move", *Stage), _rows(OPENER)),
        f"## What the receiver can do\n\n{_reading('receiver')}",
        table(("move", *Stage), _rows(RECEIVER)),
        f"## What anybody else can do\n\n{_strangers()}",
        "## Why an act is void",
        table(("reason", "in words"), ((f"`{reason}`", REASONS[reason]) for reason in Void)),
    ]
    if checked:
        parts += [_CHECKED, _figures(checked)]
    return "\n\n".join(part.strip() for part in parts) + "\n"


_FLAGS = (
    ("no withdrawal asked", "withdrawal asked"),
    ("no such question", "question open to it"),
    ("before its time", "its time has passed"),
    ("a service or a concern", "a transfer"),
)
"""What else a move can depend on: each no and yes."""
_NOW = datetime(2026, 3, 10, tzinfo=UTC)
Flags = tuple[bool, ...]


def _standings(stage: Stage, by: Agency) -> Iterator[tuple[Flags, Standing]]:
    """A handoff in this stage, under all combinations of the flags; `by` is whom a question is open to."""
    for flags in product((False, True), repeat=len(_FLAGS)):
        asked, open_, passed, transfer = flags
        if stage is Stage.UNOPENED:
            yield flags, Standing()
        else:
            yield (
                flags,
                Standing(
                    stage,
                    Course.TRANSFER if transfer else Course.SERVICE,
                    OPENER,
                    RECEIVER,
                    expires_at=_NOW if passed else _NOW + timedelta(days=1),
                    withdrawal_asked=asked,
                    questions=((_QUESTION, by),) if open_ and stage not in ENDED else (),
                ),
            )


def _judged(standing: Standing, move: Move, by: Agency) -> Standing | Void:
    to = (RECEIVER if by is not RECEIVER else OPENER) if move is Move.MAKE else None
    return judge(standing, Act(UUID(int=2), move, by, 1, _NOW, "another-office", to=to, asked_id=_QUESTION))


def _said(before: Standing, after: Standing | Void) -> str:
    if isinstance(after, Void):
        return f"{after}"
    if after.stage is not before.stage:
        return f"**{after.stage}**"
    if after.withdrawal_asked is not before.withdrawal_asked:
        return "**withdrawal asked**"
    if after.closed is not before.closed:
        return "**closed**"
    if after.offices != before.offices:
        return "**another office**"
    return "**question open**" if len(after.questions) > len(before.questions) else "**question closed**"


def _rows(by: Agency) -> Iterator[list[str]]:
    """A row a move; several where one of the flags matters."""
    for move in Move:
        cells = {
            (stage, flags): _said(standing, _judged(standing, move, by))
            for stage in Stage
            for flags, standing in _standings(stage, by)
        }
        matters = [_matters(cells, number) for number in range(len(_FLAGS))]
        for flags in product(*((False, True) if it_does else (False,) for it_does in matters)):
            notes = [_FLAGS[number][flags[number]] for number, it_does in enumerate(matters) if it_does]
            yield [", ".join([f"`{move}`", *notes]), *(cells[stage, flags] for stage in Stage)]


def _matters(cells: Mapping[tuple[Stage, Flags], str], number: int) -> bool:
    """Does any cell change with this flag?"""
    return any(
        said != cells[stage, (*flags[:number], not flags[number], *flags[number + 1 :])]
        for (stage, flags), said in cells.items()
    )


def _reading(party: str) -> str:
    own = OPENER_MOVES if party == "opener" else frozenset(Move) - OPENER_MOVES - EITHER_MOVES
    return (
        f"Its own moves: {code_list(move for move in Move if move in own)}; either party’s: "
        f"{code_list(move for move in Move if move in EITHER_MOVES)}. "
        "Bold: the act counts, and what it comes to. Plain: it is void, and why."
    )


def _strangers() -> str:
    """What the law says to an agency that is no party, once the handoff is made."""
    answers = {
        _judged(standing, move, STRANGER)
        for stage in Stage
        if stage is not Stage.UNOPENED
        for _, standing in _standings(stage, RECEIVER)
        for move in Move
    }
    assert all(isinstance(answer, Void) for answer in answers)
    return f"Nothing. Whatever it does on a handoff that others made is void: {code_list(map(str, answers))}."


def _waiting() -> Iterator[list[str]]:
    questions = {OPENER: (_QUESTION, OPENER), RECEIVER: (UUID(int=2), RECEIVER)}
    asked: list[tuple[Agency, ...]] = [(), (OPENER,), (RECEIVER,), (OPENER, RECEIVER)]
    names = {OPENER: "opener", RECEIVER: "receiver", None: "nobody"}
    for stage in Stage:
        opener, receiver = (None, None) if stage is Stage.UNOPENED else (OPENER, RECEIVER)
        open_ = [tuple(questions[party] for party in some) if stage not in ENDED else () for some in asked]
        moves = [Standing(stage, opener=opener, receiver=receiver, questions=some).whose_move for some in open_]
        yield [
            stage,
            *(names[move] for move in moves),
        ]


def _diagram() -> str:
    edges = {f"    [*] --> {Stage.MADE}: {Move.MAKE}": None}
    for stage, by, move in product(Stage, (OPENER, RECEIVER), Move):
        for _, standing in _standings(stage, by):
            after = _judged(standing, move, by)
            if stage is not Stage.UNOPENED and isinstance(after, Standing) and after.stage is not stage:
                edges[f"    {stage} --> {after.stage}: {move}"] = None
    ends = (f"    {stage} --> [*]" for stage in Stage if stage in ENDED)
    return "\n".join(["stateDiagram-v2", *edges, *ends, ""])


def _figures(checked: Mapping[str, Any]) -> str:
    head = (
        "course", "acts", "questions", "reassignments", "expiries", "refused by the gateway", "acts of the notified",
        "states", "transitions", "deepest", "settled states",
    )  # fmt: skip
    return (
        "## How it was checked\n\nA model of two agencies and the log visits every state that their acts can lead to: "
        "each acts by what it knows, the log takes one submission at a time from either side, and what is logged "
        "reaches each of them at any later moment, in any order, and more than once. In every state each side’s "
        "standing is defined. An act whose place in the log is known to its agency, and that shows void there, is void "
        "in the log. Once all is logged and heard, both have the standing that the log has, with the same void acts; a "
        "handoff that has not ended waits for one of the two, and can still be ended. In no state does each hold the "
        "other responsible, and what is handed over has moved just when an acceptance counted. A third agency is "
        "notified: whatever part of the log it has heard, in any order, it comes to what that part says; and whatever "
        "it does itself is void for everybody.\n\n"
        f"{table(head, _runs(checked['runs']))}\n"
        "`python -m tests.property.interleavings --write` finds these figures; a test compares them at every run."
    )


def _runs(runs: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    for run in runs:
        acts = "all that are legal" if run["acts"] is None else f"up to {run['acts']}"
        counted = ("questions", "reassignments", "expiries", "refusals", "intrusions")
        bounds = (f"up to {run[name]}" if run[name] else "none" for name in counted)
        yield [
            run["course"],
            acts,
            *bounds,
            *(f"{run[name]:,}" for name in ("states", "transitions", "depth", "settled")),
        ]


def read_figures(text: str) -> Mapping[str, Any]:
    """The figures as docs/handoff-check.json holds them."""
    found: Mapping[str, Any] = json.loads(text)
    return found
