"""Whatever the seed and however small the year: its commands can be said, and only what crosses is void."""

from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from cli.year.plan import whole
from tests.year import checked, standings


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32), cases=st.integers(0, 12))
def test_of_any_small_year_every_act_counts_but_the_second_of_two_that_cross(seed: int, cases: int) -> None:
    plan = whole(cases=cases, year=2021, seed=seed)
    checked(plan)
    void = {v.act.id for standing in standings(plan).values() for v in standing.voids}
    assert void == {UUID(second.command["id"]) for second in [p for p in plan if p.crosses][1::2]}
