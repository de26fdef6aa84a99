"""The law of a handoff: given acts in the log's order, when one more comes, then this is the standing."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations, product
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.agencies import Agency
from contracts.handoff import ENDED, TABLE, Act, Move, Stage, Standing, Void, fold, in_order, judge

POLICE, SOCIAL, HEALTH = Agency.POLICE, Agency.SOCIAL, Agency.HEALTH
"""The opener, the receiver, and one who is no party."""
OWN = {Move.MAKE: POLICE, Move.ASK_WITHDRAWAL: POLICE}
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
    return found.void_of(UUID(int=position))


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
        ([Move.MAKE, Move.ACCEPT, Move.COMPLETE], Void.NOT_STARTED),
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


# total


QUESTION = UUID(int=99)


@pytest.mark.parametrize(("stage", "move", "by"), [*product(Stage, Move, Agency)])
def test_every_act_in_every_standing_has_an_answer(stage: Stage, move: Move, by: Agency) -> None:
    for asked, party, to in product((False, True), (POLICE, SOCIAL), (None, *Agency)):
        if stage is Stage.UNOPENED:
            before = Standing()
        else:
            before = Standing(stage, POLICE, SOCIAL, asked, ((QUESTION, party),))
        judged = judge(before, Act(UUID(int=1), move, by, 1, to, QUESTION))
        if stage in ENDED or (by not in (POLICE, SOCIAL) and stage is not Stage.UNOPENED):
            assert isinstance(judged, Void), "an end is final, and strangers change nothing"
        if isinstance(judged, Standing):
            assert judged != before
            assert judged.parties == {by, to} if move is Move.MAKE else judged.parties == before.parties


def test_the_table_answers_for_every_open_stage() -> None:
    assert set(TABLE) == set(Stage) - ENDED - {Stage.UNOPENED}
    assert len({frozenset(row) for row in TABLE.values()}) == 1


# order, repeats, late arrivals


def test_the_same_letter_twice_counts_once() -> None:
    acts = given_acts(Move.MAKE, Move.ACCEPT)
    assert fold([*acts, *acts, acts[1]]) == fold(acts)


def test_what_arrives_later_but_stands_earlier_is_folded_in_its_place() -> None:
    made, asked, accepted, confirmed = given_acts(
        Move.MAKE, Move.ASK_WITHDRAWAL, act(4, Move.ACCEPT), act(3, Move.CONFIRM_WITHDRAWAL)
    )
    assert fold([made, asked, accepted]).stage is Stage.ACCEPTED
    late = fold([made, asked, accepted, confirmed])
    assert (late.stage, reason_of(late, 4)) == (Stage.WITHDRAWN, Void.ALREADY_WITHDRAWN)


def test_an_act_heard_before_the_one_that_made_the_handoff_waits_for_it() -> None:
    made, accepted = given_acts(Move.MAKE, Move.ACCEPT)
    assert reason_of(fold([accepted]), 2) is Void.NOT_MADE
    assert fold([accepted, made]) == standing(Move.MAKE, Move.ACCEPT)


def test_an_own_act_without_a_position_stands_last_and_shows_as_provisional() -> None:
    mine = act(None, Move.ACCEPT, id=UUID(int=50))
    others = given_acts(Move.MAKE, Move.ASK_WITHDRAWAL)
    found = fold([mine, *others])
    assert (found.stage, found.provisional, found.last) == (Stage.ACCEPTED, (mine.id,), mine.id)
    assert fold([replace(mine, position=3), mine, *others]).provisional == ()


def test_provisional_acts_stand_in_the_order_in_which_they_were_done() -> None:
    accept, start = (act(None, move, id=UUID(int=number)) for number, move in ((60, Move.ACCEPT), (50, Move.START)))
    assert fold([*given_acts(Move.MAKE), accept, start]).stage is Stage.STARTED
    assert fold([*given_acts(Move.MAKE), accept, start]).provisional == (accept.id, start.id)


def test_what_the_gateway_could_never_log_is_void_and_no_longer_provisional() -> None:
    mine = act(None, Move.ACCEPT, id=UUID(int=50))
    found = fold([*given_acts(Move.MAKE), mine], refused=[mine.id])
    assert (found.stage, found.void_of(mine.id), found.provisional) == (Stage.MADE, Void.REFUSED_BY_GATEWAY, ())


def test_an_id_that_two_agencies_use_is_two_acts() -> None:
    mine, theirs = act(2, Move.ASK, by=POLICE, id=UUID(int=7)), act(3, Move.ASK, by=SOCIAL, id=UUID(int=7))
    assert len(in_order([mine, theirs])) == 2


def logs() -> st.SearchStrategy[list[Act]]:
    """Any acts at all, by anybody, at positions of their own; most are void, and that is the point."""
    one = st.builds(
        Act,
        id=st.integers(1, 6).map(lambda number: UUID(int=number)),
        move=st.sampled_from(Move),
        by=st.sampled_from([POLICE, SOCIAL, POLICE, SOCIAL, HEALTH]),
        to=st.sampled_from([None, SOCIAL, POLICE]),
        asked_id=st.none() | st.integers(1, 6).map(lambda number: UUID(int=number)),
    )
    return st.lists(one, max_size=8, unique_by=lambda found: (found.by, found.id)).map(
        lambda acts: [replace(found, position=position) for position, found in enumerate(acts, 1)]
    )


@given(logs(), st.randoms(use_true_random=False), st.data())
def test_all_parties_come_to_the_same_standing_in_whatever_order_they_heard(
    acts: list[Act], random: Any, data: st.DataObject
) -> None:
    repeated: Iterable[Act] = data.draw(st.lists(st.sampled_from(acts), max_size=4)) if acts else []
    heard = [*acts, *repeated]
    random.shuffle(heard)
    assert fold(heard) == fold(acts)


def test_every_order_of_a_whole_handoff_comes_to_the_same() -> None:
    acts = given_acts(Move.MAKE, Move.ASK, Move.ASK_WITHDRAWAL, Move.ACCEPT, Move.CONFIRM_WITHDRAWAL, Move.START)
    assert {fold(order) for order in permutations(acts)} == {fold(acts)}


@given(logs())
def test_every_act_either_counts_or_is_void_with_a_reason(acts: list[Act]) -> None:
    found = fold(acts)
    assert {void.act for void in found.voids} <= set(acts)
    counted = [one for one in acts if found.void_of(one.id) is None]
    assert fold(counted) == replace(found, voids=()) or len({one.id for one in acts}) < len(acts)


@given(logs())
def test_an_act_of_the_future_never_changes_what_came_before_it(acts: list[Act]) -> None:
    """A void act stays void when later ones come: what was told once holds."""
    for length in range(len(acts)):
        assert fold(acts).voids[: len(fold(acts[:length]).voids)] == fold(acts[:length]).voids
