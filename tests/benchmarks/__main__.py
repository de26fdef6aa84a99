"""`make bench`: one run, one table. Read the ratios: everything shares this machine's cores with its clients.

make bench ARGS="--part projections --events 10000 --events 1000000"
"""

import asyncio
import os
import tempfile
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bus import logging
from cli import show
from tests.benchmarks import console, live, messages, rebuild, refusals, replay, report, summaries
from tests.benchmarks import duties as owed
from tests.benchmarks.report import Row

EVENTS = (10_000, 100_000)


class Part(StrEnum):
    MESSAGES = "messages"
    LIVE = "live"
    REBUILD = "rebuild"
    REPLAY = "replay"
    SUMMARIES = "summaries"
    DUTIES = "duties"
    REFUSALS = "refusals"
    CONSOLE = "console"
    PROJECTIONS = "projections"


ALL = (Part.MESSAGES, Part.LIVE, Part.REBUILD, Part.REPLAY, Part.SUMMARIES, Part.DUTIES, Part.REFUSALS, Part.CONSOLE)


@show.coded
def main(
    part: Annotated[
        list[Part] | None, typer.Option(help="Only these; `projections` is rebuild, live, replay, summaries.")
    ] = None,
    events: Annotated[
        list[int] | None, typer.Option(min=1_000, help="Lengths of the logs to read; 10,000 and 100,000 if none.")
    ] = None,
    cases: Annotated[int, typer.Option(min=1, help="So many cases of each log are replayed.")] = 50,
    peer_events: Annotated[int, typer.Option(min=1, help="So many events are projected by the peer.")] = 5_000,
    handoffs: Annotated[int, typer.Option(min=1, help="So many are summed up.")] = 100_000,
    duties: Annotated[int, typer.Option(min=1, help="So many duties at least are open.")] = 100_000,
    refused: Annotated[int, typer.Option(min=1, help="So many refusals of each kind are timed.")] = 2_000,
    keep: Annotated[Path | None, typer.Option(help="Keep the logs here, and take those that are there.")] = None,
) -> None:
    """Measure how fast Barnabus is: progress on standard error, one table on standard output."""
    for name in [name for name in os.environ if name.startswith("BARNABUS_")]:
        del os.environ[name]  # nobody's own home, server or database is measured, or written to
    logging.configure("bench")
    load = report.load()
    parts = set(part or ALL)
    if Part.PROJECTIONS in parts:
        parts |= {Part.LIVE, Part.REBUILD, Part.REPLAY, Part.SUMMARIES}
    with tempfile.TemporaryDirectory(prefix="barnabus-bench-") as folder:
        found = asyncio.run(
            _rows(parts, events or EVENTS, cases, peer_events, handoffs, duties, refused, keep or Path(folder))
        )
    report.table(found, load)


async def _rows(
    parts: set[Part],
    events: Sequence[int],
    cases: int,
    peer_events: int,
    handoffs: int,
    duties: int,
    refused: int,
    folder: Path,
) -> list[Row]:
    found = []
    if Part.MESSAGES in parts:
        found += await messages.rows()
    if Part.LIVE in parts:
        found += await live.rows()
    if Part.REBUILD in parts:
        found += await rebuild.rows(folder, events, peer_events)
    if Part.REPLAY in parts:
        found += await replay.rows(folder, events, cases)
    if Part.SUMMARIES in parts:
        found += await summaries.rows(handoffs)
    if Part.DUTIES in parts:
        found += await owed.rows(duties)
    if Part.REFUSALS in parts:
        found += await refusals.rows(refused)
    if Part.CONSOLE in parts:
        found += await console.rows(folder, events)
    return found


if __name__ == "__main__":
    typer.run(main)
