"""`make bench`: one run, one table. Read the ratios: everything shares this machine's cores with its clients."""

import asyncio
import os
import platform
import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from nats.aio.client import Client

from bus import connection, logging, node
from bus.settings import Settings
from cli.agencies import APPLICATIONS, opened
from cli.processes import Processes
from cli.stock import read_log
from cli.submit import ask
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Record
from contracts.errors import BarnabusError
from tests.benchmarks import raw, traffic

RAW_MESSAGES = 2_000
BURST = 600
AT_ONCE = 32
RATE_PER_S = 50
STEADY = 500
SETTLE_S = 60


@dataclass(slots=True)
class Row:
    what: str
    per_s: float
    messages_per_s: float


async def main() -> None:
    logging.configure("bench")
    with tempfile.TemporaryDirectory(prefix="barnabus-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", nats_url=None)
        async with node.embedded(settings):
            processes = Processes(settings)
            try:
                await run(settings, processes)
            finally:
                await processes.stop_all()


async def run(settings: Settings, processes: Processes) -> None:
    rows = await raw_rows(settings)
    await processes.start("gateway-a", "gateway")
    for agency in APPLICATIONS:
        await processes.start(agency, "adapter", agency)
    for agency in APPLICATIONS:
        await answering(settings, agency)
    police = await connection.connect(settings, Agency.POLICE, "system", patient=False)
    try:
        await warm_up(police)
        rows.append(await burst(settings, police))
        began, accepted = len(await read_log(settings)), await steady(police)
        await received(settings)
        stamped, recorded, receipted = await latencies(settings, began)
    finally:
        await police.close()
    show(rows, accepted, stamped, recorded, receipted)


async def raw_rows(settings: Settings) -> list[Row]:
    nats = await connection.connect(settings, "gateway", "gateway", patient=False)
    try:
        one_by_one = await raw.sequential(nats, RAW_MESSAGES)
        in_flight = await raw.pipelined(nats, RAW_MESSAGES)
    finally:
        await nats.close()
    return [
        Row("raw JetStream publish, sequential", one_by_one, one_by_one),
        Row("raw JetStream publish, 250 in flight", in_flight, in_flight),
    ]


async def answering(settings: Settings, agency: Agency) -> None:
    """Wait until an adapter is up: while one starts it takes the others' time."""
    for _ in range(300):
        try:
            await ask(settings, agency, b"")
        except BarnabusError:
            await asyncio.sleep(0.1)
        else:
            return
    raise SystemExit(f"The adapter of {agency} never answered.")


async def warm_up(police: Client) -> None:
    for _ in range(200):
        try:
            answer = await police.request(subjects.COMMAND, traffic.referral(), timeout=5)
        except Exception:  # noqa: BLE001  the adapter is still starting
            await asyncio.sleep(0.1)
            continue
        if b'"logged"' in answer.data:
            return
    raise SystemExit("The adapter never answered.")


async def burst(settings: Settings, police: Client) -> Row:
    """Accepted to logged, as fast as one agency can: commands at once, each answered with its stamp."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with gate:
            await police.request(subjects.COMMAND, traffic.referral(), timeout=60)

    before = time.time()
    began = time.perf_counter()
    await asyncio.gather(*(one() for _ in range(BURST)))
    took = time.perf_counter() - began
    await received(settings)
    entries = [e for e in await read_log(settings) if before <= e.stamp.logged_at.timestamp() <= before + took]
    written = sum(1 + len(e.record.data.letters) for e in entries)
    return Row("accepted to logged: adapter, relay, gateway", BURST / took, written / took)


async def steady(police: Client) -> list[float]:
    """Milliseconds from sending a command to its stamp, at a steady rate."""
    took: list[float] = []

    async def one() -> None:
        began = time.perf_counter()
        await police.request(subjects.COMMAND, traffic.referral(), timeout=30)
        took.append((time.perf_counter() - began) * 1000)

    start = time.perf_counter()
    running = []
    for i in range(STEADY):
        await asyncio.sleep(max(0.0, start + i / RATE_PER_S - time.perf_counter()))
        running.append(asyncio.create_task(one()))
    await asyncio.gather(*running)
    return took


async def received(settings: Settings) -> None:
    """Wait until every letter has been signed for."""
    end = time.monotonic() + SETTLE_S
    while time.monotonic() < end:
        with opened(Agency.POLICE, settings) as police:
            left = police.store.read("SELECT count(*) AS n FROM outbox_letters WHERE received_at IS NULL")[0]["n"]
        if not left:
            return
        await asyncio.sleep(0.1)
    raise SystemExit("Not every letter was received in time.")


async def latencies(settings: Settings, began: int) -> tuple[list[float], list[float], list[float]]:
    """Milliseconds from accepted (in the sender's store) to stamp, to the recipient's store, to the receipt's stamp."""
    with opened(Agency.POLICE, settings) as police, opened(Agency.SOCIAL, settings) as social:
        accepted = {r["id"]: _at(r["recorded_at"]) for r in police.store.read("SELECT id, recorded_at FROM commands")}
        arrived = {r["record_id"]: _at(r["received_at"]) for r in social.inbox.letters(after=began)}
    log = (await read_log(settings))[began:]
    numbers: dict[int, str] = {}
    stamped, receipted = [], []
    for entry in log:
        at, record = entry.stamp.logged_at.timestamp(), entry.record
        if record.sender == Agency.POLICE and record.data.letters:
            numbers[record.data.letters[0].number] = str(record.id)
            stamped.append((at - accepted[str(record.id)]) * 1000)
        elif record.sender == Agency.SOCIAL:
            receipted += [(at - accepted[numbers[n]]) * 1000 for n in _covers(record) if n in numbers]
    recorded = [(at - accepted[record_id]) * 1000 for record_id, at in arrived.items()]
    return stamped, recorded, receipted


def _covers(record: Record) -> list[int]:
    return [letter["number"] for letter in record.data.content.get("letters", ())]


def _at(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def show(
    rows: list[Row], asked: list[float], stamped: list[float], recorded: list[float], receipted: list[float]
) -> None:
    base = rows[0].messages_per_s
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, one node, sync_interval: always\n")
    print(f"{'':48}{'events/s':>10}{'messages/s':>12}{'of raw seq.':>13}")
    for row in rows:
        print(f"{row.what:48}{row.per_s:>10,.0f}{row.messages_per_s:>12,.0f}{row.messages_per_s / base:>12.2f}×")
    print(f"\nAt {RATE_PER_S} events/s, {STEADY} events{'':18}{'p50 ms':>10}{'p99 ms':>12}")
    for what, values in (
        ("command sent to stamp answered", asked),
        ("accepted to stamp", stamped),
        ("accepted to recorded at the recipient", recorded),
        ("accepted to the receipt in the log", receipted),
    ):
        p50, p99 = traffic.percentile(values, 0.5), traffic.percentile(values, 0.99)
        print(f"{what:48}{p50:>10.1f}{p99:>12.1f}")


if __name__ == "__main__":
    asyncio.run(main())
