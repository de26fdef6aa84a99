"""Figures for the public: what they count, whose bands are right, and that no time is published twice."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from sqlalchemy import insert, select, update

from bus.settings import Settings
from cli import figures as command
from cli.figures import _counted
from contracts.agencies import EVERYBODY
from contracts.durations import KOSOVO
from contracts.errors import BarnabusError
from projections import figures
from projections.figures import COLUMNS, ROWS
from projections.handoffs import Handoffs, period_of
from projections.legs import us_of
from projections.periods import Period
from projections.publishing import SMALL
from projections.readmodel import META
from projections.snapshot import snapshot
from projections.view import LIVE, PROJECTIONS, Place
from tests.unit.test_periods import PERIODS
from tests.views import fold, made_up_log

BY = ("service", "receiver")
NOON = datetime(2021, 5, 4, 12, tzinfo=KOSOVO)
HOUR, MICROSECOND = timedelta(hours=1), timedelta(microseconds=1)


def made(place: Place, *handoffs: tuple[datetime, timedelta | None]) -> None:
    """Handoffs made at these moments, and decided so much later; for an examination, by health."""
    with place.opened() as opened, opened.begin() as connection:
        for n, (at, after) in enumerate(handoffs):
            row = {"case_ref": "x", "service": "forensic-exam", "receiver": "health", "stage": "made", "open": True}
            row |= {"period": period_of(at), "made_us": us_of(at), "state": {}}
            row |= {"decided_us": us_of(at + after)} if after is not None else {}
            connection.execute(insert(Handoffs.table).values(key=str(n), **row))


def counted(place: Place, period: str, by: tuple[str, ...] = ("receiver",)) -> dict[tuple[str, ...], list[int]]:
    with place.opened() as opened, snapshot(opened, 5) as connection:
        found = figures.counted(connection, Period.of(period), by)
    return dict(zip(ROWS[by], found, strict=True))


# what they count


def test_a_delay_of_four_days_is_not_in_the_band_of_three(place: Place) -> None:
    """Each band holds its upper limit, and not a microsecond more."""
    lasted = [
        timedelta(0), 24 * HOUR,
        24 * HOUR + MICROSECOND, 72 * HOUR,
        72 * HOUR + MICROSECOND, 96 * HOUR, 168 * HOUR,
        168 * HOUR + MICROSECOND,
        None,
    ]  # fmt: skip
    made(place, *((NOON, after) for after in lasted))
    assert counted(place, "2021")["health",] == [2, 2, 3, 1, 1]
    assert len(COLUMNS) == 5


def test_a_decision_before_the_making_by_a_clock_that_went_back_took_no_time(place: Place) -> None:
    made(place, (NOON, -HOUR))
    assert counted(place, "2021")["health",] == [1, 0, 0, 0, 0]


def test_a_period_is_kosovos_to_the_microsecond(place: Place) -> None:
    begins, ends = datetime(2021, 1, 1, tzinfo=KOSOVO), datetime(2022, 1, 1, tzinfo=KOSOVO)
    summer = datetime(2021, 7, 1, tzinfo=KOSOVO)
    moments = [begins.astimezone(UTC), ends.astimezone(UTC), summer.astimezone(UTC)]
    made(place, *((moment + by, None) for moment, by in product(moments, (-MICROSECOND, timedelta(0)))))
    last = [sum(rows[-1] for rows in counted(place, period).values()) for period in ("2020", "2021", "2022")]
    assert last == [1, 4, 1]
    quarters = [sum(map(sum, counted(place, f"2021-Q{n}").values())) for n in (1, 2, 3, 4)]
    assert quarters == [1, 1, 1, 1]


@pytest.mark.parametrize("by", ROWS)
def test_every_handoff_of_a_log_is_counted_once(place: Place, by: tuple[str, ...]) -> None:
    log = made_up_log(600)
    fold(place, log)
    year = log[0].stamp.logged_at.year
    tables = [counted(place, str(n), by) for n in (year, year + 1, year + 2)]
    with place.opened() as opened, opened.connect() as connection:
        t = Handoffs.table.c
        rows = [tuple(row) for row in connection.execute(select(*(t[name] for name in by)))]
    found = Counter[tuple[str, ...]]()
    for table in tables:
        found.update({row: sum(counts) for row, counts in table.items()})
    assert +found == Counter(rows)
    assert rows


def test_rows_are_those_of_the_contract_whatever_happened() -> None:
    """Nobody can refer an examination to the prosecution: a row of it would be known to be zero."""
    assert len(ROWS["service",]) > len(ROWS["receiver",]) == len(EVERYBODY)
    assert ("forensic-exam", "health") in ROWS[BY]
    assert ("forensic-exam", "prosecution") not in ROWS[BY]
    assert {service for service, _ in ROWS[BY]} == {service for (service,) in ROWS["service",]}


async def test_nothing_is_published_out_of_what_another_version_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(PROJECTIONS, raising=False)
    settings = Settings(home=tmp_path)
    place = Place.of(settings)
    place.begin(LIVE)
    fold(place, made_up_log(50))
    with place.opened() as opened, opened.begin() as connection:
        connection.execute(update(META).where(META.c.model == Handoffs.name).values(version=META.c.version - 1))
    with pytest.raises(BarnabusError) as raised:
        await _counted(settings, Period.of("2019"), BY)
    assert raised.value.code == "projections.stale"


# what is shown of it


def test_a_document_says_what_it_counts_and_what_is_withheld_and_shows_no_small_count() -> None:
    counts = [[n * 7 % 40 for n in range(row, row + len(COLUMNS))] for row in range(len(ROWS["service",]))]
    found = figures.document(counts, Period(2021), ("service",), position=7)
    assert (found["period"], found["from"], found["to"], found["position"]) == ("2021", "2021-01-01", "2021-12-31", 7)
    assert found["columns"] == [*COLUMNS, "made"]
    assert [row["service"] for row in found["rows"]] == [service for (service,) in ROWS["service",]]
    shown = [count for row in found["rows"] for count in row["counts"]] + found["total"]
    assert None in shown
    assert all(count is None or count >= SMALL for count in shown)
    assert "not children" in found["what"]
    assert "withheld" in found["withheld"]


def test_a_terminal_of_80_columns_shows_the_whole_table(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [[3, *[100] * (len(COLUMNS) - 1)], *([100] * len(COLUMNS) for _ in ROWS["service",][1:])]
    said = dict.fromkeys(command.HEAD) | figures.document(counts, Period(2021), ("service",), published_at=None)
    command._show(said, None)
    table = capsys.readouterr().out.splitlines()[-len(counts) - 2 :]
    assert max(map(len, table)) <= 80
    assert table[0].split()[:2] == ["child-protection-assessment", "·"]
    assert "100" in table[0]
    assert table[-1] == f"·  {figures.WITHHELD}"


# one table a period


@given(one=PERIODS, other=PERIODS)
def test_figures_stand_in_the_way_of_all_that_overlap(one: Period, other: Period) -> None:
    published: list[dict[str, Any]] = [{"period": str(one)}]
    assert (figures.standing_in_the_way(published, other) is not None) == one.overlaps(other)
