"""How long handoffs take: summaries out of tallies, held against the exact estimate of every single row."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, delete, select, update

from bus import seal
from bus.log import Logged
from contracts.envelope import Record, Stamp
from projections import counts, engine, latency
from projections.choice import DIVIDED, By, Choice
from projections.engine import Projector
from projections.handoffs import Handoffs
from projections.legs import LEGS, RECEIVED, legs, us_of
from projections.letters import Letters
from projections.models import MODELS
from projections.readmodel import COUNTS
from projections.tallies import Lasted, Tally
from projections.view import LIVE, Place
from tests.benchmarks.entries import year
from tests.kaplan_meier import curve

ENTRIES = 900
MICROSECOND = timedelta(microseconds=1)
CHOICES = (
    Choice(),
    Choice(service="screening"),
    Choice(urgency="urgent"),
    Choice(opener="police"),
    Choice(receiver="social"),
    Choice(agency="health"),
    Choice(since="2025-03"),
    Choice(until="2025-06"),
    Choice(since="2025-02", until="2025-08", urgency="immediate", agency="police"),
)


@pytest.fixture(params=["sqlite", "postgres"])
def view(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """A made-up year; its last tenth is folded later than the rest, so that much was under way in between."""
    url = request.getfixturevalue("postgres").url() if request.param == "postgres" else None
    place = Place(tmp_path, url)
    place.begin(LIVE)
    log = made_up()
    with place.opened() as opened:
        projector = Projector(opened, MODELS)
        projector.apply(log[: ENTRIES * 9 // 10])
        projector.apply(log[ENTRIES * 9 // 10 :])
        yield opened


@cache
def made_up() -> Sequence[Logged]:
    return [
        Logged(
            Record.model_validate_json(entry.record),
            seal.digest(entry.record),
            Stamp.model_validate_json(entry.stamp),
            entry.subject,
        )
        for entry in islice(year(ENTRIES, 11).entries(), ENTRIES)
    ]


def states(view: Engine, model: Any) -> list[dict[str, Any]]:
    with view.connect() as connection:
        return list(connection.execute(select(model.table.c.state)).scalars())


def wanted(choice: Choice, way: dict[str, Any]) -> bool:
    """The long way round: is this one of those asked for?"""
    return all(
        [
            choice.service in (None, way["service"]),
            choice.urgency in (None, way["urgency"]),
            choice.opener in (None, way["opener"]),
            choice.receiver in (None, way["receiver"]),
            choice.agency in (None, way["opener"], way["receiver"]),
            choice.since is None or way["period"] >= choice.since,
            choice.until is None or way["period"] <= choice.until,
        ]
    )


def exact(view: Engine, choice: Choice, by: By) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Every single length, from every row."""
    as_of = engine.progress(view).logged_at
    assert as_of
    as_of_us, found = us_of(datetime.fromisoformat(as_of)), dict[tuple[Any, ...], dict[str, Any]]()

    def group(way: dict[str, Any]) -> dict[str, Any]:
        key = tuple(way[name] for name in DIVIDED[by])
        return found.setdefault(key, {"made": 0, "open": 0, **{leg: list[Lasted]() for leg in LEGS}})

    for state in states(view, Handoffs):
        way = {**state, "opener": state["standing"]["opener"], "receiver": state["standing"]["receiver"]}
        if wanted(choice, way):
            group(way)["made"] += 1
            group(way)["open"] += state["over_us"] is None
            for leg in legs(state):
                group(way)[leg.name].append(Lasted(leg.lasted_us(as_of_us) * MICROSECOND, leg.ended))
    for letter in states(view, Letters):
        if "asks" in letter:
            service, urgency, period = letter["asks"]
            way = {"service": service, "urgency": urgency, "period": period}
            way |= {"opener": letter["sender"], "receiver": letter["recipient"]}
            until_us = letter.get("signed_us", as_of_us)
            if wanted(choice, way):
                length = (until_us - letter["logged_us"]) * MICROSECOND
                group(way)[RECEIVED].append(Lasted(length, letter["received_at"] is not None))
    return found


def test_a_summary_counts_every_row_and_the_exact_quantiles_lie_where_it_says(view: Engine) -> None:
    for choice, by in product(CHOICES, By):
        summed, counted = latency.summary(view, choice, by).groups, exact(view, choice, by)
        assert list(summed) == sorted(counted, key=lambda key: [name or "" for name in key]), (choice, by)
        for key, tallied in summed.items():
            assert (tallied.made, tallied.open) == (counted[key]["made"], counted[key]["open"])
            for leg, tally in tallied.legs.items():
                is_of(tally, counted[key][leg])


