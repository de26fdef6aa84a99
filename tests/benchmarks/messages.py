"""From an agency's command to the log, to its recipient and back: how many a second, and how long each takes."""

import asyncio
import time
from datetime import datetime

from nats.aio.client import Client

from bus import connection
from bus.settings import Settings
from cli.agencies import opened
from cli.stock import read_log
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Record
from tests.benchmarks import house, raw, report, sealing, traffic
from tests.benchmarks.report import Row, tell

RAW_MESSAGES = 2_000
BURST = 600
AT_ONCE = 32
SETTLE_S = 60


async def rows() -> list[Row]:
    async with house.home() as (settings, processes):
        tell("messages: raw publishing")
        limit, found = await raw_rows(settings)
        await house.everybody(settings, processes)
        async with house.police(settings) as police:
            tell(f"messages: {BURST} at once, then {house.STEADY} at {house.RATE_PER_S} a second")
            found.append(await burst(settings, police, limit))
            began, asked = len(await read_log(settings)), await house.steady(police)
            await received(settings)
            stamped, recorded, receipted = await latencies(settings, began)
            tell(f"messages: signing and sealing of {sealing.ACTS} acts anew")
            sealed = sealing.rows(settings, report.percentile(stamped, 0.5), report.percentile(asked, 0.5))
    at = f"{house.STEADY} at {house.RATE_PER_S}/s"
    return [
        *found,
        report.latencies("command sent to stamp answered", asked, at),
        report.latencies("accepted to stamp", stamped, at),
        report.latencies("accepted to recorded at the recipient", recorded, at),
        report.latencies("accepted to the receipt in the log", receipted, at),
        *sealed,
    ]


async def raw_rows(settings: Settings) -> tuple[float, list[Row]]:
    """With what sequential publishing comes to, which all else is seen beside."""
    nats = await connection.connect(settings, "gateway", "gateway", patient=False)
    try:
        one_by_one = await raw.sequential(nats, RAW_MESSAGES)
        in_flight = await raw.pipelined(nats, RAW_MESSAGES)
    finally:
        await nats.close()
    of = f"{RAW_MESSAGES:,} messages"
    return one_by_one, [
        Row("raw JetStream publish, sequential", of, one_by_one),
        Row("raw JetStream publish, 250 in flight", of, in_flight, beside=f"{in_flight / one_by_one:.2f}× sequential"),
    ]


async def burst(settings: Settings, police: Client, limit: float) -> Row:
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
    beside = f"{written / took:,.0f} messages/s, {written / took / limit:.2f}× sequential"
    return Row("accepted to logged: adapter, relay, gateway", f"{BURST} events", BURST / took, beside=beside)


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
