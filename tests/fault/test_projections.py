"""Read models beside a living log: killed at any moment and started again, they come to what a rebuild comes to."""

import asyncio
import contextlib
import http.client
import json
import os
import signal
import sys
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import update
from typer.testing import CliRunner

from bus.leash import die_with_parent
from bus.settings import Settings
from cli import metrics
from cli.main import app
from contracts.errors import CODES
from projections.readmodel import HEADS, PROGRESS
from projections.view import Place
from tests.builders import POLICE, SOCIAL, on, refer
from tests.docs.pages import ROOT
from tests.living import Bus

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120), pytest.mark.usefixtures("commands_at_hand")]
KILLS, ACTS = 4, 12


async def barnabus(settings: Settings, *words: str) -> asyncio.subprocess.Process:
    environment = os.environ | {"BARNABUS_HOME": str(settings.home)}
    environment.pop("BARNABUS_NATS_URL", None)
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli", *words,
        cwd=ROOT, env=environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )  # fmt: skip


async def answer(settings: Settings, *words: str) -> tuple[int, dict[str, Any], str]:
    """A command that ends, in a thread of this process: starting one costs a second."""
    runner = CliRunner(env={"BARNABUS_HOME": str(settings.home), "BARNABUS_NATS_URL": None})
    found = await asyncio.to_thread(runner.invoke, app, [*words, "--json"])
    return found.exit_code, json.loads(found.stdout) if found.stdout else {}, found.stderr


async def running(settings: Settings) -> asyncio.subprocess.Process:
    process = await barnabus(settings, "projections", "run")
    assert process.stderr
    async with asyncio.timeout(20):
        while b"projections.ready" not in await process.stderr.readline():
            assert process.returncode is None
    return process


async def acts(bus: Bus) -> None:
    for _ in range(ACTS):
        made = await bus.police.do(refer())
        await bus.social.hears(made["id"])
        await bus.social.do(on(SOCIAL, "referral.accept", made["id"]))


async def current(settings: Settings) -> dict[str, Any]:
    async with asyncio.timeout(20):
        while True:
            code, found, _ = await answer(settings, "projections", "status")
            if code == 0:
                return found
            await asyncio.sleep(0.1)


async def test_killed_at_any_moment_under_load_it_comes_to_what_a_rebuild_comes_to(bus: Bus) -> None:
    settings = bus.settings
    code, _, said = await answer(settings, "projections", "status")
    assert (code, "projections.missing" in said) == (1, True)
    for _ in range(KILLS):
        process = await running(settings)
        traffic = asyncio.create_task(acts(bus))
        await asyncio.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        await process.wait()
        await traffic
    await bus.settled()
    process = await running(settings)
    try:
        live = await current(settings)
        assert (live["log_position"], live["lag_s"], live["parked"]) == (live["position"], 0.0, 0)
        made, acted = KILLS * ACTS, 2 * KILLS * ACTS
        assert live["rows"] == {"accesses": 0, "cases": made, "handoffs": made, "letters": acted, "records": acted}
        code, compared, _ = await answer(settings, "projections", "verify")
        assert (code, compared["equal"], compared["differing"]) == (0, True, [])
        second = await barnabus(settings, "projections", "run")
        assert b"home.in-use" in (await second.communicate())[1], "one writer"
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
    code, rebuilt, _ = await answer(settings, "projections", "rebuild")
    assert (code, rebuilt["digests"]) == (0, live["digests"])
    code, found, _ = await answer(settings, "handoffs", "list", "--whose-move", "social", "--open")
    assert code == 0
    assert len(found["handoffs"]) == KILLS * ACTS
    assert {(one["stage"], one["from"], one["to"]) for one in found["handoffs"]} == {("accepted", "police", "social")}
    legs = [{leg["leg"]: leg for leg in one["legs"]} for one in found["handoffs"]]
    assert all(leg["received"]["state"] == "ended" and leg["decided"]["wall_s"] > 0 for leg in legs)
    code, found, _ = await answer(settings, "cases", "summary")
    assert (code, found["cases"], found["open"], found["held_up"]) == (0, KILLS * ACTS, KILLS * ACTS, 0)
    assert [(one["phase"], one["responsible"]) for one in found["standing"]] == [(None, "police")]
    code, found, _ = await answer(settings, "handoffs", "summary", "--service", "child-protection-assessment")
    (group,) = found["groups"]
    assert (code, group["service"], group["count"], group["open"]) == (0, "child-protection-assessment", 48, 48)
    assert (group["legs"]["received"]["ended"], group["legs"]["decided"]["ended"]) == (48, 48)
    assert (group["legs"]["completed"]["under_way"], group["legs"]["completed"]["p50"]) == (48, None)
    assert 0 < group["legs"]["decided"]["p50"]["most_s"] <= group["legs"]["decided"]["p90"]["most_s"]


