"""`barnabus projections rebuild` over long logs, as a user runs it, beside a raw drain of each and beside a peer.

The start of the command is not counted: it is what the same command takes to print its help.
"""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bus import node
from bus.settings import Settings
from projections.view import PROJECTIONS
from tests.benchmarks import drains, logs
from tests.benchmarks.measured import measured
from tests.benchmarks.report import Row, tell
from tests.postgres import PostgresServer

COMMAND = (sys.executable, "-m", "cli", "projections", "rebuild")
TIMES = 3
"""The start and the drain are over in a moment, so one of several is taken; a rebuild is long enough."""
AIM = "aim: 100,000/s, 0.5× drain"


@dataclass(frozen=True, slots=True)
class Beside:
    """What a rebuild is seen beside, in events a second."""

    drain: float
    peer: float

    def said(self, per_s: float) -> str:
        return f"{per_s / self.drain:.3f}× drain, {per_s / self.peer:.1f}× peer"


async def rows(folder: Path, lengths: Sequence[int], peer_events: int) -> list[Row]:
    """For logs of these lengths, which lie in this folder or will."""
    with PostgresServer() as postgres:
        peer = await _peer(postgres, peer_events)
        found = [Row("peer: eventsourcing's ProjectionRunner, PostgreSQL", f"{peer_events:,} events", peer)]
        for events in lengths:
            settings = await logs.home(folder, events)
            tell(f"rebuild: raw drain of {events:,} events")
            async with drains.provisioner(settings) as nats:
                drain = median([await drains.ordered(nats, events) for _ in range(TIMES)])
            found.append(Row("raw drain, ordered push consumer", f"{events:,} events", drain))
            async with node.embedded(settings):
                found += await _rebuilds(settings, events, Beside(drain, peer), postgres)
    return found


async def _peer(postgres: PostgresServer, events: int) -> float:
    tell(f"rebuild: the peer, {events:,} events")
    command = (sys.executable, "-m", "tests.benchmarks.peer", str(events), str(postgres.folder))
    done = await asyncio.to_thread(measured, *command)
    return float(json.loads(done.out)["per_s"])


async def _rebuilds(settings: Settings, events: int, beside: Beside, postgres: PostgresServer) -> list[Row]:
    """Into SQLite and into PostgreSQL: at first, with every signature verified, and once more, with what is known."""
    home = {"BARNABUS_HOME": str(settings.home)}
    starts = [(await asyncio.to_thread(measured, *COMMAND, "--help")).seconds for _ in range(TIMES)]
    found = []
    for database, place in (("SQLite", {}), ("PostgreSQL", {PROJECTIONS: postgres.url()})):
        for what in ("first build", "rebuild"):
            tell(f"{what}: {events:,} events into {database}")
            done = await asyncio.to_thread(measured, *COMMAND, "--json", environment=home | place)
            assert json.loads(done.out)["position"] == events
            per_s = events / (done.seconds - min(starts))
            found.append(
                Row(
                    f"{what}, {database}",
                    f"{events:,} events",
                    per_s,
                    processor_s=done.processor_s,
                    peak_mb=done.peak_bytes / 1e6,
                    beside=f"{beside.said(per_s)}; {AIM}",
                )
            )
    return found
