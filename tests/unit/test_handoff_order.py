"""The order of a handoff's acts: repeats, late arrivals and provisional acts change nothing that the log decides."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from contracts.handoff import fold, in_order
from contracts.standing import Act, Move, Stage, Void
from tests.unit.test_handoff import HEALTH, POLICE, SOCIAL, act, given_acts, reason_of, standing


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
    assert (found.stage, found.provisional, found.last) == (Stage.ACCEPTED, (mine,), mine.id)
    assert fold([replace(mine, position=3), mine, *others]).provisional == ()


def test_provisional_acts_stand_in_the_order_in_which_they_were_done() -> None:
    accept, start = (act(None, move, id=UUID(int=number)) for number, move in ((60, Move.ACCEPT), (50, Move.START)))
    assert fold([*given_acts(Move.MAKE), accept, start]).stage is Stage.STARTED
    assert fold([*given_acts(Move.MAKE), accept, start]).provisional == (accept, start)


def test_what_the_gateway_could_never_log_is_void_and_no_longer_provisional() -> None:
    mine = act(None, Move.ACCEPT, id=UUID(int=50))
    found = fold([*given_acts(Move.MAKE), mine], refused=[mine.id])
    assert (found.stage, found.provisional) == (Stage.MADE, ())
    assert found.void_of(mine.by, mine.id) is Void.REFUSED_BY_GATEWAY


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
    counted = [one for one in acts if found.void_of(one.by, one.id) is None]
    assert fold(counted) == replace(found, voids=()) or len({one.id for one in acts}) < len(acts)


@given(logs())
def test_an_act_of_the_future_never_changes_what_came_before_it(acts: list[Act]) -> None:
    """A void act stays void when later ones come: what was told once holds."""
    for length in range(len(acts)):
        assert fold(acts).voids[: len(fold(acts[:length]).voids)] == fold(acts[:length]).voids
