"""Laws of the fold of duties, over cases that say anything in any order."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from contracts.agencies import FIELD, Agency
from contracts.catalogue import CATALOGUE
from contracts.dated import Dated
from contracts.duties import fold
from contracts.duties.duty import Duty, State
from contracts.shapes import Clocks
from contracts.standing import Move
from contracts.vocabulary.limit_facts import AgeBand, IncidentWindow
from tests.dated_cases import XK, Case

BEGINS = datetime(2026, 3, 10, 12, tzinfo=UTC)
ENTRIES = tuple(entry for entry in CATALOGUE.values() if entry.command)
OFTEN = tuple(
    CATALOGUE[name]
    for name in (
        "concern.reported", "crime-report.filed", "urgent-care.given", "forensic-exam.completed", "duty.excused",
        "responsibility.accepted", "responsibility.declined", "information.asked", "information.given",
        "suspect.arrested", "suspect.released", "record.corrected", "case.closed", "route.bypass-invoked",
    )
)  # fmt: skip
GAPS = st.timedeltas(timedelta(0), timedelta(days=3))
OWED = (State.OPEN, State.DUE_SOON, State.BREACHED)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Every type by any of its senders, on handoffs that were made and on others, received soon, late or never.

    Now and then somebody puts right what was said, or excuses what is owed.
    """
    case, at, made = Case(), BEGINS, list[str]()
    for _ in range(draw(st.integers(1, 8))):
        at += draw(GAPS)
        entry = draw(st.sampled_from(OFTEN) | st.sampled_from(ENTRIES))
        by, content = draw(st.sampled_from(sorted(entry.senders))), dict[str, Any]()
        if made and "handoff_id" in entry.content.model_fields:
            content["handoff_id"] = draw(st.sampled_from(made))
        known = at - draw(GAPS)
        said = case.say(by, entry.type, at, occurred=known - draw(GAPS), known=known, **content)
        if entry.move is Move.MAKE:
            made.append(str(said))
        for agency in draw(st.sets(st.sampled_from(FIELD), max_size=2)):
            received = at + draw(GAPS)
            case.receives(agency, said, received, received + draw(GAPS))
        at += draw(GAPS)
        draw(st.sampled_from((_nothing, _correct, _excuse)))(draw, case, at)
    return case


def _nothing(draw: st.DrawFn, case: Case, at: datetime) -> None:
    """Nobody says more."""


def _correct(draw: st.DrawFn, case: Case, at: datetime) -> None:
    first = draw(st.sampled_from(case.said))
    if first.said.type == "record.corrected":
        return
    codes = dict[str, Any]()
    if "limits" in first.said.codes:
        codes["limits"] = {
            "incident": draw(st.sampled_from(IncidentWindow)).value,
            "child_age": draw(st.sampled_from(AgeBand)).value,
            "suspect_age": "adult",
        }
    known = first.at - draw(GAPS)
    case.corrected(first.said.id, at, clocks=Clocks(occurred=known, known=known, recorded=first.at), **codes)


def _excuse(draw: st.DrawFn, case: Case, at: datetime) -> None:
    if owed := [duty for duty in fold(case.said, XK, at) if duty.owed]:
        duty = draw(st.sampled_from(owed))
        if duty.owner is not Agency.OVERSIGHT:
            about: dict[str, Any] = {"rule": duty.rule.id, "trigger_id": str(duty.trigger_id)}
            case.say(duty.owner, "duty.excused", at, owner=duty.owner, **about)


def cut(said: Sequence[Dated], at: datetime) -> list[Dated]:
    """The log as it was then."""
    return [
        replace(one, received={to: receipt for to, receipt in one.received.items() if receipt.logged_at <= at})
        for one in said
        if one.at <= at
    ]


MOMENTS = st.timedeltas(timedelta(0), timedelta(days=400)).map(lambda after: BEGINS + after)


@given(case=cases(), at=MOMENTS)
def test_as_of_a_moment_is_the_fold_of_the_log_cut_at_that_moment(case: Case, at: datetime) -> None:
    assert fold(case.said, XK, at) == fold(cut(case.said, at), XK, at)


@given(case=cases(), at=MOMENTS, dice=st.randoms())
def test_the_order_in_which_the_same_is_given_plays_no_part_nor_how_often(case: Case, at: datetime, dice: Any) -> None:
    mixed = [*case.said, *case.said[:2]]
    dice.shuffle(mixed)
    assert fold(mixed, XK, at) == fold(case.said, XK, at)


@given(case=cases(), at=MOMENTS, later=GAPS)
def test_by_time_alone_a_duty_only_grows_more_urgent_and_what_has_ended_stays_as_it_was(
    case: Case, at: datetime, later: timedelta
) -> None:
    said = cut(case.said, at)
    before, after = by_id(fold(said, XK, at)), by_id(fold(said, XK, at + later))
    assert before.keys() == after.keys()
    for duty_id, duty in before.items():
        then = after[duty_id]
        if duty.owed:
            assert OWED.index(duty.state) <= OWED.index(then.state)
            turned = duty.turns_at is not None and duty.turns_at <= at + later
            assert turned is (duty.state is not then.state), "and exactly when it said that it would"
        assert then == replace(duty, as_of=at + later, state=then.state if duty.owed else duty.state)


@given(case=cases(), at=MOMENTS)
def test_every_duty_is_named_once_and_says_what_became_of_it(case: Case, at: datetime) -> None:
    duties = fold(case.said, XK, at)
    assert len(by_id(duties)) == len(duties)
    for duty in duties:
        assert duty.owed is (duty.state in OWED)
        assert (duty.state is State.BREACHED) is (duty.owed and duty.due_at is not None and at > duty.due_at)
        assert duty.document()["state"] == duty.state


def by_id(duties: Sequence[Duty]) -> dict[Any, Duty]:
    return {duty.id: duty for duty in duties}
