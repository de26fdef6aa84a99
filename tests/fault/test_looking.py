"""A home of made-up cases, shown by `barnabus up`: all of it can be looked at, and nothing is added."""

import csv
import json
import signal
from datetime import datetime
from pathlib import Path

import pytest

from bus.settings import Settings
from cli import simulate
from contracts.durations import KOSOVO
from contracts.errors import CODES
from projections.publishing import SMALL
from tests.fault.commands import started
from tests.fault.test_projections import answer, current

pytestmark = [pytest.mark.fault, pytest.mark.timeout(240), pytest.mark.usefixtures("commands_at_hand")]
YEAR, QUARTER = 2021, "2021-Q2"


async def test_what_a_synthetic_home_holds_can_be_looked_at_and_published_once(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home", nats_url=None)
    played = await simulate.run(settings, cases=1, of_year=YEAR, seed=11)
    async with started(tmp_path, "up") as up:
        await up.says("to look at only")
        status = await current(settings)
        assert status["rows"]["handoffs"] == played["handoffs"]["made"]
        assert status["lag_s"] == 0, "by the year's own clock"
        assert (await answer(settings, "doctor"))[0] == 0, "that nobody writes is as it must be"
        code, _, said = await answer(settings, "submit", "police", "contracts/examples/referral.made.valid.json")
        assert (code, "adapter.unreachable" in said) == (CODES["adapter.unreachable"].exit, True)
        await publishing(settings, tmp_path)
        assert (await current(settings))["log_position"] == status["log_position"], "nothing was added"
        assert await up.ends(signal.SIGTERM) == 0


async def publishing(settings: Settings, folder: Path) -> None:
    """Shown, then published; from then on the same comes, and nothing else of this time."""
    words = ("figures", "publish", "--period")
    code, shown, _ = await answer(settings, *words, QUARTER)
    assert (code, shown["published_at"], shown["made_up"], shown["complete"]) == (0, None, True, True)
    journal = settings.home / "published" / "figures.jsonl"
    assert not journal.exists(), "looking publishes nothing"
    files = [folder / name for name in ("a.csv", "b.csv", "c.json")]
    for file in files:
        code, published, _ = await answer(settings, *words, QUARTER, "--out", str(file))
        assert (code, published["rows"], published["digest"]) == (0, shown["rows"], shown["digest"])
        assert published == json.loads(journal.read_text())
    assert files[0].read_bytes() == files[1].read_bytes()
    assert json.loads(files[2].read_text()) == json.loads(journal.read_text())
    lines = files[0].read_text().splitlines()
    head = [line for line in lines if line.startswith("# ")]
    assert "# made_up: True" in head
    assert f"# position: {shown['position']}" in head
    table = list(csv.reader(lines[len(head) :]))
    assert {len(row) for row in table} == {1 + len(shown["columns"])}
    cells = [cell for row in table[1:] for cell in row[1:]]
    assert all(cell == f"<{SMALL} or withheld" or int(cell) >= SMALL for cell in cells)
    for other in ((str(YEAR),), (QUARTER, "--by", "receiver")):
        code, _, said = await answer(settings, *words, *other)
        assert (code, "figures.published" in said, "2021-Q2 by service" in said) == (2, True, True)
    began = datetime.fromisoformat(shown["log_began"]).astimezone(KOSOVO)
    assert (began.year, shown["log_began"] < shown["as_of"]) == (YEAR, True)
    code, _, said = await answer(settings, *words, str(YEAR - 1))
    assert (code, "figures.before-log" in said) == (2, True)
    code, _, said = await answer(settings, *words, "2030")
    assert (code, "figures.not-over" in said) == (1, True)
