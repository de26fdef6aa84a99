"""Releases of the contracts in the console: in which a type came or changed, what differs, and whom that hurts."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

import contracts
from bus.provisioning import provision
from bus.settings import Settings
from cli.contracts import app
from console.app import Console
from console.roles import Role
from contracts.releasing import document
from tests.builders import now
from tests.consoles import PASSWORD, of_home, sign_in, sources, visited
from tests.contract.test_changes import changed, without
from tests.contract.test_consumers import POLICE_SYSTEM

FIRST, SECOND = "0.8.0", "0.9.0"
TYPE = "child.missing"


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two releases that were made up: a first without a type, and a second in which that lacked a field."""
    root = tmp_path_factory.mktemp("checkout")
    for version, lacks in ((FIRST, ("types", TYPE)), (SECOND, ("types", TYPE, "fields", "missing_since"))):
        path = root / document.FOLDER / f"{version}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(document.text(changed(without(*lacks)) | {"version": version}))
    consumers = root / "contracts" / "consumers"
    consumers.mkdir()
    (consumers / "police.toml").write_text(POLICE_SYSTEM)
    return root


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found = tmp_path_factory.mktemp("contracts") / "home"
    provision(Settings(home=found, nats_url=None), now())
    of_home(found).add("integrator", Role.INTEGRATOR, PASSWORD)
    return found


@pytest.fixture
async def integrator(home: Path, checkout: Path) -> AsyncIterator[httpx.AsyncClient]:
    """Who reads the contracts of that checkout."""
    of_checkout = replace(sources(Settings(home=home, nats_url=None)), checkout=checkout)
    async with reading(Console(of_checkout, of_home(home), behind_tls=False)) as browser:
        yield browser


@pytest.fixture
async def installed(home: Path) -> AsyncIterator[httpx.AsyncClient]:
    found = sources(Settings(home=home, nats_url=None))
    async with reading(Console(found, of_home(home), behind_tls=False)) as browser:
        yield browser


@asynccontextmanager
async def reading(found: Console) -> AsyncIterator[httpx.AsyncClient]:
    async with visited(found) as browser:
        await sign_in(browser, "integrator")
        yield browser
    await found.close()


async def twin(browser: httpx.AsyncClient, path: str) -> Any:
    answer = await browser.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_type_says_in_which_release_it_came_and_what_each_changed(integrator: httpx.AsyncClient) -> None:
    found = (await twin(integrator, f"/contracts/{TYPE}.json"))["releases"]
    assert [(one["release"], one["came"]) for one in found] == [("now", False), (SECOND, True)]
    (change,) = found[0]["changes"]
    assert (change["rule"], change["at"]) == ("field-required", "missing_since")
    assert change["broken_for"]
    assert found[1]["changes"] == []
    page = (await integrator.get(f"/contracts/{TYPE}")).text
    assert "The type came with it" in page
    assert "now, not released" in page
    assert "<code>missing_since</code></th>" in page


async def test_what_a_change_breaks_and_whom_it_hurts_is_named(integrator: httpx.AsyncClient) -> None:
    found = await twin(integrator, f"/contracts/changes.json?from=now&to={SECOND}")
    (change,) = found["changes"]
    assert (change["rule"], change["hurts"]) == ("field-removed", ["A system of the police"])
    assert (found["asked"], found["step"]) == ("major", "none")
    page = (await integrator.get(f"/contracts/changes?from=now&to={SECOND}")).text
    assert "A system of the police" in page
    assert '<strong class="mark bad">major</strong>' in page


async def test_what_was_never_changed_says_so(integrator: httpx.AsyncClient) -> None:
    found = (await twin(integrator, "/contracts/referral.made.json"))["releases"]
    assert [(one["release"], one["came"], one["changes"]) for one in found] == [(FIRST, True, [])]
    assert "It has not changed since." in (await integrator.get("/contracts/referral.made")).text
    page = (await integrator.get(f"/contracts/changes?from={SECOND}&to={SECOND}")).text
    assert "Nothing differs between the two." in page


async def test_any_two_releases_can_be_compared_and_the_last_one_is_by_itself(integrator: httpx.AsyncClient) -> None:
    found = await twin(integrator, f"/contracts/changes.json?from={FIRST}&to={SECOND}")
    assert [(one["of"], one["rule"]) for one in found["changes"]] == [(TYPE, "type-added")]
    assert await twin(integrator, "/contracts/changes.json") == await twin(
        integrator, f"/contracts/changes.json?from={SECOND}&to=now"
    )


async def test_no_file_of_the_machine_is_taken_for_a_release(integrator: httpx.AsyncClient, checkout: Path) -> None:
    for state in ("../../etc/passwd", str(checkout / document.FOLDER / f"{FIRST}.json"), "3.0.0"):
        answer = await integrator.get("/contracts/changes.json", params={"from": state})
        assert answer.json()["code"] == "option.invalid"


async def test_the_twin_has_what_the_command_has(installed: httpx.AsyncClient) -> None:
    """Of what is installed, where the release and the code may differ or not."""
    for before, after in ((contracts.VERSION, "now"), ("now", contracts.VERSION)):
        told = json.loads(CliRunner().invoke(app, ["diff", before, after, "--json"]).stdout)
        assert await twin(installed, f"/contracts/changes.json?from={before}&to={after}") == told
