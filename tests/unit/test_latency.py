"""How long handoffs take, with those that are still open counted as such."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from projections.latency import summary

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def handoff(*, to: str = "social", stage: str = "accepted", **legs: float | None) -> dict[str, Any]:
    """Legs by name, in hours after the start; None: not yet."""
    names = ("made", "acknowledged", "decided", "completed", "ended")
    at = {name: legs.get(name) for name in names} | {"made": legs.get("made", 0)}
    moments = {
        f"{name}_at": None if hours is None else (START + hours * HOUR).isoformat() for name, hours in at.items()
    }
    standing = {"opener": "police", "receiver": to, "stage": stage}
    return {"service": "welfare-check", "standing": standing, "open": at["ended"] is None, **moments}


def leg(states: list[dict[str, Any]], name: str, as_of: float = 100) -> dict[str, Any]:
    (row,) = summary(states, START + as_of * HOUR)
    found: dict[str, Any] = row["legs"][name]
    return found


def hours(seconds: float | None) -> float | None:
    return None if seconds is None else seconds / 3600


def test_without_anything_open_it_is_the_plain_quantile() -> None:
    decided = leg([handoff(decided=n, ended=n) for n in range(1, 11)], "decided")
    assert (decided["ended"], decided["censored"]) == (10, 0)
    assert [hours(decided[f"p{n}_s"]) for n in (50, 90, 99)] == [5, 9, 10]


def test_what_is_still_open_lengthens_the_median_that_leaving_it_out_would_flatter() -> None:
    decided = [handoff(decided=n, ended=n) for n in (1, 2, 3)]
    waiting = [handoff(stage="made") for _ in range(3)]
    assert hours(leg(decided, "decided")["p50_s"]) == 2
    assert hours(leg(decided + waiting, "decided")["p50_s"]) == 3
    assert leg(decided + waiting, "decided")["p90_s"] is None, "nobody knows yet"
    assert leg(decided + waiting, "decided")["censored"] == 3


def test_what_ended_without_a_decision_is_open_until_then_and_no_longer() -> None:
    """Withdrawn after two hours: it waited for two hours, and not to this day."""
    withdrawn = handoff(stage="withdrawn", ended=2)
    late = [handoff(decided=10, ended=12), handoff(decided=20, ended=22)]
    assert hours(leg([withdrawn, *late], "decided")["p50_s"]) == 10


def test_a_decline_has_a_decision_and_no_completion() -> None:
    declined = handoff(stage="declined", decided=4, ended=4)
    assert leg([declined], "decided")["ended"] == 1
    completed = leg([declined], "completed")
    assert (completed["ended"], completed["censored"], completed["p50_s"]) == (0, 0, None)


def test_completion_counts_from_the_acceptance() -> None:
    assert hours(leg([handoff(decided=5, completed=9, ended=9)], "completed")["p50_s"]) == 4


@pytest.mark.parametrize("as_of", [-1, 0])
def test_a_clock_that_went_back_makes_nothing_shorter_than_no_time(as_of: float) -> None:
    assert leg([handoff(stage="made")], "decided", as_of)["censored"] == 1


def test_each_way_has_a_row_of_its_own_in_a_stable_order() -> None:
    rows = summary([handoff(to="social"), handoff(to="health"), handoff(to="social", decided=1, ended=1)], START + HOUR)
    assert [(one["to"], one["count"], one["open"]) for one in rows] == [("health", 1, 1), ("social", 2, 1)]
    assert list(rows[0]) == ["service", "from", "to", "count", "open", "legs"]
