"""The OpenAPI document of the console's JSON twins: it describes every one, and what it says of each is so."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError, best_match
from openapi_spec_validator import validate
from starlette.applications import Starlette
from starlette.routing import Route
from typer.testing import CliRunner

from bus.provisioning import provision
from bus.settings import Settings
from cli import leave
from cli.main import app
from console import openapi
from console.app import Console
from console.asked import TWIN, Asked
from console.case_pages import VIEWS
from console.looks import Asking, Seen
from console.roles import SEES, Part, Role
from console.twins import TWINS
from contracts.catalogue import CATALOGUE
from contracts.releasing import document as released
from projections.case_log import CaseLog
from projections.view import Place
from tests.builders import POLICE, now, refer
from tests.consoles import PASSWORD, form_of, of_home, read_models, sign_in, sources, visited
from tests.contract.test_changes import changed, without
from tests.credentials import given
from tests.living import Everybody
from tests.looks import looks
from tests.views import by_hand, made_up_log

ENTRIES = 700
DOCUMENT = json.loads(openapi.committed())


def holds(path: str, found: Any, status: str = "200", media_type: str = "application/json") -> None:
    """Raises ValidationError where the answer is another than is said of this path."""
    answer = DOCUMENT["paths"][f"{path}{TWIN}"]["get"]["responses"][status]
    schema = answer["content"][media_type]["schema"]
    validator = Draft202012Validator(
        schema | {"components": DOCUMENT["components"]}, format_checker=Draft202012Validator.FORMAT_CHECKER
    )
    if error := best_match(validator.iter_errors(found)):
        raise error


# --- the document ---------------------------------------------------------------------------------------------------


def test_the_committed_document_is_what_the_shapes_come_to() -> None:
    assert openapi.committed().decode() == openapi.text(), "run: barnabus console openapi"


def test_the_command_writes_the_file_anew_and_checks_it(tmp_path: Path) -> None:
    path, words = tmp_path / openapi.FILE, ("console", "openapi", "--root", str(tmp_path))
    path.parent.mkdir()
    checked = CliRunner().invoke(app, (*words, "--check"))
    assert (checked.exit_code, checked.stdout, path.exists()) == (1, "console/openapi.json\n", False)
    assert CliRunner().invoke(app, words).exit_code == 0
    assert path.read_text() == openapi.text()
    checked = CliRunner().invoke(app, (*words, "--check"))
    assert (checked.exit_code, checked.stdout) == (0, "")


def test_the_document_is_openapi() -> None:
    validate(DOCUMENT)


def test_every_page_is_described_and_nothing_else() -> None:
    console = Console(sources(Settings(home=Path("/nowhere"))), of_home(Path("/nowhere")), behind_tls=False)
    assert isinstance(console.app, Starlette)
    paths = [route.path for route in console.app.routes if isinstance(route, Route)]
    assert {f"{twin.path}{TWIN}" for twin in TWINS} == {
        path for path in paths if path.endswith(TWIN) and path != openapi.PATH
    }
    assert {twin.path for twin in TWINS} <= set(paths)
    assert {twin.part for twin in TWINS} == set(Part)
    names = [one["get"]["operationId"] for one in DOCUMENT["paths"].values()]
    assert len(names) == len(set(names))


def test_every_shape_is_closed() -> None:
    """But for what is open by nature: codes of a record, schemas, examples, and counts by name."""
    for name, schema in DOCUMENT["components"]["schemas"].items():
        if schema.get("type") == "object" and "properties" in schema:
            assert schema["additionalProperties"] is False, name


# --- what it says is so ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a made-up log, and looks into two of its cases."""
    found = tmp_path_factory.mktemp("openapi") / "home"
    settings = Settings(home=found, nats_url=None)
    provision(settings, now())
    made_up = list(made_up_log(ENTRIES))
    last = made_up[-1].stamp.position
    moved = (one.stamp.model_copy(update={"position": last + n}) for n, one in enumerate(looks(), 1))
    looked = [replace(one, stamp=stamp) for one, stamp in zip(looks(), moved, strict=True)]
    by_hand(Place.of(settings), [*made_up, *looked])
    known = of_home(found)
    for role in Role:
        known.add(role.value, role, PASSWORD)
    return found


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """With a release that lacks a type and a field."""
    root = tmp_path_factory.mktemp("released")
    path = root / released.FOLDER / "0.9.0.json"
    path.parent.mkdir(parents=True)
    state = changed(without("types", "child.missing", "fields", "missing_since"))
    del state["types"]["case.closed"]
    path.write_text(released.text(state | {"version": "0.9.0"}))
    return root


