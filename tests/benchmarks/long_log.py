"""A log of up to a million events, written at speed: not through adapters and a gateway, yet valid as theirs is.

    python -m tests.benchmarks.long_log --events 100000 --seed 7 --home FOLDER

Everything that a log can show holds: records, signatures, chains, links, receipts, stamps. What it cannot show is not
there: the letters (the digests of their sealed bytes and of their content are random bytes), and the agencies' stores.
So an adapter of such a home says `adapter.behind` until `barnabus recover` has put its agency's chain into its store,
and only a gateway of made-up cases goes on writing such a log.
"""

import asyncio
import contextlib
import json
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from typing import Annotated

import typer
from nats.aio.client import Client
from nats.aio.subscription import Subscription
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

from bus import connection, node
from bus.provisioning import GATEWAY, provision, server_config
from bus.server import EmbeddedServer
from bus.settings import Settings
from cli import show
from cli.run import until_told
from contracts import subjects
from contracts.errors import BarnabusError
from tests.benchmarks import signing
from tests.benchmarks.entries import EPOCH, Unsigned, year
from tests.benchmarks.signing import Signatures, Signers

TOGETHER = 500
"""So many entries are signed in one go, and published with one acknowledgment."""
AHEAD = 4
"""So many times as many are being signed at most; what comes after them is not thought of yet, so memory is bounded."""
ACK_TIMEOUT_S = 60.0
_ALWAYS, _NOW_AND_THEN = "sync_interval: always", "sync_interval: 1m"


Signed = tuple[Unsigned, Signatures]


@dataclass(frozen=True, slots=True)
class Written:
    """What was written, and how fast; `until` is the simulated time of the last entry."""

    events: int
    seed: int
    cases: int
    until: str
    seconds: float
    events_per_s: float
    first_case: str  # for whoever wants to look at one


async def write(settings: Settings, events: int, seed: int, tell: Callable[[int], object] = lambda _: None) -> Written:
    """Provision this home and write its log; `tell` hears how much of it is there. Raises `home.provisioned`."""
    simulated = year(events, seed)
    first, took = await fill(settings, islice(simulated.entries(), events), tell)
    return Written(
        events=events,
        seed=seed,
        cases=simulated.cases,
        until=simulated.now.replace(tzinfo=UTC).isoformat(timespec="seconds"),
        seconds=round(took, 2),
        events_per_s=round(events / took),
        first_case=first.subject.split(".")[1],
    )


async def fill(
    settings: Settings, entries: Iterator[Unsigned], tell: Callable[[int], object] = lambda _: None
) -> tuple[Unsigned, float]:
    """Provision this home and write these entries; gives the first one, and how many seconds they took.

    While it is written the server syncs now and then: a log that the machine lost halfway would be written again.
    Raises `home.provisioned`.
    """
    provision(settings, EPOCH.replace(tzinfo=UTC))
    config = server_config(settings)
    assert _ALWAYS in config
    server = EmbeddedServer(settings.home / "nats", config.replace(_ALWAYS, _NOW_AND_THEN))
    with node.locked(settings.home / "run" / "server.lock", "A server of this home"), server:
        settings = replace(settings, nats_url=server.url)
        await node.prepare(settings)
        async with _gateway(settings) as nats:
            began = time.perf_counter()
            with signing.processes(settings) as pool:
                first = await _publish_all(nats, _signed(entries, pool), tell)
            return first, time.perf_counter() - began


async def append(settings: Settings, entries: Sequence[Unsigned]) -> None:
    """A few more at the end of a log whose server runs, signed in this process."""

    async def signed() -> AsyncIterator[list[Signed]]:
        yield list(zip(entries, Signers(settings).of(entries), strict=True))

    async with _gateway(settings) as nats:
        await _publish_all(nats, signed(), lambda _: None)


@contextlib.asynccontextmanager
async def _gateway(settings: Settings) -> AsyncIterator[Client]:
    nats = await connection.connect(settings, GATEWAY, "gateway", patient=False)
    try:
        yield nats
    finally:
        await connection.close(nats)


async def _signed(entries: Iterator[Unsigned], pool: ProcessPoolExecutor) -> AsyncIterator[list[Signed]]:
    """The entries in their order, some at a time, while the next ones are being signed."""
    loop, ahead = asyncio.get_running_loop(), deque[tuple[list[Unsigned], asyncio.Future[list[Signatures]]]]()
    while together := list(islice(entries, TOGETHER)):
        ahead.append((together, loop.run_in_executor(pool, signing.sign, together)))
        if len(ahead) > AHEAD:
            unsigned, signatures = ahead.popleft()
            yield list(zip(unsigned, await signatures, strict=True))
    for unsigned, signatures in ahead:
        yield list(zip(unsigned, await signatures, strict=True))


async def _publish_all(nats: Client, signed: AsyncIterator[list[Signed]], tell: Callable[[int], object]) -> Unsigned:
    """Each entry expects its place, as the gateway's do: were one refused, so were all behind it.

    So the acknowledgment of the last of some is that of all of them. Gives the first entry; raises `log.unavailable`.
    """
    reply = nats.new_inbox()
    answers = await nats.subscribe(reply)
    first: Unsigned | None = None
    async for together in signed:
        for entry, signatures in together[:-1]:
            await nats.publish(entry.subject, entry.record, headers=_headers(entry, signatures))
        if first:
            tell(await _acknowledged(answers))
        first = first or together[0][0]
        last, signatures = together[-1]
        await nats.publish(last.subject, last.record, reply=reply, headers=_headers(last, signatures))
    assert first
    tell(await _acknowledged(answers))
    return first


async def _acknowledged(answers: Subscription) -> int:
    """The place that was acknowledged. (nats-py's own `publish_async` waits for ever if the answer is a refusal.)"""
    answer = json.loads((await answers.next_msg(ACK_TIMEOUT_S)).data)
    if "error" in answer:
        raise BarnabusError("log.unavailable", detail=answer["error"]["description"])
    return int(answer["seq"])


def _headers(entry: Unsigned, signatures: Signatures) -> dict[str, str]:
    return {
        subjects.SIGNATURE: signatures[0],
        subjects.STAMP: signatures[1],
        "Nats-Expected-Last-Sequence": str(entry.position - 1),
        "Nats-Expected-Stream": subjects.CASES,
    }


@show.coded
def main(
    home: Annotated[Path, typer.Option(help="A folder that is not there yet; the home is made in it.")],
    events: Annotated[int, typer.Option(min=1, max=10_000_000)] = 100_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same records.")] = 1,
    stay: Annotated[bool, typer.Option("--stay", help="Then keep its server up, until Ctrl-C.")] = False,
) -> None:
    """Make a home with a long log of made-up cases, for benchmarks and for looking around in."""
    settings = Settings(home=home, nats_url=None)
    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=show.err) as progress:
        bar = progress.add_task("", total=events)
        written = asyncio.run(write(settings, events, seed, lambda there: progress.update(bar, completed=there)))
    show.document(asdict(written))
    if stay:
        asyncio.run(until_told(_stay(settings, f"BARNABUS_HOME={home} barnabus case log {written.first_case}")))


async def _stay(settings: Settings, look: str) -> None:
    async with node.embedded(settings):
        show.err.print(f"Its server is up. Try: {look} --purpose benchmark", markup=False)
        await asyncio.Event().wait()


if __name__ == "__main__":
    typer.run(main)
