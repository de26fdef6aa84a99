"""The law of a handoff: given acts in the log's order, when one more comes, then this is the standing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import pytest

from contracts.agencies import Agency
from contracts.handoff import OPENER_MOVES, TABLE, fold, judge
from contracts.standing import ENDED, Act, Course, Move, Stage, Standing, Void

POLICE, SOCIAL, HEALTH = Agency.POLICE, Agency.SOCIAL, Agency.HEALTH
"""The opener, the receiver, and one who is no party."""
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
OWN = dict.fromkeys(OPENER_MOVES, POLICE)
"""Whose a move is; the others are the receiver's, or either's and here the receiver's."""


def act(position: int | None, move: Move, by: Agency | None = None, **more: Any) -> Act:
    """An act at a position, by the party whose move it is; its id is its position."""
    more.setdefault("id", UUID(int=position or 0))
    if move is Move.MAKE:
        more.setdefault("to", SOCIAL)
    return Act(move=move, by=by or OWN.get(move, SOCIAL), position=position, **more)


def given_acts(*moves: Move | Act) -> list[Act]:
    return [move if isinstance(move, Act) else act(position, move) for position, move in enumerate(moves, 1)]


def standing(*moves: Move | Act) -> Standing:
    return fold(given_acts(*moves))


def reason_of(found: Standing, position: int) -> Void | None:
    """Why the act at this position is void, whoever did it."""
    return next((void.reason for void in found.voids if void.act.id == UUID(int=position)), None)


# the way of a handoff


@pytest.mark.parametrize(
    ("moves", "stage"),
    [
        ([], Stage.UNOPENED),
        ([Move.MAKE], Stage.MADE),
        ([Move.MAKE, Move.ACKNOWLEDGE], Stage.ACKNOWLEDGED),
        ([Move.MAKE, Move.ACKNOWLEDGE, Move.ACCEPT], Stage.ACCEPTED),
        ([Move.MAKE, Move.ACCEPT], Stage.ACCEPTED),
        ([Move.MAKE, Move.DECLINE], Stage.DECLINED),
        ([Move.MAKE, Move.ACCEPT, Move.START], Stage.STARTED),
        ([Move.MAKE, Move.ACCEPT, Move.START, Move.COMPLETE], Stage.COMPLETED),
        ([Move.MAKE, Move.ACCEPT, Move.COMPLETE], Stage.COMPLETED),
        ([Move.MAKE, Move.ASK_WITHDRAWAL], Stage.MADE),
        ([Move.MAKE, Move.ASK_WITHDRAWAL, Move.CONFIRM_WITHDRAWAL], Stage.WITHDRAWN),
        ([Move.MAKE, Move.ACCEPT, Move.ASK_WITHDRAWAL, Move.START, Move.COMPLETE], Stage.COMPLETED),
    ],
)
def test_a_handoff_goes_the_way_of_its_acts(moves: list[Move], stage: Stage) -> None:
    found = standing(*moves)
    assert found.stage is stage
    assert found.voids == ()
    assert found.last == (UUID(int=len(moves)) if moves else None)


def test_until_it_is_accepted_or_declined_the_handoff_waits_for_the_receiver() -> None:
    assert standing(Move.MAKE).whose_move is SOCIAL
    assert standing(Move.MAKE, Move.ACKNOWLEDGE).whose_move is SOCIAL


@pytest.mark.parametrize("end", [Move.DECLINE, Move.CONFIRM_WITHDRAWAL])
def test_once_it_has_ended_it_waits_for_nobody(end: Move) -> None:
    found = standing(Move.MAKE, Move.ASK_WITHDRAWAL, end)
    assert found.stage in ENDED
    assert found.whose_move is None


def test_a_withdrawal_is_asked_for_and_never_imposed() -> None:
    found = standing(Move.MAKE, Move.ACCEPT, Move.ASK_WITHDRAWAL)
    assert (found.stage, found.withdrawal_asked, found.whose_move) == (Stage.ACCEPTED, True, SOCIAL)


# acts that come too late


def test_an_acceptance_that_the_withdrawal_overtook_is_void_and_says_so() -> None:
    found = standing(Move.MAKE, Move.ASK_WITHDRAWAL, Move.CONFIRM_WITHDRAWAL, Move.ACCEPT)
    assert found.stage is Stage.WITHDRAWN
    assert reason_of(found, 4) is Void.ALREADY_WITHDRAWN
    assert found.last == UUID(int=3)


def test_a_withdrawal_asked_for_after_the_end_is_void() -> None:
    found = standing(Move.MAKE, Move.DECLINE, Move.ASK_WITHDRAWAL)
    assert reason_of(found, 3) is Void.ALREADY_DECLINED
    assert not found.withdrawal_asked