def cases() -> dict[str, CaseLog]:
    """Those of the made-up log, the longest first, with their receipts."""
    found: dict[str, CaseLog] = {}
    for logged in made_up_log(ENTRIES):
        if not logged.subject.startswith("link."):
            found.setdefault(logged.record.subject, CaseLog()).apply(logged)
        else:
            for case in found.values():
                case.apply(logged)
    return dict(sorted(found.items(), key=lambda one: -len(one[1].records)))


@pytest.fixture
async def oversight(home: Path, checkout: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Who looks into cases of a made-up log, for which nothing is logged."""
    found = cases()

    async def look(asking: Asking) -> Seen:
        return Seen(found[asking.case_ref])

    given_ = replace(sources(Settings(home=home, nats_url=None)), look=look, checkout=checkout)
    async with signed_in(Console(given_, of_home(home), behind_tls=False), "oversight") as browser:
        yield browser


@pytest.fixture
async def operator(home: Path) -> AsyncIterator[httpx.AsyncClient]:
    console = Console(sources(Settings(home=home, nats_url=None)), of_home(home), behind_tls=False)
    async with signed_in(console, "operator") as browser:
        yield browser


@asynccontextmanager
async def signed_in(console: Console, name: str) -> AsyncIterator[httpx.AsyncClient]:
    async with visited(console) as browser:
        assert (await sign_in(browser, name)).status_code == 303
        yield browser
    await console.close()


async def shown(browser: httpx.AsyncClient, path: str, query: str = "", **within: Any) -> Any:
    """A twin, held to what is said of it."""
    answer = await browser.get(f"{path.format(**within)}{TWIN}{query}")
    assert answer.status_code == 200, answer.text
    await asyncio.to_thread(holds, path, answer.json())
    return answer.json()


async def look_into(browser: httpx.AsyncClient, case_ref: str) -> int:
    """What then stands for the case in addresses."""
    said = {"form": form_of((await browser.get("/cases")).text), "case_ref": case_ref}
    answer = await browser.post("/cases", data=said | {"purpose": "inspection", "words": "a test of what is described"})
    assert answer.status_code == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


async def test_operators_twins_are_as_described(operator: httpx.AsyncClient) -> None:
    assert (await shown(operator, "/flow"))["groups"]
    assert (await shown(operator, "/flow", "?period=2025-01&urgency=urgent&leg=received"))["leg"] == "received"
    assert (await shown(operator, "/flow", "?municipality=south&period=2025"))["withheld"]
    for query in ("?limit=60", "?closed=yes&standing=met&limit=60", "?standing=withdrawn&closed=yes&limit=60"):
        await shown(operator, "/duties", query)
    assert (await shown(operator, "/flow"))["duties"]  # reckoned by now
    listed = (await shown(operator, "/handoffs", "?oldest=yes&limit=60"))["handoffs"]
    await shown(operator, "/handoffs", "?open=yes&limit=60")
    assert await shown(operator, "/handoffs/{id}", id=listed[0]["id"]) == listed[0]
    assert (await shown(operator, "/health"))["findings"]
    await shown(operator, "/parked")


async def test_the_access_log_is_as_described(oversight: httpx.AsyncClient) -> None:
    found = await shown(oversight, "/accesses")
    assert {one["type"] for one in found["accesses"]} == {"access.recorded", "access.emergency"}
    assert found["grounds"]


async def test_every_types_twin_is_as_described(oversight: httpx.AsyncClient) -> None:
    assert (await shown(oversight, "/contracts"))["releases"] == ["0.9.0"]
    assert (await shown(oversight, "/contracts/changes"))["changes"]
    came = [(await shown(oversight, "/contracts/{type}", type=name))["releases"] for name in CATALOGUE]
    assert {one[0]["release"] for one in came} == {"0.9.0", "now"}


async def test_every_reading_of_a_case_is_as_described(oversight: httpx.AsyncClient) -> None:
    rows = dict.fromkeys(VIEWS, 0)
    for case_ref in list(cases())[:2]:
        number = await look_into(oversight, case_ref)
        path = "/cases/{number}"
        for view, replayed in product(VIEWS, ("", "&as_known_to=police&event=9")):
            if view == "knowledge" and "known" not in replayed:
                continue
            rows[view] += len((await shown(oversight, path, f"?view={view}{replayed}", number=number))["rows"])
        for event in (await shown(oversight, path, "?view=lanes", number=number))["rows"][:10]:
            within = {"number": number, "position": event["position"]}
            assert (await shown(oversight, "/cases/{number}/records/{position}", **within))["proof"] is None
    assert len((await shown(oversight, "/cases"))["looks"]) == 2
    assert [view for view, count in rows.items() if not count] == ["accesses"]  # nobody looks into made-up cases


async def test_a_look_into_a_case_that_is_none_of_the_made_up_is_as_described(everybody: Everybody) -> None:
    """With its own look in the log, and a record proven there."""
    settings = everybody.living.settings
    read_models(settings, entries=0)
    case_ref = str((await everybody.systems[POLICE].do(refer()))["case_ref"])
    known = of_home(settings.home)
    known.add("ana", Role.INVESTIGATOR, PASSWORD, leave.text(given(settings, case_ref)))
    async with signed_in(Console(sources(settings), known, behind_tls=False), "ana") as browser:
        number = await look_into(browser, case_ref)
        (look,) = (await shown(browser, "/cases"))["looks"]
        assert (look["person"], look["made_up"]) == ("inspector-17", False)
        seen = await shown(browser, "/cases/{number}", "?view=accesses", number=number)
        assert [one["person"] for one in seen["rows"]] == ["inspector-17"]
        within = {"number": number, "position": number}
        found = await shown(browser, "/cases/{number}/records/{position}", "?verify=yes", **within)
        assert found["proof"]["held"]
        assert found["proof"]["signature"]


async def test_a_refusal_is_as_described(oversight: httpx.AsyncClient, operator: httpx.AsyncClient) -> None:
    for browser, path, query in (
        (oversight, "/handoffs", "?limit=0"),
        (oversight, "/handoffs", "?what=ever"),
        (oversight, "/flow", "?service=exam"),
        (oversight, "/duties", "?after=none"),
        (operator, "/accesses", ""),
        (operator, "/cases", ""),
    ):
        answer = await browser.get(f"{path}{TWIN}{query}")
        assert (
            answer.json()["code"]
            in DOCUMENT["paths"][f"{path}{TWIN}"]["get"]["responses"][str(answer.status_code)]["description"]
        ), (path, query)
        holds(path, answer.json(), str(answer.status_code), "application/problem+json")


async def test_what_an_address_may_say_is_what_its_page_reads(
    oversight: httpx.AsyncClient, operator: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: dict[str, set[str]] = {}
    query = Asked.query

    def noted(asked: Asked, *known: str) -> dict[str, str]:
        read[asked.request.scope["path"].removesuffix(TWIN)] = set(known)
        return query(asked, *known)

    monkeypatch.setattr(Asked, "query", noted)
    number = await look_into(oversight, next(iter(cases())))
    within = {"number": number, "position": number, "type": "referral.made", "id": "none"}
    for twin in TWINS:
        browser = oversight if twin.part in SEES[Role.OVERSIGHT] else operator
        path = twin.path.format(**within)
        await browser.get(f"{path}{TWIN}")
        assert read[path] == {word.name for word in twin.words}, twin.path


async def test_the_codes_that_are_named_are_those_that_are_taken(
    oversight: httpx.AsyncClient, operator: httpx.AsyncClient
) -> None:
    for twin in TWINS:
        browser = oversight if twin.part in SEES[Role.OVERSIGHT] else operator
        for word in twin.words:
            if "{" not in twin.path and "enum" in word.schema:
                wrong = (await browser.get(f"{twin.path}{TWIN}", params={word.name: "no-such-code"})).json()
                assert wrong["code"] in ("option.invalid", "agency.unknown"), (twin.path, word.name)
                named = wrong["detail"].removeprefix("There are: ").removesuffix(".").split(", ")
                assert set(word.schema["enum"]) == set(named), (twin.path, word.name)


async def test_a_document_that_grows_a_key_is_found_out(operator: httpx.AsyncClient) -> None:
    found = await shown(operator, "/handoffs", "?limit=5")
    for grown in (found, found["handoffs"][0], found["handoffs"][0]["acts"][0]):
        whole = deepcopy(found)
        place = whole if grown is found else whole["handoffs"][0]
        place = place["acts"][0] if grown is found["handoffs"][0]["acts"][0] else place
        place["another"] = 1
        with pytest.raises(ValidationError):
            holds("/handoffs", whole)


async def test_who_has_signed_in_gets_the_document_and_nobody_else_does(operator: httpx.AsyncClient) -> None:
    answer = await operator.get("/openapi.json")
    assert (answer.headers["content-type"], answer.json()) == ("application/json", DOCUMENT)
    assert 'href="/openapi.json"' in (await operator.get("/contracts")).text
    operator.cookies.clear()
    answer = await operator.get("/openapi.json")
    assert (answer.status_code, answer.json()["code"]) == (401, "session.missing")
