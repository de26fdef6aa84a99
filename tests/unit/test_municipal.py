"""Handoffs of a municipality, out of read models and as `barnabus handoffs summary --municipality` tells them."""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, select
from typer.testing import CliRunner, Result

from bus.settings import Settings
from cli.main import app
from cli.municipal_rows import COLUMNS
from contracts import places
from contracts.errors import CODES
from contracts.places import ELSEWHERE
from projections import municipal
from projections.figures import WITHHELD
from projections.handoffs import Handoffs
from projections.models import MODELS
from projections.municipal import WAYS, Asked
from projections.periods import Period
from projections.publishing import SMALL
from projections.snapshot import snapshot
from projections.view import LIVE, Place, reading
from tests.consoles import ENTRIES, PLACES, read_models
from tests.postgres import PostgresServer
from tests.views import fold, made_up_log

TABLE = places.read(PLACES)
Run = Callable[..., Result]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("municipal") / "home"
    read_models(Settings(home=found, nats_url=None))
    return found


@pytest.fixture
def connection(home: Path) -> Iterator[Connection]:
    with reading(Settings(home=home, nats_url=None), *MODELS) as view, snapshot(view) as found:
        yield found


@pytest.fixture
def run(home: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.setenv("BARNABUS_HOME", str(home))
    monkeypatch.setenv("BARNABUS_PLACES", str(PLACES))
    monkeypatch.delenv("BARNABUS_PROJECTIONS", raising=False)
    monkeypatch.setattr("cli.show.out._width", 80)
    monkeypatch.setattr("cli.show.err._width", 400)
    return lambda *words: CliRunner().invoke(app, ("handoffs", "summary", *words))


def test_what_is_shown_is_what_is_counted_handoff_by_handoff(connection: Connection) -> None:
    counts = {name: Counter[tuple[str, str, str]]() for name in ("count", "open")}
    for state, is_open in connection.execute(select(Handoffs.table.c.state, Handoffs.table.c.open)):
        if (state["period"] or "").startswith("2025"):
            standing = state["standing"]
            opener, receiver, offices = standing["opener"], standing["receiver"], standing["offices"]
            place = TABLE.of(offices.get(opener), offices.get(receiver))
            counts["count"][opener, receiver, place] += 1
            counts["open"][opener, receiver, place] += is_open
    shown = 0
    for place in TABLE.ids:
        found = municipal.summed(connection, Asked(place, Period.of("2025")), TABLE)
        assert {(one["from"], one["to"]) for one in found["groups"]} == WAYS
        for one in found["groups"]:
            for name, counted in counts.items():
                assert one[name] in (None, counted[one["from"], one["to"], place])
                shown += one[name] is not None
    assert shown


def test_without_a_year_it_is_the_one_in_which_the_log_ends(connection: Connection) -> None:
    assert municipal.years(connection) == ["2026", "2025"]
    found = municipal.summed(connection, Asked("north", None), TABLE)
    assert found["period"] == "2026"
    assert found == municipal.summed(connection, Asked("north", Period.of("2026")), TABLE)


def test_a_made_up_log_has_made_up_towns_unless_a_table_is_named(connection: Connection, tmp_path: Path) -> None:
    assert municipal.table_of(connection, TABLE) is TABLE
    assert municipal.table_of(connection, None) == places.read(places.MADE_UP)
    place = Place.of(Settings(home=tmp_path, nats_url=None))
    place.begin(LIVE)
    with place.opened() as view, snapshot(view) as empty:
        assert municipal.table_of(empty, None) == places.read(places.SHIPPED)
        assert municipal.years(empty) == []
        assert municipal.summed(empty, Asked(ELSEWHERE, None), TABLE)["groups"] == []


def test_both_databases_count_alike(postgres: PostgresServer, tmp_path: Path) -> None:
    found = list[Any]()
    for place in (Place(tmp_path, None), Place(tmp_path, postgres.url())):
        place.begin(LIVE)
        fold(place, made_up_log(ENTRIES))
        with place.opened() as view, snapshot(view) as connection:
            asked = [Asked(name, Period.of("2025")) for name in TABLE.ids]
            found.append([municipal.summed(connection, one, TABLE) for one in asked])
    assert found[0] == found[1]
    assert any(group["count"] for one in found[0] for group in one["groups"])


def document(found: Result) -> Any:
    assert found.exit_code == 0, found.output
    return json.loads(found.stdout)


def test_a_spreadsheet_and_a_terminal_withhold_what_the_document_withholds(run: Run) -> None:
    words = ("--municipality", "south", "--period", "2025")
    groups = document(run(*words, "--json"))["groups"]
    assert any(group["count"] for group in groups)
    rows = list(csv.DictReader(io.StringIO(run(*words, "--csv").stdout)))
    assert list(rows[0]) == list(COLUMNS)
    for group, row in zip(groups, rows, strict=True):
        for name in ("count", "open"):
            assert row[name] == (WITHHELD if group[name] is None else str(group[name]))
            assert group[name] is None or group[name] >= SMALL
    shown = run(*words).stdout
    assert all(len(line.rstrip()) <= 80 for line in shown.splitlines()), shown
    lines = [line for line in shown.splitlines() if " → " in line]
    assert [line.split("  ")[0] for line in lines] == [f"{group['from']} → {group['to']}" for group in groups]
    told = [[WITHHELD if group[name] is None else str(group[name]) for name in ("count", "open")] for group in groups]
    assert [[cell.strip() for cell in line.split("  ") if cell.strip()][1:] for line in lines] == told


@pytest.mark.parametrize(
    "more",
    [
        ("--service", "screening"), ("--urgency", "urgent"), ("--from", "police"), ("--to", "social"),
        ("--agency", "health"), ("--since", "2025"), ("--until", "2025"), ("--period", "2025-Q1"),
        ("--period", "2025-03"), ("--by", "service"), ("--by", "period"),
    ],
)  # fmt: skip
def test_nothing_divides_a_municipalitys_handoffs_once_more(run: Run, more: tuple[str, str]) -> None:
    found = run("--municipality", "south", *more)
    assert (found.exit_code, found.stdout) == (CODES["option.invalid"].exit, "")
    assert more[0] in found.stderr
    assert "subtracted" in found.stderr


def test_who_asks_whom_is_what_it_is_divided_by_said_or_not(run: Run) -> None:
    words = ("--municipality", "south", "--json")
    assert document(run(*words, "--by", "pair")) == document(run(*words))


@pytest.mark.parametrize("name", ["atlantis", ""])
def test_a_municipality_that_is_in_no_table_is_refused_with_those_that_are(run: Run, name: str) -> None:
    found = run("--municipality", name)
    assert (found.exit_code, found.stdout) == (CODES["option.invalid"].exit, "")
    assert "There are: north, south, elsewhere." in found.stderr


def test_a_wrong_table_is_named_with_its_line(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "places.toml"
    wrong.write_text(PLACES.read_text().replace('id = "south"', 'id = "north"'))
    monkeypatch.setenv("BARNABUS_PLACES", str(wrong))
    found = run("--municipality", "north")
    assert found.exit_code == CODES["places.invalid"].exit
    assert "line 13, municipality north" in found.stderr
