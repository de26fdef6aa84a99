"""What is asked of many handoffs at once, as `barnabus handoffs` answers it out of read models that hold so many.

    python -m tests.benchmarks.summaries

is the process that asks, all that it imports being in place; what is timed is the command, up to the JSON it prints.
"""

import asyncio
import gc
import json
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import Connection, Engine, func, insert, select
from typer.testing import CliRunner

from bus.log import Logged
from bus.provisioning import provision
from bus.settings import Settings
from cli.main import app
from contracts import places
from projections import counts
from projections.engine import CHUNK_ENTRIES, Projector
from projections.handoffs import Handoffs
from projections.legs import us_of
from projections.letters import Letters
from projections.models import MODELS
from projections.readmodel import ReadModel, State
from projections.view import LIVE, Place
from tests.benchmarks import report
from tests.benchmarks.entries import year
from tests.benchmarks.measured import measured
from tests.benchmarks.report import Row, tell

ASKED = (
    ("handoffs", "summary"),
    ("handoffs", "summary", "--by", "way"),
    ("handoffs", "summary", "--by", "period", "--agency", "health"),
    ("handoffs", "summary", "--service", "screening"),
    ("handoffs", "summary", "--municipality", "prishtina", "--period", "2025"),
    ("handoffs", "list", "--open"),
)
AIM = "aim: below 50 ms"
TIMES, ENOUGH_S = 20, 10.0
"""Each is asked so many times, or for so long if that is over first."""
EVENTS = 20_000
"""So many are folded: some 1,500 handoffs, of which each is there many times in the end."""
PUT_TOGETHER = 1_000
DAY_US = 86_400_000_000
YEAR_2000_US = us_of(datetime(2000, 1, 1, tzinfo=UTC))


async def rows(handoffs: int) -> list[Row]:
    with tempfile.TemporaryDirectory(prefix="barnabus-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", nats_url=None)
        provision(settings, datetime.now(UTC))
        tell(f"summaries: making {handoffs:,} handoffs")
        of = f"{stock(Place.of(settings), handoffs):,} handoffs"
        tell("summaries: asking")
        environment = {"BARNABUS_HOME": str(settings.home), "BARNABUS_PLACES": str(places.SHIPPED)}
        done = await asyncio.to_thread(measured, sys.executable, "-m", __name__, environment=environment)
    took: list[list[float]] = json.loads(done.out)
    return [report.latencies(" ".join(words), ms, of, AIM) for words, ms in zip(ASKED, took, strict=True)]


def stock(place: Place, handoffs: int) -> int:
    """Read models of a made-up year, with at least so many handoffs; gives how many."""
    place.begin(LIVE)
    with place.opened() as engine:
        projector, log = Projector(engine, MODELS), _log(EVENTS)
        while chunk := list(islice(log, CHUNK_ENTRIES)):
            projector.apply(chunk)
        there = _count(engine)
        with engine.begin() as connection:
            multiply(connection, -(-handoffs // there))
        return _count(engine)


def multiply(connection: Connection, times: int) -> None:
    """Each handoff, with the letter that asked for it, is there so many times from here on, and is tallied so.

    Each time under other ids and at other times, a little earlier and faster: no two legs last equally long.
    """
    models: tuple[ReadModel, ...] = (Handoffs(), Letters())
    for model in models:
        found = [
            dict(row) for row in connection.execute(select(model.table)).mappings() if list(model.cells(row["state"]))
        ]
        copies = (_again(model, row, n) for n in range(1, times) for row in found)
        while some := list(islice(copies, PUT_TOGETHER)):
            connection.execute(insert(model.table), some)
            counts.move(connection, model, {}, {row["key"]: row["state"] for row in some})


def _again(model: ReadModel, row: dict[str, Any], n: int) -> dict[str, Any]:
    state: State = row["state"]
    ids: dict[str, Any] = {name: f"{n}-{row[name]}" for name in ("key", "record_id") if name in row}
    dice = Random(ids.get("record_id", ids["key"]))  # a handoff's id is that of the record that made it
    rate, earlier_us = dice.uniform(0.5, 1), dice.randrange(DAY_US)
    first_us = state["logged_us"] if "logged_us" in state else state["said"]["made"][0]
    moved = _moved(state, lambda us: first_us + int((us - first_us) * rate) - earlier_us)
    return {"state": moved, **model.columns(moved), **ids}


def _moved(value: Any, move: Callable[[int], int]) -> Any:
    """A state with every moment in it moved; no other number in it is as high."""
    if isinstance(value, dict):
        return {name: _moved(one, move) for name, one in value.items()}
    if isinstance(value, list):
        return [_moved(one, move) for one in value]
    return move(value) if isinstance(value, int) and value > YEAR_2000_US else value


def _log(events: int) -> Iterator[Logged]:
    for entry in islice(year(events, seed=1).entries(), events):
        yield entry.logged()


def _count(engine: Engine) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(Handoffs.table)).scalar_one()


def main() -> None:
    for words in ASKED:
        CliRunner().invoke(app, [*words, "--json"])  # the first one pays for what it imports
    json.dump([list(_milliseconds(words)) for words in ASKED], sys.stdout)


def _milliseconds(words: tuple[str, ...]) -> Iterator[float]:
    enough = time.perf_counter() + ENOUGH_S
    for _ in range(TIMES):
        gc.collect()  # a command is a process of its own, and tidies up after no other
        began = time.perf_counter()
        answer = CliRunner().invoke(app, [*words, "--json"])
        took = time.perf_counter() - began
        assert answer.exit_code == 0, answer.output
        yield took * 1000
        if time.perf_counter() > enough:
            return


if __name__ == "__main__":
    main()
