"""Read models beside a living log: killed at any moment and started again, they come to what a rebuild comes to."""

import asyncio
import json
import os
import signal
import sys
from typing import Any

import pytest

from bus.leash import die_with_parent
from bus.settings import Settings
from tests.builders import POLICE, SOCIAL, on, refer
from tests.docs.pages import ROOT
from tests.living import Bus

pytestmark = [pytest.mark.fault, pytest.mark.timeout(120)]
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
    process = await barnabus(settings, *words, "--json")
    out, err = await process.communicate()
    assert process.returncode is not None
    return process.returncode, json.loads(out) if out else {}, err.decode()


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
        assert live["rows"] == {"handoffs": KILLS * ACTS, "letters": 2 * KILLS * ACTS}
        code, compared, _ = await answer(settings, "projections", "verify")
        assert (code, compared["equal"], compared["differing"]) == (0, True, [])
        code, _, said = await answer(settings, "projections", "rebuild")
        assert "home.in-use" in said, "one writer"
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