async def test_what_the_log_got_since_is_a_lag_and_not_current(bus: Bus) -> None:
    settings = bus.settings
    await bus.police.do(refer())
    await bus.settled()
    code, _, _ = await answer(settings, "projections", "rebuild")
    assert code == 0
    await bus.police.do(refer(POLICE, SOCIAL))
    code, found, _ = await answer(settings, "projections", "status")
    assert (code, found["current"]) == (1, False)
    assert found["position"] < found["log_position"]
    assert found["lag_s"] > 0


async def scraped(settings: Settings) -> dict[str, float]:
    """What a Prometheus server is told; of what stopped a run, only that."""

    def get() -> str:
        with metrics.served(settings, metrics.HOST, 0) as url:
            client = http.client.HTTPConnection(url.split("/")[2])
            client.request("GET", "/metrics")
            with contextlib.closing(client):
                return client.getresponse().read().decode()

    samples = [one for family in text_string_to_metric_families(await asyncio.to_thread(get)) for one in family.samples]
    stopped = {one.labels["code"]: 1.0 for one in samples if one.name == "barnabus_projections_stopped" and one.value}
    return {one.name: one.value for one in samples if not one.labels} | stopped


async def test_a_run_that_a_gap_has_stopped_is_seen_to_be_until_a_run_has_come_past_it(bus: Bus) -> None:
    settings = bus.settings
    await bus.police.do(refer())
    await bus.settled()
    assert (await answer(settings, "projections", "rebuild"))[0] == 0
    with Place.of(settings).opened() as view, view.begin() as connection:
        connection.execute(update(HEADS).values(digest="another"))
    process = await running(settings)
    await bus.police.do(refer())
    assert process.stderr
    assert b"projections.gap" in await process.stderr.read()
    assert await process.wait() == 1
    assert (await answer(settings, "projections", "status"))[1]["stopped"] == "projections.gap"
    found = await scraped(settings)
    assert found["projections.gap"] == 1
    assert found["barnabus_projections_position"] < found["barnabus_log_position"]
    assert found["barnabus_projections_lag_seconds"] > 0
    assert (await answer(settings, "projections", "rebuild"))[0] == 0
    assert "projections.gap" in await scraped(settings), "no run has come past it yet"
    process = await running(settings)
    try:
        await bus.settled()
        await current(settings)
        found = await scraped(settings)
        assert "projections.gap" not in found
        assert found["barnabus_projections_position"] == found["barnabus_log_position"]
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0


async def test_a_run_whose_log_ends_sooner_than_it_has_folded_stops_and_says_so(bus: Bus) -> None:
    settings = bus.settings
    await bus.police.do(refer())
    await bus.settled()
    code, _, _ = await answer(settings, "projections", "rebuild")
    with Place.of(settings).opened() as view, view.begin() as writing:
        writing.execute(update(PROGRESS).values(position=1_000))
    process = await barnabus(settings, "projections", "run")
    assert await asyncio.wait_for(process.wait(), 20) == CODES["projections.gap"].exit
    code, found, _ = await answer(settings, "projections", "status")
    assert (code, found["stopped"], found["current"]) == (1, "projections.gap", False)


async def test_a_run_steps_aside_for_a_rebuild_and_goes_on(bus: Bus) -> None:
    settings = bus.settings
    process = await running(settings)
    try:
        await bus.police.do(refer())
        await bus.settled()
        live = await current(settings)
        code, rebuilt, _ = await answer(settings, "projections", "rebuild")
        assert (code, rebuilt["digests"]) == (0, live["digests"])
        await bus.police.do(refer())
        await bus.settled()
        assert (await current(settings))["rows"]["handoffs"] == 2
    finally:
        process.send_signal(signal.SIGTERM)
        assert await process.wait() == 0
