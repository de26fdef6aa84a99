"""A made-up year: the same seed gives the same plan, in order, of commands that agencies may say, over all types."""

import subprocess
import sys
from datetime import UTC, datetime
from itertools import pairwise
from uuid import UUID

import pytest

from cli.year.plan import FOLLOWED, Planned, year
from contracts.standing import ENDED
from tests.year import ALL_VERBS, by_case, checked, moment, standings, verbs

DIGEST = (
    "import hashlib;from cli.year.plan import year;"
    "print(hashlib.sha256(repr([(p.at, p.agency, p.command, p.crosses) for p in year(cases=12, year=2021, seed=3)])"
    ".encode()).hexdigest())"
)


@pytest.fixture(scope="module")
def plan() -> list[Planned]:
    return list(year(cases=249, year=2021, seed=7))


def test_the_same_seed_gives_the_same_plan_and_another_gives_another(plan: list[Planned]) -> None:
    assert list(year(cases=249, year=2021, seed=7)) == plan
    assert list(year(cases=249, year=2021, seed=8)) != plan


def test_a_plan_does_not_depend_on_how_python_orders_its_sets() -> None:
    said = {
        subprocess.run([sys.executable, "-c", DIGEST], env={"PYTHONHASHSEED": hashes}, capture_output=True, check=True)
        .stdout.decode()
        .strip()
        for hashes in ("1", "2", "3")
    }
    assert len(said) == 1


def test_a_plan_is_in_the_order_of_its_moments_from_the_first_day_to_a_year_after_the_last(plan: list[Planned]) -> None:
    assert all(before.at <= after.at for before, after in pairwise(plan))
    assert datetime(2021, 1, 1, tzinfo=UTC) <= plan[0].at
    assert plan[-1].at < datetime(2022, 1, 1, tzinfo=UTC) + FOLLOWED
    opened = [
        min(p.at for said in case.values() for p in said) for case in by_case(plan).values() if "concern.report" in case
    ]
    assert len(opened) == 249
    assert max(opened) < datetime(2022, 1, 1, tzinfo=UTC)


def test_a_year_has_a_few_dozen_commands_a_case(plan: list[Planned]) -> None:
    assert 20 <= len(plan) / 249 <= 35


def test_every_command_is_one_that_its_agency_may_say_and_its_clocks_are_in_order(plan: list[Planned]) -> None:
    checked(plan)
    for planned in plan:
        assert moment(planned, "recorded") == planned.at
        assert moment(planned, "occurred") <= moment(planned, "known") <= planned.at


def test_no_id_stands_twice(plan: list[Planned]) -> None:
    assert len({planned.command["id"] for planned in plan}) == len(plan)


@pytest.mark.parametrize("seed", [1, 7, 42])
def test_every_type_that_has_a_command_occurs(seed: int) -> None:
    assert verbs(year(cases=249, year=2021, seed=seed)) == ALL_VERBS


def test_by_the_law_nothing_is_void_but_the_second_of_two_acts_that_cross(plan: list[Planned]) -> None:
    void = {v.act.id for standing in standings(plan).values() for v in standing.voids}
    crossing = [planned for planned in plan if planned.crosses]
    assert void == {UUID(second.command["id"]) for second in crossing[1::2]}
    assert len(void) >= 8


def test_two_that_cross_stand_side_by_side_at_one_moment_and_are_two_agencies(plan: list[Planned]) -> None:
    places = [place for place, planned in enumerate(plan) if planned.crosses]
    for first, second in zip(places[::2], places[1::2], strict=True):
        assert second == first + 1
        assert plan[first].crosses == plan[second].crosses
        assert plan[first].at == plan[second].at
        assert plan[first].agency is not plan[second].agency


def test_at_the_end_most_handoffs_have_ended_and_some_wait_for_somebody(plan: list[Planned]) -> None:
    found = standings(plan).values()
    waiting = sum(standing.stage not in ENDED for standing in found)
    assert 0.03 < waiting / len(found) < 0.25


def test_the_child_of_a_linked_case_is_the_child_of_the_other(plan: list[Planned]) -> None:
    cases = by_case(plan)
    links = [said for case in cases.values() for said in case.get("case.link", ())]
    assert links
    for link in links:
        other = cases[link.command["data"]["other"]]["concern.report"][0].command["data"]
        mine = cases[link.command["case_ref"]]["concern.report"][0].command["data"]
        assert mine["identity"] == other["identity"]
        assert other["concerns"]["ref"] == link.command["data"]["other_concerns"] != mine["concerns"]["ref"]


def test_a_suspect_who_is_a_child_has_a_case_of_its_own_first(plan: list[Planned]) -> None:
    cases = by_case(plan)
    young = [p for case in cases.values() for p in case.get("suspect.identify", ()) if p.command["data"]["own_case"]]
    assert len(young) >= 10
    for planned in young:
        assert cases[planned.command["data"]["own_case"]]["referral.make"][0].at < planned.at


def test_everybody_is_obviously_made_up(plan: list[Planned]) -> None:
    identities = [planned.command["data"].get("identity") for planned in plan]
    assert all(identity["full_name"].startswith("Example ") for identity in identities if identity)
