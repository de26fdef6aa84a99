"""The law of a handoff: given acts in the log's order, one more either counts or is void with its reason."""

from itertools import permutations, product
from random import Random
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.agencies import Agency
from contracts.handoff import ENDED, Act, Move, Stage, Standing, Void, fold, judge

OPENER, RECEIVER, STRANGER = Agency.POLICE, Agency.SOCIAL, Agency.HEALTH


def act(
    move: Move,
    by: Agency = RECEIVER,
    position: int | None = 1,
    asked_id: UUID | None = None,
    act_id: UUID | None = None,
) -> Act:
    to = RECEIVER if move is Move.MAKE else None
    return Act(act_id or uuid4(), move, by, position, to, asked_id)


def logged(*moves: tuple[Move, Agency]) -> list[Act]:
    """These acts at the positions 1, 2, 3 …"""
    return [act(move, by, position) for position, (move, by) in enumerate(moves, start=1)]


MADE = (Move.MAKE, OPENER)


def test_a_handoff_goes_from_made_to_completed_and_then_waits_for_nobody() -> None:
    steps = [Move.ACKNOWLEDGE, Move.ACCEPT, Move.START, Move.COMPLETE]
    acts = logged(MADE, *((move, RECEIVER) for move in steps))
    stages = [fold(acts[: n + 1]).stage for n in range(len(acts))]
    assert stages == [Stage.MADE, Stage.ACKNOWLEDGED, Stage.ACCEPTED, Stage.STARTED, Stage.COMPLETED]
    assert [fold(acts[: n + 1]).whose_move for n in range(len(acts))] == [RECEIVER] * 4 + [None]


def test_accepting_says_that_it_was_seen() -> None:
    assert fold(logged(MADE, (Move.ACCEPT, RECEIVER))).stage is Stage.ACCEPTED


def test_a_withdrawal_is_asked_for_and_confirmed_and_never_imposed() -> None:
    asked = logged(MADE, (Move.ASK_WITHDRAWAL, OPENER))
    assert fold(asked).stage is Stage.MADE
    assert fold([*asked, act(Move.ACCEPT, RECEIVER, 3)]).stage is Stage.ACCEPTED
    assert fold([*asked, act(Move.CONFIRM_WITHDRAWAL, RECEIVER, 3)]).stage is Stage.WITHDRAWN


@pytest.mark.parametrize("first", [Move.ASK_WITHDRAWAL, Move.ACCEPT])
def test_a_withdrawal_that_crosses_an_acceptance_leaves_both_standing(first: Move) -> None:
    both = [(Move.ASK_WITHDRAWAL, OPENER), (Move.ACCEPT, RECEIVER)]
    order = both if first is Move.ASK_WITHDRAWAL else both[::-1]
    standing = fold(logged(MADE, *order))
    assert (standing.stage, standing.withdrawal_asked, standing.voids) == (Stage.ACCEPTED, True, ())


def test_an_act_that_comes_too_late_is_void_and_changes_nothing() -> None:
    acts = logged(MADE, (Move.DECLINE, RECEIVER), (Move.ASK_WITHDRAWAL, OPENER))
    standing = fold(acts)
    assert standing.stage is Stage.DECLINED
    assert [(void.act, void.reason) for void in standing.voids] == [(acts[2], Void.ALREADY_DECLINED)]
    assert standing.last == acts[1].id


@pytest.mark.parametrize("asker", [OPENER, RECEIVER])
def test_a_question_makes_it_the_others_move_until_it_is_answered_or_refused(asker: Agency) -> None:
    asked = RECEIVER if asker is OPENER else OPENER
    acts = logged(MADE, (Move.ACCEPT, RECEIVER), (Move.ASK, asker))
    assert fold(acts).whose_move is asked
    for answer in (Move.GIVE, Move.REFUSE):
        answered = fold([*acts, act(answer, asked, 4, acts[2].id)])
        assert (answered.questions, answered.whose_move) == ((), RECEIVER)
        by_the_asker = fold([*acts, act(answer, asker, 4, acts[2].id)])
        assert by_the_asker.voids[0].reason is Void.NOT_ASKED


def test_the_end_of_a_handoff_ends_its_open_questions() -> None:
    acts = logged(MADE, (Move.ASK, RECEIVER), (Move.DECLINE, RECEIVER))
    assert fold(acts).questions == ()


def test_an_act_heard_before_the_act_that_made_the_handoff_is_folded_in_its_place_when_that_arrives() -> None:
    made, accepted = logged(MADE, (Move.ACCEPT, RECEIVER))
    assert fold([accepted]).voids[0].reason is Void.NOT_MADE
    assert fold([accepted, made]) == fold([made, accepted])


def test_acts_that_are_not_logged_yet_stand_last_and_are_shown_as_provisional() -> None:
    made = act(Move.MAKE, OPENER, 1)
    own = act(Move.ASK_WITHDRAWAL, OPENER, None)
    before = fold([made, own])
    assert (before.withdrawal_asked, before.provisional) == (True, (own.id,))
    after = fold([made, own, act(Move.DECLINE, RECEIVER, 2)])
    assert after.void_of(own.id) is Void.ALREADY_DECLINED


def test_an_act_that_the_gateway_can_never_log_is_void() -> None:
    made, own = act(Move.MAKE, OPENER, 1), act(Move.ASK_WITHDRAWAL, OPENER, None)
    standing = fold([made, own], refused=[own.id])
    assert (standing.withdrawal_asked, standing.provisional) == (False, ())
    assert standing.void_of(own.id) is Void.REFUSED_BY_GATEWAY


def test_another_agencys_act_of_the_same_id_is_another_act() -> None:
    made = act(Move.MAKE, OPENER, 1)
    forged = act(Move.DECLINE, STRANGER, 2, act_id=made.id)
    standing = fold([made, forged])
    assert standing.stage is Stage.MADE
    assert standing.voids[0].reason is Void.NOT_A_PARTY


def test_the_law_has_an_answer_to_every_pair_of_standing_and_act() -> None:
    question = uuid4()
    for stage, asked, move, by in product(Stage, (False, True), Move, (OPENER, RECEIVER, STRANGER)):
        opener, receiver = (None, None) if stage is Stage.UNOPENED else (OPENER, RECEIVER)
        standing = Standing(
            stage, opener, receiver, asked, () if stage in ENDED else ((question, OPENER), (question, RECEIVER))
        )
        answer = judge(standing, act(move, by, 9, question))
        assert isinstance(answer, Standing | Void)
        if stage in ENDED:
            assert isinstance(answer, Void), "nothing counts after the end"
        if by is STRANGER and not (stage is Stage.UNOPENED and move is Move.MAKE):
            assert isinstance(answer, Void), "nothing that a stranger does counts"


def test_whatever_the_order_in_which_acts_are_heard_the_standing_is_the_same() -> None:
    acts = logged(
        MADE, (Move.ASK, RECEIVER), (Move.ASK_WITHDRAWAL, OPENER), (Move.ACCEPT, RECEIVER), (Move.START, RECEIVER)
    )
    assert {fold(order) for order in permutations(acts)} == {fold(acts)}


MOVES = st.tuples(st.sampled_from(list(Move)), st.sampled_from([OPENER, RECEIVER, STRANGER]))


@given(st.lists(MOVES, max_size=12), st.randoms(use_true_random=False))
def test_any_acts_in_any_order_and_twice_come_to_one_standing(moves: list[tuple[Move, Agency]], dice: Random) -> None:
    acts = logged(*moves)
    shuffled = [*acts, *acts]
    dice.shuffle(shuffled)
    assert fold(shuffled) == fold(acts)
