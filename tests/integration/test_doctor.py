"""`barnabus doctor` over the real thing: clocks, what ends when, and a machine that has one agency's part alone."""

import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bus.settings import Settings
from cli import clocks, doctor
from cli.findings import GROUPS
from tests.builders import POLICE, SOCIAL, now, refer
from tests.living import Bus, Everybody

pytestmark = pytest.mark.usefixtures("said")


async def findings(settings: Settings) -> dict[str, dict[str, Any]]:
    found = (await doctor.examined(settings))["findings"]
    assert [one["group"] for one in found] == sorted((one["group"] for one in found), key=GROUPS.index)
    return {one["check"]: one for one in found}


async def test_clocks_that_agree_are_said_to_and_each_check_has_its_group(everybody: Everybody) -> None:
    await everybody.systems[POLICE].do(refer())
    found = await findings(everybody.living.settings)
    told = [check for check, one in found.items() if one["group"] == "clocks"]
    assert told[:2] == ["NATS: clock", "gateway: clock"]
    assert "police: clock" in told
    assert {found[check]["state"] for check in told} == {"ok"}
    assert {one["group"] for one in found.values()} == set(GROUPS)


async def test_a_machine_whose_clock_is_behind_sees_server_gateway_ahead_of_it(
    everybody: Everybody, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everybody.systems[POLICE].do(refer())
    monkeypatch.setattr("cli.log_health.wall_clock", lambda: now() - timedelta(minutes=5))
    found = await findings(everybody.living.settings)
    for check in ("NATS: clock", "gateway: clock"):
        assert (found[check]["state"], found[check]["next"]) == ("fail", clocks.SET_IT)
        assert "ahead of this machine's" in found[check]["said"]
    assert found["police: clock"]["state"] == "ok", "it agrees with the log"


async def test_an_agency_whose_clock_runs_ahead_of_the_log_is_named(bus: Bus) -> None:
    said = refer()
    said["clocks"]["recorded"] = (now() + timedelta(seconds=20)).isoformat()
    await bus.police.do(said)
    found = await findings(bus.settings)
    assert found["police: clock"]["state"] == "warn"
    assert "ahead of the log" in found["police: clock"]["said"]


async def test_on_a_machine_that_has_one_agency_doctor_looks_at_that_one(everybody: Everybody, tmp_path: Path) -> None:
    """As docs/operate.md has it: the directory, the root's public key, where NATS is, and the agency's own part."""
    await everybody.systems[POLICE].do(refer())
    whole, own = everybody.living.settings, Settings(home=tmp_path / "police", nats_url=everybody.living.server.url)
    shutil.copytree(whole.keys(POLICE), own.keys(POLICE))
    for path in (whole.directory, whole.root_public):
        shutil.copy(path, own.home)
    await everybody.living.stop_adapter(POLICE)
    (own.home / "stores").mkdir()
    for path in sorted((whole.home / "stores").glob("police.db*")):
        shutil.copy(path, own.home / "stores")
    await everybody.living.start_adapter(POLICE)
    found = await findings(own)
    assert {check for check, one in found.items() if one["state"] == "fail"} == set()
    assert found["police: adapter"]["state"] == "ok"
    assert found[SOCIAL]["said"] == doctor.AWAY
    assert "streams" not in found, "what only the bus's own may ask is not asked"
    shutil.rmtree(own.keys(POLICE))
    lost = await findings(own)
    assert {check for check, one in lost.items() if one["state"] == "fail"}, "whose store is here is not away"
