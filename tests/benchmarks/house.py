"""A home in which everything runs as processes of their own, and one agency's system that sends commands steadily."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path

from nats.aio.client import Client

from bus import connection, node
from bus.settings import Settings
from cli.agencies import OF_THE_FIELD
from cli.processes import Processes
from cli.submit import ask
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from tests.benchmarks import traffic

RATE_PER_S = 50
STEADY = 500


@contextlib.asynccontextmanager
async def home() -> AsyncIterator[tuple[Settings, Processes]]:
    """A new one with its server, and what is started in it, until left."""
    with tempfile.TemporaryDirectory(prefix="barnabus-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", nats_url=None)
        async with node.embedded(settings):
            processes = Processes(settings)
            try:
                yield settings, processes
            finally:
                await processes.stop_all()


async def everybody(settings: Settings, processes: Processes) -> None:
    """A gateway and every agency's adapter, until they answer: while one starts it takes the others' time."""
    await processes.start("gateway-a", "gateway")
    for agency in OF_THE_FIELD:
        await processes.start(agency, "adapter", agency)
    for agency in OF_THE_FIELD:
        await _answering(settings, agency)


async def _answering(settings: Settings, agency: Agency) -> None:
    for _ in range(300):
        try:
            await ask(settings, agency, b"")
        except BarnabusError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit(f"The adapter of {agency} never answered.")


@contextlib.asynccontextmanager
async def police(settings: Settings) -> AsyncIterator[Client]:
    """The police's own system, of which one command has been logged."""
    nats = await connection.connect(settings, Agency.POLICE, "system", patient=False)
    try:
        await _warm_up(nats)
        yield nats
    finally:
        await connection.close(nats)


async def _warm_up(system: Client) -> None:
    for _ in range(200):
        try:
            answer = await system.request(subjects.COMMAND, traffic.referral(), timeout=5)
        except Exception:  # noqa: BLE001  the adapter is still starting
            await asyncio.sleep(0.1)
            continue
        if b'"logged"' in answer.data:
            return
    raise SystemExit("The adapter never answered.")


async def steady(system: Client) -> list[float]:
    """Milliseconds from sending a command to its stamp, at a steady rate."""
    took: list[float] = []

    async def one() -> None:
        began = time.perf_counter()
        await system.request(subjects.COMMAND, traffic.referral(), timeout=30)
        took.append((time.perf_counter() - began) * 1000)

    start = time.perf_counter()
    running = []
    for i in range(STEADY):
        await asyncio.sleep(max(0.0, start + i / RATE_PER_S - time.perf_counter()))
        running.append(asyncio.create_task(one()))
    await asyncio.gather(*running)
    return took
