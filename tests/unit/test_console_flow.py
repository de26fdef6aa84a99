"""What the flow's page is drawn from: the matrix and its marks, in whose hands, and the weeks."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from bus.settings import Settings
from cli.handoff_rows import within
from console import drawing, flow
from contracts.agencies import FIELD
from contracts.durations import KOSOVO
from projections import latency, listing, weekly
from projections.choice import By, Choice
from projections.handoffs import Handoffs
from projections.legs import us_of
from projections.lengths import Unit, at_least, at_most
from projections.listing import Page
from projections.models import MODELS
from projections.readmodel import PROGRESS
from projections.snapshot import snapshot
from projections.view import LIVE, Place, reading
from tests.consoles import read_models


@pytest.fixture(scope="module")
def view(tmp_path_factory: pytest.TempPathFactory) -> Any:
    settings = Settings(home=tmp_path_factory.mktemp("flow") / "home", nats_url=None)
    read_models(settings)
    with reading(settings, *MODELS) as found:
        yield found


CHOICES = [Choice(), Choice(service="screening"), Choice(urgency="urgent"), Choice(since="2025-11", until="2025-12")]


@pytest.mark.parametrize("choice", CHOICES)
def test_what_agencies_hold_is_what_the_list_of_open_handoffs_has(view: Engine, choice: Choice) -> None:
    listed = listing.listed(view, choice, Page(limit=10_000, open=True))
    found = {one["agency"]: one for one in flow.read(view, choice)["holders"]}
    assert found
    for agency in FIELD:
        theirs = [one for one in listed if one["whose_move"] == agency.value]
        held = found.pop(agency.value, None)
        assert bool(theirs) == bool(held)
        if held:
            waits = [_between(one["since"], one["as_of"]) for one in theirs]
            assert (held["open"], held["oldest_since"]) == (len(theirs), min(one["since"] for one in theirs))
            assert held["waiting_s"] == pytest.approx(sum(waits), abs=1e-3)
            assert held["oldest_s"] == pytest.approx(max(waits), abs=1e-3)
    assert not found


@pytest.mark.parametrize("choice", CHOICES)
def test_weeks_add_up_to_what_was_made_in_them(view: Engine, choice: Choice) -> None:
    listed = [one for one in listing.listed(view, choice, Page(limit=10_000)) if one["acts"]]
    made, still_open = Counter[str](), Counter[str]()
    for one in listed:
        first = next(act["at"] for act in one["acts"] if act["act"] == "made")
        week = weekly.monday(datetime.fromisoformat(first).astimezone(KOSOVO).date()).isoformat()
        made[week] += 1
        still_open[week] += one["open"]
    found = flow.read(view, choice)["weeks"]
    assert {one["week"]: one["made"] for one in found if one["made"]} == dict(made)
    assert {one["week"]: one["open"] for one in found if one["open"]} == {w: n for w, n in still_open.items() if n}
    days = [date.fromisoformat(one["week"]) for one in found]
    assert all(day.weekday() == 0 for day in days)
    assert [(later - day).days for day, later in pairwise(days)] == [7] * (len(days) - 1)


def test_a_week_begins_at_midnight_in_kosovo_in_summer_and_in_winter(tmp_path: Path) -> None:
    """Also in the weeks in which the clock is put on or back."""
    place = Place.of(Settings(home=tmp_path, nats_url=None))
    place.begin(LIVE)
    mondays = ["2025-01-06", "2025-03-24", "2025-03-31", "2025-07-07", "2025-10-20", "2025-10-27", "2025-12-29"]
    midnights = [datetime.combine(date.fromisoformat(day), datetime.min.time(), KOSOVO) for day in mondays]
    moments = [moment + past for moment in midnights for past in (timedelta(0), -timedelta(microseconds=1))]
    row = {"state": {}, "case_ref": "x", "stage": "made"}
    rows = [{"key": str(n), "made_us": us_of(m), "open": n % 2 == 0, **row} for n, m in enumerate(moments)]
    with place.opened() as view:
        with view.begin() as connection:
            connection.execute(insert(Handoffs.table), rows)
            last = {"one": 1, "position": 1, "logged_at": max(moments).isoformat()}
            connection.execute(insert(PROGRESS).values(last))
        with snapshot(view) as connection:
            found = {one["week"]: (one["made"], one["open"]) for one in weekly.weekly(connection, Choice())}
    wanted, opened = Counter[str](), Counter[str]()
    for n, moment in enumerate(moments):
        week = weekly.monday(moment.astimezone(KOSOVO).date()).isoformat()
        wanted[week] += 1
        opened[week] += n % 2 == 0
    assert {week: counts for week, counts in found.items() if counts[0]} == {w: (wanted[w], opened[w]) for w in wanted}
    assert set(mondays) <= set(wanted)


def test_the_matrix_has_the_figures_of_the_summary_and_each_pair_in_its_place(view: Engine) -> None:
    groups = latency.summary(view, Choice(), By.PAIR).document()["groups"]
    matrix = flow.matrix(groups, "decided")
    cells = [cell for row in matrix for cell in row if cell]
    assert len(cells) == len(groups)
    for row, opener in zip(matrix, FIELD, strict=True):
        for cell, receiver in zip(row, FIELD, strict=True):
            group = next((one for one in groups if (one["from"], one["to"]) == (opener, receiver)), None)
            assert bool(group) == bool(cell)
            if group and cell:
                nine = group["legs"]["decided"]["p90"]
                assert (cell.made, cell.open) == (group["count"], group["open"])
                assert cell.nine == (nine["most_s"] if nine else None)


def _group(
    opener: str, receiver: str, is_open: int, ended: int, nine: float | None, waiting: int = 0
) -> dict[str, Any]:
    quantile = {"over_s": 0.0, "most_s": nine}
    leg = {"ended": ended, "censored": waiting, "under_way": waiting, "p50": quantile, "p90": quantile}
    return {"from": opener, "to": receiver, "count": ended + is_open, "open": is_open, "legs": {"decided": leg}}


def _marked(groups: list[dict[str, Any]]) -> tuple[set[str], set[str]]:
    cells = [cell for row in flow.matrix(groups, "decided") for cell in row if cell]
    return {c.opener for c in cells if c.most_open}, {c.opener for c in cells if c.slowest}


def test_the_slowest_is_where_nine_of_ten_took_longest_among_those_with_enough() -> None:
    groups = [
        _group("police", "social", 3, 40, 7_200),
        _group("social", "health", 9, 40, 90_000),
        _group("health", "police", 1, flow.ENOUGH - 1, 9e9),
    ]
    assert _marked(groups) == ({"social"}, {"social"})


def test_what_is_not_yet_reached_is_slower_than_anything_that_is() -> None:
    groups = [_group("police", "social", 1, 40, 9e9), _group("social", "health", 1, 6, None, waiting=6)]
    assert _marked(groups)[1] == {"social"}


def test_where_nothing_is_open_and_nothing_took_time_nothing_is_marked() -> None:
    groups = [_group("police", "social", 0, 40, 0.0), _group("social", "health", 0, 0, None)]
    assert _marked(groups) == (set(), set())
    assert flow.matrix([], "decided") == [[None] * len(FIELD)] * len(FIELD)


def test_shades_grow_with_what_is_open() -> None:
    groups = [_group("police", to, n, 40, 60.0) for to, n in zip(FIELD[1:], (0, 1, 50, 100), strict=True)]
    assert [cell.shade for cell in flow.matrix(groups, "decided")[0] if cell] == [0, 1, 2, 4]


def test_no_bar_is_higher_than_its_picture() -> None:
    for most in range(200):
        found = drawing.weeks([{"week": "2025-01-06", "made": most, "open": most // 2}])
        assert found.top >= max(most, 1)
        assert found.bars[0].open_height <= found.bars[0].height <= drawing.HEIGHT


def test_shares_fill_the_whole() -> None:
    found = drawing.shares({"police": 1.0, "social": 3.0})
    assert [(share.of, share.start, share.width) for share in found] == [("police", 0.0, 25.0), ("social", 25.0, 75.0)]
    assert drawing.shares({"police": 0.0})[0].width == 0


def test_the_console_rounds_as_the_command_does() -> None:
    for seconds in (0, 1, 119, 120, 121, 7200, 7201, 72 * 3600, 72 * 3600 + 1):
        number, unit = at_most(timedelta(seconds=seconds))
        assert within(timedelta(seconds=seconds)) == f"{number} {unit}"
    assert at_least(timedelta(hours=71, minutes=59)) == (71, Unit.HOURS)
    assert at_least(timedelta(hours=72)) == (3, Unit.DAYS)


def _between(since: str, until: str) -> float:
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
