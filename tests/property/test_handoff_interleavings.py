"""However two agencies' acts cross, both come to what the log says, nobody acts in vain, and an end can be reached."""

import json

import pytest

from contracts.standing import Stage
from tests.property import interleavings
from tests.property.interleavings import RUNS, Bounds

COMMITTED = json.loads(interleavings.FIGURES.read_text())["runs"]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", range(len(RUNS)), ids=[str(bounds.acts) + " acts" for bounds in RUNS])
def test_every_interleaving_keeps_the_law_and_the_committed_figures_are_those_found(number: int) -> None:
    found = interleavings.explore(RUNS[number])
    assert found == COMMITTED[number], (
        "run `python -m tests.property.interleavings --write`, then export the pages anew"
    )


def test_the_committed_figures_are_of_these_runs_and_no_others() -> None:
    assert [Bounds(**{name: run[name] for name in Bounds._fields}) for run in COMMITTED] == list(RUNS)


def test_from_every_open_stage_an_end_can_be_reached() -> None:
    for stage in set(Stage) - {Stage.UNOPENED}:
        assert interleavings.can_end(stage, withdrawal_asked=False)