def is_of(tally: Tally, lasted: list[Lasted]) -> None:
    ended = sum(one.ended for one in lasted)
    assert (tally.ended.total(), tally.censored.total()) == (ended, len(lasted) - ended)
    for percent in latency.PERCENTS:
        length, found = curve(lasted).quantile(percent), tally.quantile(percent)
        if length is None:
            assert found is None or found.most is None
        else:
            assert found
            assert found.over <= length
            assert found.most is None or length <= found.most


def test_there_is_something_of_every_kind_to_count(view: Engine) -> None:
    """Else the law above would hold of nothing."""
    groups = latency.summary(view).document()["groups"]
    found = [(name, leg) for group in groups for name, leg in group["legs"].items()]
    for name in LEGS:
        assert sum(leg["ended"] for of, leg in found if of == name) > 10
    assert sum(leg["under_way"] for _, leg in found) > 3
    assert sum(leg["censored"] - leg["under_way"] for _, leg in found) > 3
    assert sum(group["open"] for group in groups) > 3


def test_what_is_under_way_lengthens_what_leaving_it_out_would_flatter(view: Engine) -> None:
    for tallied in latency.summary(view).groups.values():
        for tally in tallied.legs.values():
            whole, flattering = tally.quantile(50), replace(tally, censored=type(tally.censored)()).quantile(50)
            if whole and whole.most and flattering and flattering.most:
                assert whole.most >= flattering.most


def test_a_summary_says_both_ends_of_a_quantile_with_stable_keys(view: Engine) -> None:
    document = latency.summary(view, Choice(service="screening"), By.WAY).document()
    assert list(document) == ["as_of", "by", "groups"]
    for group in document["groups"]:
        assert list(group) == ["service", "from", "to", "urgency", "period", "count", "open", "legs"]
        assert list(group["legs"]) == list(LEGS)
        decided = group["legs"]["decided"]
        assert list(decided) == ["ended", "censored", "under_way", "p50", "p90", "p99"]
        assert decided["p50"] is None or decided["p50"]["over_s"] < decided["p50"]["most_s"]


def test_without_an_entry_there_is_nothing_to_say(tmp_path: Path) -> None:
    place = Place(tmp_path, None)
    place.begin(LIVE)
    with place.opened() as opened:
        assert latency.summary(opened).document() == {"as_of": None, "by": "way", "groups": []}


def test_a_summary_reads_no_row_of_what_is_settled(tmp_path: Path) -> None:
    """So its cost does not grow with what has been."""
    place = Place(tmp_path, None)
    place.begin(LIVE)
    with place.opened() as opened:
        Projector(opened, MODELS).apply(made_up())
        before = {by: latency.summary(opened, by=by) for by in By}
        with opened.begin() as connection:
            connection.execute(delete(Handoffs.table).where(Handoffs.table.c.open.is_(False)))
            connection.execute(delete(Letters.table).where(Letters.table.c.asks_since_us.is_(None)))
        assert {by: latency.summary(opened, by=by) for by in By} == before


def test_a_tally_that_is_not_what_the_rows_come_to_has_another_digest(tmp_path: Path) -> None:
    place = Place(tmp_path, None)
    place.begin(LIVE)
    with place.opened() as opened:
        Projector(opened, MODELS).apply(made_up())
        before = engine.progress(opened, tallies=True)
        with opened.begin() as connection:
            first, packed = counts._packed(1 << 64 * 200)
            one = connection.execute(select(COUNTS.c.key).limit(1)).scalar_one()
            connection.execute(update(COUNTS).where(COUNTS.c.key == one).values(first=first, packed=packed))
        assert list(engine.differences(before, engine.progress(opened, tallies=True))) == ["tallies"]


def test_a_number_of_many_tallies_is_the_sum_of_each() -> None:
    ended, cut_off = 3 << 64 * 7, 5 << (64 * 7 + 32)
    tally = counts.tally_of(ended + cut_off + (2 << 64 * 448))
    assert (dict(tally.ended), dict(tally.censored)) == ({7: 3, 448: 2}, {7: 5})
    assert counts.tally_of(0).count == 0
    assert counts.unpacked(*counts._packed(ended + cut_off)) == ended + cut_off
