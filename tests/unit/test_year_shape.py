"""A made-up year has the shape that is published of real ones (docs/field.md 7), within stated tolerances."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil, exp, gamma
from random import Random
from statistics import mean, median, quantiles

import pytest

from cli.year import distributions as drawn
from cli.year.offices import BEST_TO_WORST, CASES_A_YEAR, TOWNS, town
from cli.year.plan import Planned, whole, year
from cli.year.workdays import is_working
from tests.year import DAY, by_case, moment

Cases = Mapping[str, Mapping[str, list[Planned]]]
BANDS = ((0, 10), (11, 15), (16, 20), (21, 10**6))
"""In working days of a limit of 15."""
PUBLISHED = (0.087, 0.727, 0.089, 0.097)
"""England 2025."""
DRAWN = 60_000
MANY = 1_500
"""So many cases, that a share is within some hundredths of its model."""


@pytest.fixture(scope="module")
def cases() -> Cases:
    """Many cases, each to its end."""
    return by_case(whole(cases=MANY, year=2021, seed=7))


def in_bands(days: Sequence[int]) -> list[float]:
    return [sum(low <= each <= high for each in days) / len(days) for low, high in BANDS]


def model() -> list[float]:
    """What the model of a leg with a limit gives for these bands, by its formulas."""
    a, b, steps = 12, 1.2, 20_000
    density = [((i + 0.5) / steps) ** (a - 1) * (1 - (i + 0.5) / steps) ** (b - 1) for i in range(steps)]
    scale = gamma(a + b) / gamma(a) / gamma(b) / steps
    to_ten = 0.75 * scale * sum(density[: steps * 10 // 15]) + 0.10
    late = 0.15 * exp(-(1 / 3) / 0.6)
    return [to_ten, 0.85 - to_ten, 0.15 - late, late]


def test_the_model_of_a_leg_with_a_limit_is_within_three_points_of_what_england_published() -> None:
    assert model() == pytest.approx(PUBLISHED, abs=0.03)


def test_legs_with_a_limit_bunch_under_it_as_their_model_says(cases: Cases) -> None:
    rng = Random(1)
    assert in_bands([ceil(15 * drawn.by_deadline(rng)) for _ in range(DRAWN)]) == pytest.approx(model(), abs=0.01)
    held = [
        (case["concern.report"][0].at, datetime.fromisoformat(case["roundtable.convene"][0].command["data"]["held_at"]))
        for case in cases.values()
        if "roundtable.convene" in case and len(case["concern.report"]) == 1
    ]
    assert len(held) > 200
    assert in_bands([working_days(*leg) for leg in held]) == pytest.approx(model(), abs=0.05)


def working_days(start: datetime, end: datetime) -> int:
    days = (end.date() - start.date()).days
    return sum(is_working((start + n * DAY).date()) for n in range(1, days + 1))


def test_a_charge_takes_248_days_in_the_median_and_393_in_the_upper_quartile(cases: Cases) -> None:
    rng = Random(2)
    days = [drawn.lasting(rng, drawn.CHARGE, town(rng).factor) / DAY for _ in range(DRAWN)]
    assert quantiles(days)[1:] == [pytest.approx(248, rel=0.02), pytest.approx(393, rel=0.02)]
    assert quantiles(charges(cases))[1:] == [pytest.approx(248, rel=0.08), pytest.approx(393, rel=0.10)]


def charges(cases: Cases, region: int | None = None) -> list[float]:
    """In days from the crime report; of one region's prosecution, if one is named."""
    return [
        (said.at - case["crime-report.file"][0].at) / DAY
        for case in cases.values()
        for said in case.get("investigation.decide", ())
        if region is None or said.command["post"]["office"] == f"region-{region}-prosecution"
    ]


def test_the_slowest_office_takes_two_and_a_half_times_as_long_as_the_fastest(cases: Cases) -> None:
    factors = {each.region: each.factor for each in TOWNS}
    fastest, slowest = min(factors, key=lambda r: factors[r]), max(factors, key=lambda r: factors[r])
    assert factors[slowest] / factors[fastest] == pytest.approx(BEST_TO_WORST)
    ratio = median(charges(cases, slowest)) / median(charges(cases, fastest))
    assert ratio == pytest.approx(BEST_TO_WORST, rel=0.3)


