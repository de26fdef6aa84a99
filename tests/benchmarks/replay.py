"""One case out of a long log, as `barnabus case` reads it: who looks is written down, and each entry is verified.

    python -m tests.benchmarks.replay REF...

is the process that reads them, one after the other, with all that it imports in place.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from random import Random

from bus import connection, node
from bus.log import LogReader
from bus.settings import Settings
from cli import looking
from cli.leave import Asker
from contracts import subjects
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import Replay
from tests.benchmarks import logs, report
from tests.benchmarks.measured import measured
from tests.benchmarks.report import Row, tell

AIM = "aim: below 50 ms"
ENOUGH_S = 60.0
"""After so long no further case is begun."""


async def rows(folder: Path, lengths: Sequence[int], cases: int) -> list[Row]:
    """For logs of these lengths, which lie in this folder or will: so many cases, evenly spread over each."""
    found = []
    for events in lengths:
        settings = await logs.home(folder, events)
        async with node.embedded(settings):
            found += await _replays(settings, events, cases)
    return found


async def _replays(settings: Settings, events: int, cases: int) -> list[Row]:
    tell(f"replay: {cases} cases out of {events:,} events")
    found = await _cases(settings, events, cases)
    environment = {"BARNABUS_HOME": str(settings.home)}
    done = await asyncio.to_thread(measured, sys.executable, "-m", __name__, *found, environment=environment)
    took: list[tuple[float, float]] = json.loads(done.out)
    of, beside = f"{events:,} events", f"{len(took)} cases; {AIM}"
    inside = [ms - connecting for ms, connecting in took]
    return [
        report.latencies("replay of one case, connecting included", [ms for ms, _ in took], of, beside),
        report.latencies("replay of one case, without that", inside, of, beside),
    ]


async def _cases(settings: Settings, events: int, cases: int) -> list[str]:
    """In no order of age: whatever is left out for want of time, some of all ages are in."""
    found = []
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    reader = LogReader(nats, api=subjects.API)
    for place in range(cases):
        entry = await reader.get(1 + events * place // cases)
        while entry and not entry.subject.startswith("case."):
            entry = await reader.get(entry.position + 1)
        if entry:
            found.append(entry.subject.split(".")[1])
    await connection.close(nats)
    Random(1).shuffle(found)
    return found


def look(case_ref: str) -> None:
    """As `case log` does."""
    looking.case(case_ref, Asker("benchmark", "", None), Replayed(what=Replay.LOG))


def main(case_refs: list[str]) -> None:
    """Each case's milliseconds, and those that connecting alone took at the same time."""
    settings = Settings()

    async def connect() -> None:
        await connection.close(await connection.connect(settings, "reader", "reader", patient=False))

    look(case_refs[0])  # the first one pays for what all of them need
    gc.freeze()  # as the command does (cli/main.py)
    took, enough = list[tuple[float, float]](), time.perf_counter() + ENOUGH_S
    for case_ref in case_refs:
        if time.perf_counter() > enough:
            break
        connecting = _milliseconds(lambda: asyncio.run(connect()))
        took.append((_milliseconds(partial(look, case_ref)), connecting))
    json.dump(took, sys.stdout)


def _milliseconds(act: Callable[[], object]) -> float:
    gc.collect()  # a command is a process of its own, and tidies up after no other
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


if __name__ == "__main__":
    main(sys.argv[1:])
