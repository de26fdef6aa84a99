"""Every way in which two agencies' acts on one handoff can cross, checked against the law.

The model: an opener and a receiver each decide by their own standing alone, and record at once. Each submits its acts
in order, the next one only when it has the answer to the last; the log appends one submission at a time from either
side, or refuses it for good. What is logged reaches each agency (as a letter, or as the answer to its own submission)
at any later moment and in any order. A third agency is notified: it hears what is logged, in any order, and may
act although it has no say.

`python -m tests.property.interleavings --write` puts the figures into docs/handoff-check.json.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple, TypeVar
from uuid import UUID

from contracts.agencies import Agency
from contracts.handoff import fold, judge
from contracts.standing import ENDED, Act, Course, Move, Stage, Standing, Void

T = TypeVar("T")
FIGURES = Path(__file__).parents[2] / "docs" / "handoff-check.json"
OPENER, RECEIVER, NOTIFIED = 0, 1, 2
AGENCIES = (Agency.POLICE, Agency.SOCIAL, Agency.HEALTH)
PLAIN_MOVES = tuple(move for move in Move if move not in (Move.MAKE, Move.GIVE, Move.REFUSE))
INTRUDES = (Move.ACCEPT, Move.CONFIRM_WITHDRAWAL, Move.SUPERSEDE, Move.CLOSE)
"""What the notified agency may try: moves of either party, and one that no time makes void."""

START = datetime(2026, 3, 10, tzinfo=UTC)
"""The log's time when nothing was logged; each entry comes an hour after the last."""
EXPIRES_AT, LATER = START + timedelta(hours=3), START + timedelta(days=9)
"""When the handoff may be ended as expired, and what the agencies' own clocks say: they are far ahead."""


NOTIFIED_HEARS = 6
"""So long a log at most is tried with each of its parts; there are two to the power of that."""


class Bounds(NamedTuple):
    """How much may happen in one run; without a bound on acts, a run goes on until no legal act is left."""

    course: Course
    acts: int | None
    questions: int = 0
    reassignments: int = 0
    expiries: int = 0
    refusals: int = 0
    intrusions: int = 0

    def leave(self, done: Sequence[Move]) -> frozenset[Move]:
        """The moves that may still be made, after these."""
        return _left(self, *map(done.count, (Move.ASK, Move.REASSIGN, Move.EXPIRE)))


@cache
def _left(bounds: Bounds, questions: int, reassignments: int, expiries: int) -> frozenset[Move]:
    spent = {
        Move.ASK: questions >= bounds.questions,
        Move.REASSIGN: reassignments >= bounds.reassignments,
        Move.EXPIRE: expiries >= bounds.expiries,
    }
    return frozenset(move for move in Move if not spent.get(move, False))


RUNS = (
    Bounds(Course.SERVICE, acts=None),
    Bounds(Course.TRANSFER, acts=None, expiries=1),
    Bounds(Course.SERVICE, acts=5, questions=1, reassignments=1),
    Bounds(Course.SERVICE, acts=5, questions=2),
    Bounds(Course.CONCERN, acts=5, expiries=1),
    Bounds(Course.CONCERN, acts=4, questions=1, reassignments=1, expiries=1, refusals=1),
    Bounds(Course.TRANSFER, acts=4, questions=1, reassignments=1, refusals=1, intrusions=1),
)


class Deed(NamedTuple):
    """An act by its place: whose, that agency's how-manieth, what, and for an answer the number of the question."""

    party: int
    number: int
    move: Move
    answers: int = 0
    course: Course = Course.SERVICE

    def act(self, position: int | None) -> Act:
        """As the law takes it. The id follows from the place, so equal histories are equal."""
        return _act(self, position)


@cache
def _act(deed: Deed, position: int | None) -> Act:
    makes = deed.move is Move.MAKE
    return Act(
        _id(deed.party, deed.number),
        deed.move,
        AGENCIES[deed.party],
        position,
        LATER if position is None else START + timedelta(hours=position),
        f"office-{deed.number}" if deed.move is Move.REASSIGN else None,
        course=deed.course,
        to=AGENCIES[RECEIVER] if makes else None,
        notified=(AGENCIES[NOTIFIED],) if makes else (),
        expires_at=EXPIRES_AT if makes else None,
        asked_id=_id(1 - deed.party, deed.answers) if deed.answers else None,
    )


def _id(party: int, number: int) -> UUID:
    return UUID(int=100 * (party + 1) + number)


class State(NamedTuple):
    """The log; what each agency recorded that the log has not; which positions each has heard; what was refused.

    Deeds stand as their numbers in DEEDS, and heard positions as bits: there are many states.
    """

    log: tuple[int, ...]
    waiting: tuple[tuple[int, ...], tuple[int, ...]]
    heard: tuple[int, int] = (0, 0)
    refused: tuple[int, ...] = ()


