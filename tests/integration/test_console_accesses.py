"""The access log, as oversight reads it in the console and on the command line: out of the log, over all cases."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert
from structlog.testing import capture_logs
from typer.testing import CliRunner, Result

from bus.provisioning import provision
from bus.settings import Settings
from cli.main import app
from console.roles import SEES, Part, Role
from projections import access_log
from projections.access_log import Choice
from projections.readmodel import PARKED
from projections.view import Place
from tests.builders import now
from tests.consoles import accounts, console, of_home, sign_in, visited
from tests.looks import CASES, INSPECTOR, SUPERVISOR, looks
from tests.views import by_hand

pytestmark = pytest.mark.usefixtures("commands_at_hand")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("accesses") / "home"
    settings = Settings(home=found, nats_url=None)
    provision(settings, now())
    by_hand(Place.of(settings), looks())
    accounts(found)
    return found


@pytest.fixture
async def oversight(home: Path) -> AsyncIterator[httpx.AsyncClient]:
    found = console(Settings(home=home, nats_url=None), of_home(home))
    async with visited(found) as browser:
        await sign_in(browser, "oversight")
        yield browser
    await found.close()


async def command(home: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> Result:
    monkeypatch.setenv("BARNABUS_HOME", str(home))
    monkeypatch.delenv("BARNABUS_NATS_URL", raising=False)
    return await asyncio.to_thread(CliRunner().invoke, app, ("access", "log", *words), env={"COLUMNS": "300"})


async def shown(browser: httpx.AsyncClient, query: str = "") -> Any:
    answer = await browser.get(f"/accesses.json{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def places(found: Any) -> list[int]:
    return [one["position"] for one in found["accesses"]]


async def test_the_latest_look_comes_first_with_who_by_what_and_what_for(oversight: httpx.AsyncClient) -> None:
    found = await shown(oversight)
    assert places(found) == [9, 8, 7, 6, 4, 3, 2, 1]
    last, first = found["accesses"][0], found["accesses"][-1]
    assert (first["case_ref"], first["agency"], first["person"]) == (CASES[0], "social", "inspector-17")
    assert (last["purpose"], last["replayed"]["what"]) == ("supervision", "content")
    stated, by_it = found["accesses"][3], found["accesses"][2]
    assert (stated["ground"], stated["vouched_by"]) == ("child-missing", "supervisor-3")
    assert by_it["emergency"] == stated["id"] == stated["emergency"]
    own = found["accesses"][6]
    assert (own["person"], own["credential"], own["agency"]) == (None, None, "health")


@pytest.mark.parametrize(
    ("query", "words", "expected"),
    [
        ("", (), [9, 8, 7, 6, 4, 3, 2, 1]),
        ("?agency=social", ("--agency", "social"), [9, 7, 6, 3, 1]),
        ("?purpose=inspection", ("--purpose", "inspection"), [8, 3, 1]),
        ("?emergencies=yes", ("--emergencies",), [7, 6]),
        ("?period=2026-03", ("--period", "2026-03"), [2, 1]),
        ("?period=2026-Q2&agency=prosecution", ("--period", "2026-Q2", "--agency", "prosecution"), [8, 4]),
        ("?person_of=8", ("--person", "supervisor-3"), [8, 4]),
        ("?after=6&limit=2", ("--after", "6", "--limit", "2"), [4, 3]),
    ],
)
async def test_the_twin_has_what_the_command_has(
    oversight: httpx.AsyncClient,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    query: str,
    words: tuple[str, ...],
    expected: list[int],
) -> None:
    found = await shown(oversight, query)
    limit = () if "--limit" in words else ("--limit", "50")
    told = json.loads((await command(home, monkeypatch, *words, *limit, "--json")).stdout)
    assert found == told
    assert places(found) == expected


async def test_each_figure_leads_to_as_many_looks(oversight: httpx.AsyncClient) -> None:
    page = (await oversight.get("/accesses?period=2026-Q2")).text
    cells = re.findall(r'href="(/accesses\?[^"]*(?:purpose|emergencies)=[^"]*)#list">(\d+)<', page)
    assert len(cells) == 6
    for address, count in cells:
        found = await shown(oversight, "?" + address.partition("?")[2].replace("&amp;", "&"))
        stated = [one for one in found["accesses"] if one["ground"]]
        assert len(stated if "emergencies" in address else found["accesses"]) == int(count), address
    whole = await shown(oversight, "?period=2026-Q2")
    assert (whole["looks"], whole["emergencies"]) == (5, 1)


async def test_no_person_no_credential_and_no_case_is_in_an_address_or_in_the_log(oversight: httpx.AsyncClient) -> None:
    with capture_logs() as logs:
        page = (await oversight.get("/accesses")).text
        addresses = re.findall(r'(?:href|action)="([^"]*)"', page)
        for address in addresses:
            if "person_of" in address:
                await oversight.get(address.partition("#")[0].replace("&amp;", "&"))
    assert [address for address in addresses if "person_of=9" in address]
    personal = (*CASES, *INSPECTOR.values(), *SUPERVISOR.values())
    assert all(word in page for word in personal)
    assert not [word for word in personal for said in (*addresses, json.dumps(logs)) if word in said]


async def test_oversight_alone_sees_it(home: Path) -> None:
    assert [role for role in Role if Part.ACCESSES in SEES[role]] == [Role.OVERSIGHT]
    found = console(Settings(home=home, nats_url=None), of_home(home))
    async with visited(found) as browser:
        await sign_in(browser, "operator")
        answer = await browser.get("/accesses.json")
        assert (answer.status_code, answer.json()["code"]) == (403, "role.not-allowed")
    await found.close()


async def test_what_is_asked_for_wrongly_is_refused_with_its_field(oversight: httpx.AsyncClient) -> None:
    for query, field in (
        ("purpose=curiosity", "purpose"),
        ("period=spring", "period"),
        ("after=first", "after"),
        ("person_of=2", "person_of"),
        ("person_of=inspector-17", "person_of"),
        ("emergencies=no", "emergencies"),
    ):
        answer = await oversight.get(f"/accesses.json?{query}")
        assert (answer.status_code, answer.json()["field"]) == (400, field), query
    assert (await oversight.get(f"/accesses.json?case={CASES[0]}")).json()["code"] == "field.unknown"


async def test_a_look_into_a_case_that_is_held_up_is_counted_as_missing(
    oversight: httpx.AsyncClient, home: Path
) -> None:
    assert (await shown(oversight))["held_up"] == 0
    row = {"position": 99, "case_ref": CASES[0], "type": "access.recorded", "reason": "case.held-up"}
    with Place.of(Settings(home=home)).opened() as view, view.begin() as connection:
        connection.execute(insert(PARKED).values(row))
    try:
        assert (await shown(oversight))["held_up"] == 1
        assert "1 look is not shown here" in (await oversight.get("/accesses")).text
    finally:
        with Place.of(Settings(home=home)).opened() as view, view.begin() as connection:
            connection.execute(PARKED.delete())


async def test_the_command_shows_people_and_emergencies_as_a_table(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cli.show.out._width", 300)
    said = (await command(home, monkeypatch)).stdout
    assert re.search(r"EMERGENCY\s+social: child-missing, 1", said)
    assert "EMERGENCY: child-missing, supervisor-3 vouches" in said
    assert "by its own system" in said


def test_every_question_is_answered_out_of_an_index(home: Path) -> None:
    """Among a million records nothing is read but what is shown, and no row of the table for the figures."""
    questions = {
        "accesses_position": access_log._asked(Choice()),
        "accesses_agency": access_log._asked(Choice(agency="social")),
        "accesses_purpose": access_log._asked(Choice(purpose="inspection")),
        "accesses_person": access_log._asked(Choice(person="inspector-17")),
        "accesses_emergencies": access_log._asked(Choice(emergencies=True)),
        "COVERING INDEX accesses_figures": access_log._figures(None),
    }
    with Place.of(Settings(home=home)).opened() as view, view.connect() as connection:
        for index, asked in questions.items():
            text = str(asked.compile(view, compile_kwargs={"literal_binds": True}))
            plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")]
            assert plan, index
            assert all(index in step for step in plan), plan
