"""`barnabus projections rebuild` over a long log, as a user runs it, beside a raw drain of that log and beside a peer.

The start of the command is not counted: it is what the same command takes to print its help.
"""

import asyncio
import json
import sys
from dataclasses import dataclass

from bus.settings import Settings
from projections.view import PROJECTIONS
from tests.benchmarks.measured import Measured, measured
from tests.benchmarks.report import Row, tell
from tests.postgres import PostgresServer

COMMAND = (sys.executable, "-m", "cli", "projections", "rebuild")
STARTS = 3
AIM = "aim: 100,000/s, 0.5× drain"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a rebuild is seen beside, in events a second."""

    drain: float
    peer: float

    def said(self, per_s: float) -> str:
        return f"{per_s / self.drain:.3f}× drain, {per_s / self.peer:.1f}× peer"


async def peer(postgres: PostgresServer, events: int) -> Row:
    """eventsourcing's own runner, on its own events, from a process of its own."""
    tell(f"rebuild: the peer, {events:,} events")
    command = (sys.executable, "-m", "tests.benchmarks.peer", str(events), str(postgres.folder))
    found = json.loads((await asyncio.to_thread(measured, *command)).out)
    return Row("peer: eventsourcing's ProjectionRunner, PostgreSQL", f"{events:,} events", found["per_s"])


async def rows(settings: Settings, events: int, beside: Beside, postgres: PostgresServer) -> list[Row]:
    """Of a home whose server runs, into SQLite and into PostgreSQL."""
    home = {"BARNABUS_HOME": str(settings.home)}
    starts = [(await asyncio.to_thread(measured, *COMMAND, "--help")).seconds for _ in range(STARTS)]
    found = []
    for database, place in (("SQLite", {}), ("PostgreSQL", {PROJECTIONS: postgres.url()})):
        tell(f"rebuild: {events:,} events into {database}")
        done = await asyncio.to_thread(measured, *COMMAND, "--json", environment=home | place)
        found.append(_row(f"rebuild, {database}", events, done, min(starts), beside))
    return found


def _row(what: str, events: int, done: Measured, start_s: float, beside: Beside) -> Row:
    folded = json.loads(done.out)
    assert folded["position"] == events
    per_s = events / (done.seconds - start_s)
    said = f"{beside.said(per_s)}; {AIM}"
    return Row(
        what,
        f"{events:,} events",
        per_s,
        processor_s=done.processor_s,
        peak_mb=done.peak_bytes / 1e6,
        beside=said,
    )