class View(NamedTuple):
    """All that one agency goes by: what it heard, with its places in the log, then its own acts without an answer."""

    party: int
    heard: tuple[tuple[int, int], ...]
    unanswered: tuple[int, ...]
    refused: tuple[int, ...]


Views = tuple[View, View]
DEEDS: list[Deed] = []


@cache
def place(deed: Deed) -> int:
    """The deed's number in DEEDS."""
    DEEDS.append(deed)
    return len(DEEDS) - 1


def view(state: State, party: int) -> View:
    """What this agency goes by in this state."""
    heard, unheard = [], []
    for position, deed in enumerate(state.log):
        if state.heard[party] >> position & 1:
            heard.append((position + 1, deed))
        elif DEEDS[deed].party == party:
            unheard.append(deed)
    refused = tuple(deed for deed in state.refused if DEEDS[deed].party == party)
    return View(party, tuple(heard), (*unheard, *state.waiting[party]), refused)


@cache
def standing(seen: View) -> Standing:
    """The standing by this view, folded as an agency keeps it: its own acts first, others' as they came, some twice."""
    logged = [DEEDS[deed].act(position) for position, deed in seen.heard]
    own = [act for act in logged if act.by is AGENCIES[seen.party]]
    others = [act for act in logged if act.by is not AGENCIES[seen.party]]
    unlogged = sorted((*seen.refused, *seen.unanswered), key=lambda deed: DEEDS[deed].number)
    waiting = [DEEDS[deed].act(None) for deed in unlogged]
    refused = [DEEDS[deed].act(None).id for deed in seen.refused]
    found = fold([*own, *waiting, *reversed(others), *others], refused)
    assert found == fold([*logged, *waiting], refused), "the order in which letters came made a difference"
    return found


@cache
def of_log(log: tuple[int, ...]) -> Standing:
    """The standing by the log itself."""
    return fold(DEEDS[deed].act(position) for position, deed in enumerate(log, 1))


@cache
def choices(seen: View, number: int, moves: frozenset[Move]) -> tuple[int, ...]:
    """Everything this agency may legally do next, by its own standing."""
    here = standing(seen)
    asked = [question.int % 100 for question, party in here.questions if party is AGENCIES[seen.party]]
    deeds = [Deed(seen.party, number, move) for move in PLAIN_MOVES if move in moves]
    deeds += [Deed(seen.party, number, move, question) for question in asked for move in (Move.GIVE, Move.REFUSE)]
    if here.stage not in ENDED or here.closed:  # an agency's own rule
        deeds = [deed for deed in deeds if deed.move is not Move.CLOSE]
    return tuple(place(deed) for deed in deeds if not isinstance(judge(here, deed.act(None)), Void))


def following(state: State, views: Views, bounds: Bounds) -> Iterator[State]:
    """Every state that can come next: somebody acts, submits and is logged or refused, or hears."""
    log, waiting, heard, refused = state
    done = [DEEDS[deed] for deed in (*log, *waiting[OPENER], *waiting[RECEIVER], *refused)]
    moves = bounds.leave([deed.move for deed in done])
    for party in (OPENER, RECEIVER):
        seen, queue = views[party], waiting[party]
        if bounds.acts is None or len(done) < bounds.acts:
            number = 1 + [deed.party for deed in done].count(party)
            for deed in choices(seen, number, moves):
                yield State(log, _put(waiting, party, (*queue, deed)), heard, refused)
        if queue and len(seen.unanswered) == len(queue):
            rest = _put(waiting, party, queue[1:])
            yield State((*log, queue[0]), rest, heard, refused)
            if len(refused) < bounds.refusals and DEEDS[queue[0]].move is not Move.MAKE:
                yield State(log, rest, heard, (*refused, queue[0]))
        for position in range(len(log)):
            if not heard[party] >> position & 1:
                yield State(log, waiting, _put(heard, party, heard[party] | 1 << position), refused)
    intruded = [deed.party for deed in done].count(NOTIFIED)
    if log and intruded < bounds.intrusions and (bounds.acts is None or len(done) < bounds.acts):
        for move in INTRUDES:
            yield State((*log, place(Deed(NOTIFIED, intruded + 1, move))), waiting, heard, refused)


def _put(pair: tuple[T, T], party: int, value: T) -> tuple[T, T]:
    return (value, pair[1]) if party == OPENER else (pair[0], value)


def check(state: State, views: Views) -> bool:
    """Assert what the law promises in this state. Returns whether it is settled: all is logged and heard."""
    for seen in views:
        assert void_here(seen) <= void_in_log(state.log), "an act whose place is known and that shows void stays void"
    assert answers_for(views[OPENER]) or answers_for(views[RECEIVER]), "nobody answers for it by their own standing"
    everything = (1 << len(state.log)) - 1
    if any(state.waiting) or state.heard != (everything, everything):
        return False
    of_all = of_log(state.log)
    assert of_all.moved is (moves_by(state.log) is not None), (
        "it moved just when an acceptance counted, and to nobody else"
    )
    for seen in views:
        assert _but_for_refused(standing(seen)) == of_all, "both agencies come to what the log says, void acts included"
    assert (of_all.whose_move is None) is (of_all.stage in (Stage.UNOPENED, *ENDED)), (
        "it is somebody's move until the end"
    )
    assert of_all.stage in ENDED or can_end(of_all.stage, of_all.withdrawal_asked), "a handoff can always be ended"
    return True


