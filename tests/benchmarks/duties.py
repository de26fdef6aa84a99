"""The keeper over a log in which many duties are open: its first look, its start again, and how fast it speaks.

Log, read models, server, gateway and keeper are real; nobody receives what it says, so the machine's cores are left to
these. Of its start again the steps are told apart: by what its process logs, by its store, and by the log's stamps.
"""

import asyncio
import json
import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import chain, pairwise
from math import ceil
from pathlib import Path

from sqlalchemy import select

from bus import connection, directory, node, signs
from bus.clock import wall_clock
from bus.log import LogReader, verify
from bus.settings import Settings
from bus.signs import Sign
from cli.agencies import opened
from cli.keeper import _view
from cli.log import reader
from cli.processes import Processes
from contracts import protocol
from contracts.agencies import Agency
from projections.readmodel import PROGRESS
from projections.view import Place
from services.keeper.application import Keeper
from services.keeper.signs import Signs
from services.keeper.watching import BEHIND_THE_CLOCK, Looked, Watching
from tests.benchmarks import long_log, owing, raw, report
from tests.benchmarks.owing import Owing
from tests.benchmarks.report import Row, tell

LOADED, READY = "alarms.none", "adapter.ready"
"""What it logs once all is imported, and once it is connected and has taken up its work."""
RAW_MESSAGES = 500
CHANGED = 100
"""So many new cases are there for a keeper that starts again, and in the look that is measured last; in a small log,
as many as it has."""
QUIET_LOOKS, FEW_LOOKS = 20, 5
WITHIN_S = 1_800.0
SOON_S = 0.05


async def rows(duties: int) -> list[Row]:
    rules = protocol.read()
    with tempfile.TemporaryDirectory(prefix="barnabus-bench-") as folder:
        settings = Settings(home=Path(folder) / "home", nats_url=None)
        story, cases, owed = await _written(settings, rules, duties)
        async with node.embedded(settings):
            processes = Processes(settings)
            try:
                return await _measured(settings, processes, story, cases, owed)
            finally:
                await processes.stop_all()


async def _written(settings: Settings, rules: protocol.Protocol, duties: int) -> tuple[Owing, int, int]:
    """A home with a log of at least so many open duties, and the keeper's store; of how many cases, and how many."""
    sample = owing.lately(rules, wall_clock(), 1)
    list(sample.concerns(1))
    cases = ceil(duties / sample.duties()[0])
    tell(f"duties: writing {cases:,} cases")
    story = owing.lately(rules, wall_clock(), cases)
    concerns = list(story.concerns(cases))
    owed, _ = story.duties()
    await long_log.fill(settings, chain(concerns, story.notices()))
    story.keep(settings)
    return story, cases, owed


async def _measured(settings: Settings, processes: Processes, story: Owing, cases: int, owed: int) -> list[Row]:
    await processes.start("gateway-a", "gateway")
    tell(f"duties: folding {story.book.position:,} entries")
    await processes.start("projections", "projections", "run")
    await _folded(settings, story.book.position)
    await _until(lambda: "gateway.active" in processes.log_of("gateway-a").read_text(), "No gateway was active.")
    limit = await _raw(settings)
    async with reader(settings) as log:
        home = _Home(settings, processes, log, story, min(CHANGED, cases), limit)
        return [
            Row("raw JetStream publish, sequential", f"{RAW_MESSAGES:,} messages", limit),
            *await home.first_look(owed),
            *await home.started_again(),
            *await home.looks(),
        ]


async def _raw(settings: Settings) -> float:
    nats = await connection.connect(settings, "gateway", "gateway", patient=False)
    try:
        return await raw.sequential(nats, RAW_MESSAGES)
    finally:
        await connection.close(nats)


async def _until(true: Callable[[], bool], else_said: str) -> None:
    end = time.monotonic() + WITHIN_S
    while not true():
        if time.monotonic() > end:
            raise SystemExit(else_said)
        await asyncio.sleep(SOON_S)