def test_a_child_is_heard_after_42_days_in_the_mean(cases: Cases) -> None:
    days = [
        (
            datetime.fromisoformat(case["child-interview.schedule"][0].command["data"]["held_at"])
            - case["concern.report"][0].at
        )
        / DAY
        for case in cases.values()
        if "child-interview.schedule" in case and len(case["concern.report"]) == 1
    ]
    assert mean(days) == pytest.approx(42, rel=0.08)


def test_22_percent_of_what_came_on_paper_is_typed_in_after_a_month(cases: Cases) -> None:
    rng = Random(3)
    assert shape([drawn.recording(rng) / DAY for _ in range(DRAWN)]) == pytest.approx((0.22, 5.5), rel=0.04)
    share, middle = shape([lag(p) for case in cases.values() for said in case.values() for p in said if on_paper(p)])
    assert [share, middle] == [pytest.approx(0.22, abs=0.025), pytest.approx(5.5, rel=0.12)]
    share, middle = shape([lag(p) for p in year(cases=249, year=2021, seed=7) if on_paper(p)])
    assert [share, middle] == [pytest.approx(0.22, abs=0.06), pytest.approx(5.5, rel=0.3)]


def on_paper(planned: Planned) -> bool:
    return "received" in planned.command["clocks"]


def lag(planned: Planned) -> float:
    return (planned.at - moment(planned, "received")) / DAY


def shape(days: Sequence[float]) -> tuple[float, float]:
    return sum(each > 30 for each in days) / len(days), median(days)


def test_44_percent_of_exams_are_within_seven_days_of_the_last_abuse(cases: Cases) -> None:
    since = [
        datetime.fromisoformat(exam.command["data"]["examined_at"]) - moment(case["concern.report"][-1], "occurred")
        for case in cases.values()
        for exam in case.get("forensic-exam.complete", ())
        if len(case["concern.report"]) == 1
    ]
    assert sum(each <= 7 * DAY for each in since) / len(since) == pytest.approx(0.44, abs=0.04)


def test_one_child_in_eight_was_reported_before() -> None:
    links = [p for p in year(cases=249, year=2021, seed=7) if p.command["command"] == "case.link"]
    assert 0.10 <= len(links) / 249 <= 0.15


def test_each_required_act_is_missing_in_5_to_20_percent_of_the_cases_that_call_for_it(cases: Cases) -> None:
    assert all(0.05 <= chance <= 0.20 for chance in drawn.NEVER.values())
    for act, called_for_by in (
        ("safe-contact.choose", "crime-report.file"),
        ("case-manager.assign", "crime-report.file"),
        ("victim-advocate.assign", "case.register"),
        ("forensic-exam.order", "case.register"),
        ("child-interview.schedule", "case.register"),
        ("therapy.refer", "needs.assess"),
    ):
        calling = [case for case in cases.values() if called_for_by in case]
        missing = sum(act not in case for case in calling) / len(calling)
        assert missing == pytest.approx(drawn.NEVER[act], abs=0.03), act


def test_of_the_crimes_reported_a_quarter_is_dismissed_half_come_before_a_court_and_a_sixth_ends_in_prison(
    cases: Cases,
) -> None:
    reported = [case for case in cases.values() if "crime-report.file" in case]
    decided = [said.command["data"] for case in reported for said in case.get("investigation.decide", ())]
    judged = [case["judgment.give"][-1].command["data"] for case in reported if "judgment.give" in case]
    dismissed = sum(data["outcome"] == "dismissed" for data in decided)
    prison = sum(data["sanction"] == "prison" for data in judged)
    shares = [count / len(reported) for count in (dismissed, len(judged), prison)]
    assert shares == pytest.approx([106 / 434, 227 / 434, 70 / 434], abs=0.03)


def test_most_towns_have_fewer_than_five_cases_a_year() -> None:
    weights = [weight for region in CASES_A_YEAR for weight in region]
    assert sum(weights) == pytest.approx(250, abs=10)
    rng = Random(4)
    drawn_towns = [town(rng) for _ in range(249)]
    assert sum(drawn_towns.count(each) < 5 for each in TOWNS) > len(TOWNS) / 2