@cache
def answers_for(seen: View) -> bool:
    """Whether this agency answers for what is handed over, by its own standing."""
    return standing(seen).responsible is AGENCIES[seen.party]


@cache
def moves_by(log: tuple[int, ...]) -> UUID | None:
    """The receiver's acceptance by which the log has it moved, if it has."""
    acts = [DEEDS[deed].act(position) for position, deed in enumerate(log, 1)]
    counted = [act for act in acts if act.move is Move.ACCEPT and of_log(log).void_of(act.by, act.id) is None]
    moving = of_log(log).course is not Course.SERVICE
    return counted[0].id if moving and counted else None


def check_notified(log: tuple[int, ...]) -> None:
    """Whatever part of the log the notified agency has heard, in whatever order, its standing is that part's."""
    places = tuple(enumerate(log, 1))
    for part in range(1 << len(log)):
        check_part(tuple(one for number, one in enumerate(places) if part >> number & 1))
    here = [DEEDS[deed].act(position) for position, deed in places]
    assert fold(reversed(here)) == of_log(log), "who is notified comes to what the log says"
    assert all(of_log(log).void_of(act.by, act.id) for act in here if act.by is AGENCIES[NOTIFIED]), "it has no say"


@cache
def check_part(heard: tuple[tuple[int, int], ...]) -> None:
    """Of deeds with their places in the log: most parts of one log are parts of many others."""
    acts = [DEEDS[deed].act(position) for position, deed in heard]
    assert fold([*reversed(acts), *acts]) == fold(acts), "the order in which letters came made a difference"


@cache
def void_here(seen: View) -> frozenset[UUID]:
    """This agency's own acts that it holds for void and whose place in the log it knows."""
    voids = (void.act for void in standing(seen).voids if void.act.position)
    return frozenset(act.id for act in voids if act.by is AGENCIES[seen.party])


@cache
def void_in_log(log: tuple[int, ...]) -> frozenset[UUID]:
    return frozenset(void.act.id for void in of_log(log).voids)


def _but_for_refused(found: Standing) -> Standing:
    """Without what never reached the log: only its own agency knows of it."""
    return replace(found, voids=tuple(void for void in found.voids if void.reason is not Void.REFUSED_BY_GATEWAY))


@cache
def can_end(stage: Stage, withdrawal_asked: bool) -> bool:
    """Whether some sequence of legal acts ends a handoff that stands so."""
    known, new = set[tuple[Stage, bool]](), {(stage, withdrawal_asked)}
    while new:
        known |= new
        new = {after for before in new for after in _after(*before)} - known
    return any(reached in ENDED for reached, _ in known)


def _after(stage: Stage, withdrawal_asked: bool) -> Iterator[tuple[Stage, bool]]:
    opener, receiver, _ = AGENCIES
    here = Standing(stage, opener=opener, receiver=receiver, withdrawal_asked=withdrawal_asked)
    for party in (OPENER, RECEIVER):
        for move in PLAIN_MOVES:
            judged = judge(here, Deed(party, 1, move).act(1))
            if isinstance(judged, Standing):
                yield judged.stage, judged.withdrawal_asked


def explore(bounds: Bounds) -> dict[str, int | str | None]:
    """Visit every state that these bounds allow, breadth first, and check each. The figures of the visit."""
    start = State((), ((place(Deed(OPENER, 1, Move.MAKE, course=bounds.course)),), ()))
    known, level, depth, transitions, settled = {start}, [start], 0, 0, 0
    logs = set[tuple[int, ...]]()
    while level:
        found = list[State]()
        for state in level:
            views = view(state, OPENER), view(state, RECEIVER)
            settled += check(state, views)
            if state.log not in logs and len(state.log) <= NOTIFIED_HEARS:
                logs.add(state.log)
                check_notified(state.log)
            for after in following(state, views, bounds):
                transitions += 1
                if after not in known:
                    known.add(after)
                    found.append(after)
        depth, level = depth + bool(found), found
    found_here = {"states": len(known), "transitions": transitions, "depth": depth, "settled": settled}
    return {**bounds._asdict(), **found_here}


def figures() -> dict[str, list[dict[str, int | str | None]]]:
    """The figures of all runs, as docs/handoff-check.json holds them."""
    return {"runs": [explore(bounds) for bounds in RUNS]}


def dump(found: dict[str, list[dict[str, int | str | None]]]) -> str:
    return json.dumps(found, indent=2) + "\n"


if __name__ == "__main__":
    text = dump(figures())
    if "--write" in sys.argv[1:]:
        FIGURES.write_text(text)
    else:
        sys.stdout.write(text)
