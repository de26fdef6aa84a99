"""Carrying out what `bus.reconciling` found: the log is read as far as it can be, and written position by position.

Safe to break off at any point and to begin again: nothing is deleted before all that could be read of the log lies in
a file of the home, which counts as evidence from then on.
"""

import asyncio
import contextlib
import json
import os
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from pathlib import Path

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from bus import evidence, seal, streams, tasks
from bus.evidence import Evidence
from bus.gateway_service import ALIVE_EVERY_S, SILENCE_S
from bus.log import READ_AHEAD, Entry, LogReader
from bus.node import locked
from bus.reconciling import Plan
from bus.settings import Settings
from contracts import subjects
from contracts.agencies import Agency
from contracts.errors import BarnabusError

LISTEN_S = SILENCE_S + 0.5
"""A gateway that is active anywhere says so within this time."""
WRITE_TIMEOUT_S = 5.0


def kept(settings: Settings) -> Path:
    """The folder of what was read of damaged logs."""
    return settings.home / "reconcile"


async def readable(nats: Client) -> tuple[dict[int, Entry], int]:
    """Every entry that the server still gives, by position, and the log's last position. An absent log is empty."""
    reader = LogReader(nats)
    with contextlib.suppress(NotFoundError):
        await nats.jetstream().stream_info(subjects.CASES)
        last = await reader.last()
        found: dict[int, Entry] = {}
        for start in range(1, last + 1, READ_AHEAD):
            chunk = range(start, min(start + READ_AHEAD, last + 1))
            entries = await asyncio.gather(*map(reader.get, chunk))
            found |= {entry.position: entry for entry in entries if entry}
        return found, last
    return {}, 0


@contextlib.contextmanager
def no_gateway_here(settings: Settings) -> Iterator[None]:
    """Hold the lock of every gateway of this home. Raises `home.in-use` if one runs."""
    with contextlib.ExitStack() as held:
        for path in sorted((settings.home / "gateway").glob("*.lock")):
            held.enter_context(locked(path, f"Gateway {path.stem}"))
        yield


async def no_gateway_anywhere(gateway: Client) -> None:
    """Raises `home.in-use` if a gateway says that it is active."""
    heard = asyncio.Event()

    async def on_alive(_: object) -> None:
        heard.set()

    listening = await gateway.subscribe(subjects.GATEWAY_ALIVE, cb=on_alive)
    try:
        async with asyncio.timeout(LISTEN_S):
            await heard.wait()
    except TimeoutError:
        return
    finally:
        await listening.unsubscribe()
    raise BarnabusError("home.in-use", detail="A gateway is active.")


async def carry_out(plan: Plan, gateway: Client, provisioner: Client, raw: Path) -> None:
    """Write what the plan adds. `raw` is where what can be read of a damaged log is kept first.

    Raises `log.unproven` if the plan has a hole, and `log.damaged` if the log is not as planned afterwards.
    """
    if plan.unproven:
        raise BarnabusError("log.unproven", detail=f"Position {plan.unproven[0].position}.")
    replicas = await _replicas(provisioner)
    if not plan.appends:
        entries, _ = await readable(provisioner)
        _write_down(raw, evidence.of_entries(f"the log before {raw.stem}", entries.values()))
        await provisioner.jetstream().delete_stream(subjects.CASES)
    await streams.provision(provisioner, replicas)
    async with standing_in(gateway):
        for planned in plan.entries[plan.kept if plan.appends else 0 :]:
            await _append(gateway.jetstream(timeout=WRITE_TIMEOUT_S), planned.entry)
    entries, _ = await readable(provisioner)
    if list(entries.values()) != [planned.entry for planned in plan.entries]:
        raise BarnabusError("log.damaged", detail="It is not what was written.")


async def _append(js: JetStreamContext, entry: Entry) -> None:
    headers = {
        subjects.SIGNATURE: entry.signature,
        subjects.STAMP: entry.stamp,
        "Nats-Expected-Last-Sequence": str(entry.position - 1),
    }
    try:
        await js.publish(entry.subject, entry.text.encode(), stream=subjects.CASES, headers=headers)
    except (NatsError, TimeoutError) as error:
        said = f"Broken off at position {entry.position}: {type(error).__name__}. Run it again."
        raise BarnabusError("log.unavailable", detail=said) from None


@contextlib.asynccontextmanager
async def standing_in(gateway: Client) -> AsyncIterator[None]:
    """While the log is written, every gateway on any machine hears an elder and stands by."""

    async def say() -> None:
        while True:
            await gateway.publish(subjects.GATEWAY_ALIVE, json.dumps({"name": "reconcile", "since": ""}).encode())
            await asyncio.sleep(ALIVE_EVERY_S)

    saying = asyncio.create_task(say())
    try:
        yield
    finally:
        await tasks.end(saying)


async def _replicas(nats: Client) -> int:
    """As many as the bus's streams have now: an agency's post tells it too if the log is gone."""
    for name in (subjects.CASES, *map(subjects.post_stream, Agency)):
        with contextlib.suppress(NotFoundError):
            return (await nats.jetstream().stream_info(name)).config.num_replicas or 1
    return 1


def forget_ledgers(settings: Settings) -> None:
    """What gateways of this home remember is read again from the restored log, which may end sooner."""
    for path in (settings.home / "gateway").glob("*.db*"):
        path.unlink()


def fingerprint(entries: Iterable[Entry]) -> str:
    """One digest of a whole log: every position, subject, record, signature and stamp."""
    found = (f"{e.position} {e.subject} {seal.digest(e.text)} {e.signature} {e.stamp}\n" for e in entries)
    return seal.digest("".join(found))


def name_of(now: datetime) -> str:
    return f"log-{now:%Y%m%dT%H%M%S%f}.jsonl"


def _write_down(path: Path, found: Evidence) -> None:
    """On disk before anything is deleted."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.writelines(f"{line}\n" for line in evidence.lines(found))
        file.flush()
        os.fsync(file.fileno())
