"""A small made-up year is taken in by all agencies' own applications, at its own time: nothing refused or parked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path
from uuid import UUID

from cli.year.plan import Planned, year
from tests.builders import ByHand
from tests.carried import Carried


@dataclass
class Clock:
    """Stands where the plan is."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


def together(plan: Sequence[Planned]) -> Iterator[list[Planned]]:
    """One by one, but that two which cross come as one."""
    for _, found in groupby(plan, key=lambda planned: planned.crosses or planned.command["id"]):
        yield list(found)


async def test_a_small_year_is_taken_in_as_it_is_planned(by_hand: ByHand, tmp_path: Path) -> None:
    plan = list(year(cases=9, year=2021, seed=7))
    by_hand.clock = clock = Clock(plan[0].at)
    agencies, void = Carried(by_hand, tmp_path), set[UUID]()
    try:
        for said in together(plan):
            clock.now = said[0].at
            for planned in said:
                agencies.takes(planned.agency, planned.command)
            for planned in said:
                await agencies.sends(planned.agency)
            heard = agencies.hears()
            assert {one.state for one in heard} <= {"heard"}
            void |= {UUID(voided["id"]) for one in heard for voided in one.voided}
    finally:
        agencies.close()
    assert agencies.voided == []
    assert void == {UUID(second.command["id"]) for second in [p for p in plan if p.crosses][1::2]}
    assert len(void) == 4, "each way of crossing once"
    refused = {place for _, place in agencies.refusals}
    assert all(place and place.startswith("data.letters.") for place in refused), "a letter around a bypass, no act"
