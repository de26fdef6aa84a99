"""A home of made-up cases, shown by `barnabus up`: all of it can be looked at, and nothing is added."""

import signal
from pathlib import Path

import pytest

from bus.settings import Settings
from cli import simulate
from contracts.errors import CODES
from tests.fault.commands import started
from tests.fault.test_projections import answer, current

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240)]
YEAR = 2021


async def test_what_a_synthetic_home_holds_can_be_looked_at(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", nats_url=None)
    played = await simulate.run(settings, cases=1, of_year=YEAR, seed=11)
    async with started(tmp_path, "up") as up:
        await up.says("to look at only")
        status = await current(settings)
        assert status["rows"]["handoffs"] == played["handoffs"]["made"]
        assert status["lag_s"] == 0, "by the year's own clock"
        code, _, said = await answer(settings, "submit", "police", "contracts/examples/referral.made.valid.json")
        assert (code, "adapter.unreachable" in said) == (CODES["adapter.unreachable"].exit, True)
        assert (await current(settings))["log_position"] == status["log_position"], "nothing was added"
        assert await up.ends(signal.SIGTERM) == 0