@pytest.mark.parametrize(
    ("moves", "reason"),
    [
        ([Move.MAKE, Move.MAKE], Void.ALREADY_MADE),
        ([Move.MAKE, Move.ACKNOWLEDGE, Move.ACKNOWLEDGE], Void.ALREADY_ACKNOWLEDGED),
        ([Move.MAKE, Move.ACCEPT, Move.ACKNOWLEDGE], Void.ALREADY_ACKNOWLEDGED),
        ([Move.MAKE, Move.ACCEPT, Move.ACCEPT], Void.ALREADY_ACCEPTED),
        ([Move.MAKE, Move.ACCEPT, Move.DECLINE], Void.ALREADY_ACCEPTED),
        ([Move.MAKE, Move.START], Void.NOT_ACCEPTED),
        ([Move.MAKE, Move.COMPLETE], Void.NOT_ACCEPTED),
        ([Move.MAKE, Move.ACCEPT, Move.START, Move.START], Void.ALREADY_STARTED),
        ([Move.MAKE, Move.ASK_WITHDRAWAL, Move.ASK_WITHDRAWAL], Void.WITHDRAWAL_ALREADY_ASKED),
        ([Move.MAKE, Move.CONFIRM_WITHDRAWAL], Void.WITHDRAWAL_NOT_ASKED),
        ([Move.MAKE, Move.GIVE], Void.NOT_ASKED),
        ([Move.MAKE, Move.REFUSE], Void.NOT_ASKED),
        ([Move.ACCEPT], Void.NOT_MADE),
    ],
)
def test_the_last_of_these_acts_is_void_with_its_reason_and_changes_nothing(moves: list[Move], reason: Void) -> None:
    before, after = standing(*moves[:-1]), standing(*moves)
    assert reason_of(after, len(moves)) is reason
    assert replace(after, voids=()) == before


# whose acts count


def test_nobody_but_the_parties_can_act() -> None:
    for move in Move:
        found = standing(Move.MAKE, act(2, move, by=HEALTH, asked_id=UUID(int=1)))
        assert reason_of(found, 2) is Void.NOT_A_PARTY


def test_each_party_has_moves_of_its_own() -> None:
    for move in (Move.ACKNOWLEDGE, Move.ACCEPT, Move.DECLINE, Move.START, Move.COMPLETE, Move.CONFIRM_WITHDRAWAL):
        assert reason_of(standing(Move.MAKE, act(2, move, by=POLICE)), 2) is Void.NOT_YOURS
    assert reason_of(standing(Move.MAKE, act(2, Move.ASK_WITHDRAWAL, by=SOCIAL)), 2) is Void.NOT_YOURS


def test_a_handoff_to_oneself_is_none() -> None:
    assert reason_of(standing(act(1, Move.MAKE, to=POLICE)), 1) is Void.NOT_A_PARTY


# questions


def test_a_question_to_the_opener_makes_it_the_openers_move_until_it_is_answered() -> None:
    asked = act(2, Move.ASK, by=SOCIAL)
    assert standing(Move.MAKE, asked).whose_move is POLICE
    for answer in (Move.GIVE, Move.REFUSE):
        found = standing(Move.MAKE, asked, act(3, answer, by=POLICE, asked_id=asked.id))
        assert (found.whose_move, found.questions) == (SOCIAL, ())


def test_one_answers_only_what_one_was_asked_and_once() -> None:
    asked = act(2, Move.ASK, by=SOCIAL)
    own = standing(Move.MAKE, asked, act(3, Move.GIVE, by=SOCIAL, asked_id=asked.id))
    assert reason_of(own, 3) is Void.NOT_ASKED
    given_, again = (act(position, Move.GIVE, by=POLICE, asked_id=asked.id) for position in (3, 4))
    assert reason_of(standing(Move.MAKE, asked, given_, again), 4) is Void.NOT_ASKED


def test_an_open_question_does_not_keep_the_receiver_from_deciding() -> None:
    assert standing(Move.MAKE, Move.ASK, Move.ACCEPT).stage is Stage.ACCEPTED


def test_with_the_end_all_questions_are_over() -> None:
    assert standing(Move.MAKE, Move.ASK, act(3, Move.ASK, by=POLICE), Move.DECLINE).questions == ()


# what is handed over


def made(course: Course, **more: Any) -> Act:
    return act(1, Move.MAKE, course=course, **more)


