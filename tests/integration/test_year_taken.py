"""A small made-up year is taken in by all agencies' own applications: nothing refused, nothing parked."""

from pathlib import Path

from cli.year.plan import year
from tests.builders import ByHand
from tests.carried import Carried


async def test_a_small_year_is_taken_in_as_it_is_planned(by_hand: ByHand, tmp_path: Path) -> None:
    agencies = Carried(by_hand, tmp_path)
    try:
        for planned in year(cases=12, year=2021, seed=7):
            await agencies.says(planned.agency, planned.command)
    finally:
        agencies.close()
    assert agencies.voided == []