@dataclass(frozen=True, slots=True)
class _Home:
    settings: Settings
    processes: Processes
    log: LogReader
    story: Owing
    changed: int  # so many new cases at once
    limit: float  # of raw publishing, messages a second

    async def first_look(self, owed: int) -> list[Row]:
        """The keeper's first start, until it has judged every case."""
        tell(f"duties: the first look at {owed:,}")
        began = await self._started()
        sign = await self._decided(began)
        process = _Process.of(self.processes.pid("keeper"))
        await self.processes.kill("keeper")
        assert sign.decided_at
        took = (sign.alive_at - sign.decided_at - BEHIND_THE_CLOCK).total_seconds()
        assert sum(one.n for one in sign.owed) >= owed, "it found less than there is"
        beside = f"{took:.1f} s; {sign.notices} notices"
        return [
            Row(
                "first look at all that is owed",
                f"{owed:,} duties",
                owed / took,
                processor_s=process.processor_s,
                peak_mb=process.peak_mb,
                beside=beside,
            )
        ]

    async def started_again(self) -> list[Row]:
        """Started with an agenda that is complete, and new cases in the log; until all is said of these."""
        expected = await self._new_cases(self.changed)
        tell(f"duties: started again, {expected:,} notices to say")
        end, keyring = await self.log.last(), directory.load(self.settings)
        began = await self._started()
        await self._logged(end + expected)
        await self._decided(began, await self.log.last())
        process = _Process.of(self.processes.pid("keeper"))
        await self.processes.kill("keeper")
        stamped = [verify(entry, keyring).stamp.logged_at async for entry in self.log.entries(end + 1, end + expected)]
        first, took = stamped[0], (stamped[-1] - stamped[0]).total_seconds()
        moments = [began, self._said(LOADED, began), self._said(READY, began), self._recorded(began), first]
        names = ("start", "connecting", "looking", "into the log")
        parts = ", ".join(f"{name} {_ms(b - a):.0f}" for name, (a, b) in zip(names, pairwise(moments), strict=True))
        per_s = (expected - 1) / took
        return [
            Row(
                "started again to first notice",
                f"{self.changed} new cases",
                p50_ms=_ms(first - began),
                peak_mb=process.peak_mb,
                beside=f"ms: {parts}",
            ),
            Row(
                "notices into the log",
                f"{expected:,} notices",
                per_s,
                processor_s=process.processor_s,
                beside=f"{per_s / self.limit:.3f}× sequential",
            ),
        ]

    async def looks(self) -> list[Row]:
        """In this process, in the keeper's place."""
        tell("duties: single looks")
        with opened(Agency.KEEPER, self.settings, alone=True) as keeper:
            assert isinstance(keeper, Keeper)
            signs_ = Signs(self.settings.keeper, keeper.store, wall_clock)
            watch = Watching(
                keeper, self.story.protocol, lambda: _view(self.settings), self.log.last, _nobody, signs_, wall_clock
            )
            await self._new_cases(1)
            await watch.look()  # not timed: it pays for what is imported and computed once, the holidays of a year too
            await watch.look()
            quiet = [await self._look(watch, 0) for _ in range(QUIET_LOOKS)]
            one = []
            for _ in range(FEW_LOOKS):
                await self._new_cases(1)
                one.append(await self._look(watch, 1))
            await self._new_cases(self.changed)
            many = await self._look(watch, self.changed)
        return [
            report.latencies("a look at which nothing is new", quiet, f"{QUIET_LOOKS} looks"),
            report.latencies("a look at one new case", one, f"{FEW_LOOKS} looks"),
            Row(f"a look at {self.changed} new cases", p50_ms=many),
        ]

    async def _look(self, watch: Watching, cases: int) -> float:
        began = time.perf_counter()
        looked = await watch.look()
        took = (time.perf_counter() - began) * 1000
        assert _saw(looked, cases), looked
        return took

    async def _new_cases(self, count: int) -> int:
        """In the log and in the read models; gives how many notices they are worth."""
        last = await self.log.last()
        book = self.story.book
        book.now, book.position = max(book.now, datetime.now(UTC).replace(tzinfo=None)), last
        concerns = list(self.story.concerns(count))
        _, expected = self.story.duties()
        self.story.untold.clear()
        await long_log.append(self.settings, concerns)
        await _folded(self.settings, last + len(concerns))
        return expected

    async def _started(self) -> datetime:
        began = wall_clock()
        await self.processes.start("keeper", "keeper")
        return began

    async def _decided(self, since: datetime, position: int = 0) -> Sign:
        """The first sign by which it has looked through all of the log, since it began."""
        found: list[Sign] = []

        def decided() -> bool:
            self.processes.check("keeper")
            sign = signs.last(self.settings.keeper)
            if sign and sign.decided_at and sign.alive_at > since and sign.position >= position and not sign.waiting:
                found.append(sign)
            return bool(found)

        await _until(decided, "The keeper never decided.")
        return found[0]

    async def _logged(self, position: int) -> None:
        end = time.monotonic() + WITHIN_S
        while await self.log.last() < position:
            self.processes.check("keeper")
            if time.monotonic() > end:
                raise SystemExit("Not every notice was logged.")
            await asyncio.sleep(SOON_S)

    def _said(self, event: str, since: datetime) -> datetime:
        """When its process logged this."""
        lines = self.processes.log_of("keeper").read_text().splitlines()
        events = (json.loads(line) for line in lines if line.startswith("{"))
        moments = (datetime.fromisoformat(one["timestamp"]) for one in events if one["event"] == event)
        return next(moment for moment in moments if moment > since)

    def _recorded(self, since: datetime) -> datetime:
        """When the first notice was in its store."""
        with opened(Agency.KEEPER, self.settings) as keeper:
            first = "SELECT min(recorded_at) AS at FROM commands WHERE recorded_at > ?"
            return datetime.fromisoformat(keeper.store.read(first, since.isoformat())[0]["at"])


@dataclass(frozen=True, slots=True)
class _Process:
    """What a running process has needed so far."""

    processor_s: float
    peak_mb: float

    @classmethod
    def of(cls, pid: int) -> "_Process":
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks = int(fields[11]) + int(fields[12])
        status = Path(f"/proc/{pid}/status").read_text().splitlines()
        peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
        return cls(ticks / os.sysconf("SC_CLK_TCK"), peak_kb / 1024)


async def _folded(settings: Settings, position: int) -> None:
    place = Place.of(settings)

    def folded() -> bool:
        if not place.exists():
            return False
        with place.opened() as engine, engine.connect() as connected:
            return (connected.execute(select(PROGRESS.c.position)).scalar() or 0) >= position

    await _until(folded, "The read models never caught up.")


def _saw(looked: Looked, cases: int) -> bool:
    return looked.waiting is None and looked.cases >= cases and (looked.notices > 0) is (cases > 0)


def _ms(span: timedelta) -> float:
    return span / timedelta(milliseconds=1)


def _nobody() -> None:
    """Is woken."""