@pytest.mark.parametrize("course", Course)
def test_until_somebody_accepts_whoever_made_it_answers_for_it(course: Course) -> None:
    for moves in (
        [],
        [Move.ACKNOWLEDGE],
        [Move.DECLINE],
        [Move.SUPERSEDE],
        [Move.ASK_WITHDRAWAL, Move.CONFIRM_WITHDRAWAL],
    ):
        assert standing(made(course), *moves).responsible is POLICE


@pytest.mark.parametrize(
    ("course", "stage", "who"),
    [
        (Course.SERVICE, Stage.ACCEPTED, POLICE),
        (Course.CONCERN, Stage.ACCEPTED, SOCIAL),
        (Course.TRANSFER, Stage.TRANSFERRED, SOCIAL),
    ],
)
def test_a_concern_and_a_case_move_on_acceptance_and_the_case_stays_where_a_service_is_asked(
    course: Course, stage: Stage, who: Agency
) -> None:
    found = standing(made(course), Move.ACCEPT)
    assert (found.stage, found.responsible) == (stage, who)


def test_a_transfer_that_was_accepted_has_ended_and_is_given_back_only_by_another() -> None:
    found = standing(made(Course.TRANSFER), Move.ACCEPT, Move.ASK_WITHDRAWAL, Move.DECLINE, Move.START)
    assert (found.whose_move, found.responsible) == (None, SOCIAL)
    assert {void.reason for void in found.voids} == {Void.ALREADY_TRANSFERRED}


def test_a_withdrawal_that_was_asked_for_before_does_not_undo_an_acceptance() -> None:
    found = standing(made(Course.TRANSFER), Move.ASK_WITHDRAWAL, Move.ACCEPT)
    assert (found.stage, found.responsible) == (Stage.TRANSFERRED, SOCIAL)
    let_go = standing(made(Course.CONCERN), Move.ACCEPT, Move.ASK_WITHDRAWAL, Move.CONFIRM_WITHDRAWAL)
    assert (let_go.stage, let_go.responsible) == (Stage.WITHDRAWN, SOCIAL), (
        "what was taken on is not shed by letting go"
    )


@pytest.mark.parametrize("course", [Course.CONCERN, Course.TRANSFER])
def test_with_an_act_of_its_own_on_the_way_each_party_holds_to_itself(course: Course) -> None:
    """That act may come to stand before what is known; so at no moment does each hold the other responsible."""
    accepted = act(2, Move.ACCEPT)
    opener = fold([made(course), accepted, act(None, Move.SUPERSEDE, id=UUID(int=9))])
    assert (opener.moved, opener.responsible) == (True, POLICE)
    receiver = fold([made(course), act(2, Move.SUPERSEDE), act(None, Move.ACCEPT, id=UUID(int=9))])
    assert (receiver.moved, receiver.responsible) == (False, SOCIAL)
    assert fold([made(course), act(2, Move.SUPERSEDE), act(3, Move.ACCEPT)]).responsible is POLICE, "once it is logged"


# who is notified


def test_who_is_notified_hears_of_every_act_and_is_no_party() -> None:
    made = act(1, Move.MAKE, notified=(HEALTH, POLICE, SOCIAL))
    found = standing(made, act(2, Move.ACCEPT, by=HEALTH))
    assert found.notified == (HEALTH,)
    assert found.parties == {POLICE, SOCIAL}
    assert found.hearers == {POLICE, SOCIAL, HEALTH}
    assert (found.stage, reason_of(found, 2)) == (Stage.MADE, Void.NOT_A_PARTY)


# reassignment, supersession, expiry, closing


def test_who_answers_for_it_is_named_from_its_making_on_and_may_change() -> None:
    made, taken = act(1, Move.MAKE, office="child-unit"), act(2, Move.ACCEPT, office="prishtina-csw")
    assert standing(made, taken).offices == ((POLICE, "child-unit"), (SOCIAL, "prishtina-csw"))
    moved = standing(made, taken, act(3, Move.REASSIGN, office="peja-csw"))
    assert dict(moved.offices) == {POLICE: "child-unit", SOCIAL: "peja-csw"}
    assert (moved.stage, moved.whose_move, moved.voids) == (Stage.ACCEPTED, SOCIAL, ())
    again = standing(made, act(2, Move.REASSIGN, by=POLICE, office="peja-unit"))
    assert dict(again.offices) == {POLICE: "peja-unit"}


@pytest.mark.parametrize("before", [(Move.MAKE,), (Move.MAKE, Move.ACKNOWLEDGE)])
def test_what_nobody_has_taken_on_can_be_superseded_by_the_one_who_asked(before: tuple[Move, ...]) -> None:
    found = standing(*before, Move.SUPERSEDE, Move.ACCEPT)
    assert (found.stage, found.whose_move) == (Stage.SUPERSEDED, None)
    assert reason_of(found, len(before) + 2) is Void.ALREADY_SUPERSEDED


