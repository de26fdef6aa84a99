"""From an entry's stamp to whoever looks at the read models, while `barnabus projections run` follows the log.

    python -m tests.benchmarks.live

is the one who looks, every millisecond, and says when it first saw the view at another position, until it is ended.
Both moments are of this machine's one clock.
"""

import asyncio
import os
import subprocess
import sys
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from bus.leash import die_with_parent
from bus.log import Logged
from bus.settings import Settings
from cli.stock import read_log
from projections.readmodel import PROGRESS
from projections.view import Place
from tests.benchmarks import house, report
from tests.benchmarks.report import Row, tell

LOOK_EVERY_S = 0.001
WITHIN_S = 60.0
AIM = "aim: p99 below 100 ms"


async def rows() -> list[Row]:
    async with house.home() as (settings, processes):
        await house.everybody(settings, processes)
        await processes.start("projections", "projections", "run")
        async with house.police(settings) as police:
            tell(f"live: {house.STEADY} at {house.RATE_PER_S} a second")
            with watched(settings) as seen:
                began = await _until_seen(settings, seen)
                await house.steady(police)
                await _until_seen(settings, seen)
                took = waited(_stamps_of_acts((await read_log(settings))[began:]), observed(seen))
    return [report.latencies("stamp to seen in a read model", took, f"{house.STEADY} at {house.RATE_PER_S}/s", AIM)]


def waited(stamped: Iterable[tuple[int, float]], seen: Sequence[tuple[int, float]]) -> list[float]:
    """Milliseconds from each position's stamp to when a reader first saw it, or one behind it."""
    positions = [position for position, _ in seen]
    return [(seen[bisect_left(positions, position)][1] - at) * 1000 for position, at in stamped]


def _stamps_of_acts(log: Iterable[Logged]) -> list[tuple[int, float]]:
    """Of all that has a letter: receipts have none."""
    stamps = (logged.stamp for logged in log if logged.record.data.letters)
    return [(stamp.position, stamp.logged_at.timestamp()) for stamp in stamps]


@contextmanager
def watched(settings: Settings) -> Iterator[Path]:
    """While somebody looks; gives the file in which it says what it saw."""
    path = settings.home / "logs" / "seen"
    with path.open("wb") as said:
        watching = subprocess.Popen(
            [sys.executable, "-m", __name__],
            env=os.environ | {"BARNABUS_HOME": str(settings.home)},
            stdout=said,
            preexec_fn=die_with_parent,  # noqa: PLW1509  it is made for that
        )
    try:
        yield path
    finally:
        watching.terminate()
        watching.wait()


def observed(path: Path) -> list[tuple[int, float]]:
    lines = path.read_text().rpartition("\n")[0].splitlines()  # the last one may still be being written
    return [(int(position), float(at)) for position, at in (line.split() for line in lines)]


async def _until_seen(settings: Settings, path: Path) -> int:
    """Wait until what is in the log now was seen; gives how much that is."""
    end = time.monotonic() + WITHIN_S
    last = len(await read_log(settings))
    while time.monotonic() < end:
        if (seen := observed(path)) and seen[-1][0] >= last:
            return last
        await asyncio.sleep(0.1)
    raise SystemExit(f"The read models never came to position {last}.")


def watch() -> None:
    place, last = Place.of(Settings()), 0
    while not place.exists():
        time.sleep(LOOK_EVERY_S)
    with place.opened() as engine:
        while True:
            with engine.connect() as connection:
                position = connection.execute(select(PROGRESS.c.position)).scalar() or 0
            if position != last:
                last = position
                print(position, time.time(), flush=True)
            time.sleep(LOOK_EVERY_S)


if __name__ == "__main__":
    watch()