@pytest.mark.parametrize("move", [Move.SUPERSEDE, Move.EXPIRE])
def test_what_was_taken_on_is_not_ended_by_the_one_who_asked_alone(move: Move) -> None:
    made = act(1, Move.MAKE, expires_at=NOON)
    found = standing(made, Move.ACCEPT, act(3, move, at=NOON))
    assert (found.stage, reason_of(found, 3)) == (Stage.ACCEPTED, Void.ALREADY_ACCEPTED)


@pytest.mark.parametrize(
    ("expires_at", "at", "expired"),
    [
        (NOON, NOON - timedelta(microseconds=1), False),
        (NOON, NOON, True),
        (NOON, NOON + timedelta(days=1), True),
        (None, NOON, False),
        (NOON, None, False),
    ],
)
def test_it_expires_by_the_logs_time_and_not_before(
    expires_at: datetime | None, at: datetime | None, *, expired: bool
) -> None:
    found = standing(act(1, Move.MAKE, expires_at=expires_at), act(2, Move.EXPIRE, at=at))
    assert (found.stage is Stage.EXPIRED) is expired
    assert reason_of(found, 2) is (None if expired else Void.NOT_EXPIRED)


def test_an_acceptance_counts_until_the_one_who_asked_has_ended_it_however_late() -> None:
    """A child is helped late rather than not at all."""
    made = act(1, Move.MAKE, expires_at=NOON)
    found = standing(made, act(2, Move.ACCEPT, at=NOON + timedelta(days=3)), act(3, Move.EXPIRE, at=NOON))
    assert (found.stage, reason_of(found, 3)) == (Stage.ACCEPTED, Void.ALREADY_ACCEPTED)


@pytest.mark.parametrize(
    "end",
    [
        (Move.ACCEPT, Move.START, Move.COMPLETE),
        (Move.DECLINE,),
        (Move.ASK_WITHDRAWAL, Move.CONFIRM_WITHDRAWAL),
        (Move.SUPERSEDE,),
    ],
)
def test_the_end_of_the_service_and_the_closing_of_the_file_are_two_acts(end: tuple[Move, ...]) -> None:
    ended = standing(Move.MAKE, *end)
    assert not ended.closed
    closed = standing(Move.MAKE, *end, Move.CLOSE)
    assert closed == replace(ended, closed=True, last=UUID(int=len(end) + 2))


def test_what_happens_after_a_file_was_closed_opens_it_again() -> None:
    """Its agency thought that it had ended the handoff; the log had an acceptance before that."""
    crossed = standing(Move.MAKE, Move.ACCEPT, Move.SUPERSEDE, Move.CLOSE)
    assert (crossed.stage, crossed.closed, crossed.whose_move) == (Stage.ACCEPTED, True, SOCIAL)
    assert not standing(Move.MAKE, Move.ACCEPT, Move.SUPERSEDE, Move.CLOSE, Move.START).closed


# total


QUESTION = UUID(int=99)


@pytest.mark.parametrize(("stage", "move", "by"), [*product(Stage, Move, Agency)])
def test_every_act_in_every_standing_has_an_answer(stage: Stage, move: Move, by: Agency) -> None:
    for asked, party, to in product((False, True), (POLICE, SOCIAL), (None, *Agency)):
        if stage is Stage.UNOPENED:
            before = Standing()
        else:
            before = Standing(
                stage,
                opener=POLICE,
                receiver=SOCIAL,
                expires_at=NOON,
                withdrawal_asked=asked,
                questions=((QUESTION, party),),
            )
        judged = judge(before, Act(UUID(int=1), move, by, 1, NOON, "an-office", to=to, asked_id=QUESTION))
        if move is Move.CLOSE and stage in ENDED and by is POLICE:
            assert judged == replace(before, closed=True, last=UUID(int=1))
            continue
        if stage in ENDED or (by not in (POLICE, SOCIAL) and stage is not Stage.UNOPENED):
            assert isinstance(judged, Void), "an end is final, and strangers change nothing"
        if isinstance(judged, Standing):
            assert judged != before
            assert judged.parties == {by, to} if move is Move.MAKE else judged.parties == before.parties


def test_the_table_answers_for_every_open_stage() -> None:
    assert set(TABLE) == set(Stage) - ENDED - {Stage.UNOPENED}
    assert len({frozenset(row) for row in TABLE.values()}) == 1
