"""The console's pages over a long log, as a browser fetches them, while the log goes on and read models follow it.

The console, the read models' run and the server are processes of their own; so is whoever asks, this one. A page is
seen beside a static file of the same console, which costs all of HTTP and nothing else.
"""

import asyncio
import contextlib
import re
import shutil
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

import httpx

from bus import node, tasks
from bus.settings import Settings
from cli.console import accounts_of
from cli.processes import Processes
from console.roles import Role
from contracts.errors import BarnabusError
from projections.models import MODELS
from projections.view import reading
from tests.benchmarks import logs, long_log, report
from tests.benchmarks.entries import Unsigned, year
from tests.benchmarks.measured import measured
from tests.benchmarks.report import Row, tell
from tests.consoles import sign_in

NAME, PASSWORD = "bench", "a long enough password"
STATIC = "/static/console.css"
WEIGHED = (STATIC, "/static/console.js", "/static/icon.svg")
TIMES, AT_ONCE = 60, 8
"""Each page is asked for so many times, by one reader or by so many at once."""
APPENDED_EVERY_S, APPENDED, MORE = 1.0, 20, 20_000
SETTLED_S, WITHIN_S = 5.0, 1_800.0
AIM = "aim: p95 below 150 ms"
KB = 1_000


async def rows(folder: Path, lengths: Sequence[int]) -> list[Row]:
    """Over logs of these lengths, which lie in this folder or will, with their read models."""
    found = []
    for events in lengths:
        settings = await logs.home(folder, events)
        await _folded(settings, events)
        with tempfile.TemporaryDirectory(prefix="barnabus-bench-", dir=folder) as aside:
            copy = Path(aside) / "home"
            shutil.copytree(settings.home, copy, symlinks=True)  # the log goes on, and is kept as it is
            found += await _measured(Settings(home=copy, nats_url=None), events)
    return found


async def _folded(settings: Settings, events: int) -> None:
    try:
        with reading(settings, *MODELS):
            return
    except BarnabusError:
        tell(f"console: folding {events:,} events")
    command = (sys.executable, "-m", "cli", "projections", "rebuild")
    async with node.embedded(settings):
        await asyncio.to_thread(measured, *command, environment={"BARNABUS_HOME": str(settings.home)})


async def _measured(settings: Settings, events: int) -> list[Row]:
    accounts_of(settings).add(NAME, Role.OPERATOR, PASSWORD)
    of, processes = f"{events:,} events", Processes(settings)
    more = await asyncio.to_thread(_more, events)  # to think of them takes long
    async with node.embedded(settings):
        try:
            await processes.start("projections", "projections", "run")
            await asyncio.sleep(SETTLED_S)
            tell(f"console: starting over {of}")
            begun_s = time.perf_counter()
            await processes.start("console", "console", "--listen", "0")
            async with _browser(await _address(processes.log_of("console"))) as browser:
                started = await _started(browser, begun_s, of)
                pages = await _pages(browser)
                going_on = asyncio.create_task(_goes_on(settings, more))
                try:
                    meanwhile = await _while_first_reckoned(browser, pages, begun_s, of)
                    asked = await _asked(browser, pages, of)
                finally:
                    await tasks.end(going_on)
                if not going_on.cancelled():
                    going_on.result()  # a log that did not go on was not measured
                return [*started, *meanwhile, *asked, await _weight(browser, pages, of)]
        finally:
            await processes.stop_all()


async def _address(log: Path) -> str:
    """Where it says that it is."""
    end = time.monotonic() + WITHIN_S
    while time.monotonic() < end:
        if log.exists() and (found := re.search(r"http://\S+:\d+", log.read_text())):
            return found[0]
        await asyncio.sleep(0.005)
    raise SystemExit(f"The console never started: {log}.")


@contextlib.asynccontextmanager
async def _browser(url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=url, headers={"accept-language": "en"}, timeout=WITHIN_S) as browser:
        yield browser


async def _started(browser: httpx.AsyncClient, begun_s: float, of: str) -> list[Row]:
    """From the start of the process to the page on which one signs in, and to the flow; what is owed comes later."""
    (await browser.get("/sign-in")).raise_for_status()
    first_ms = (time.perf_counter() - begun_s) * 1_000
    await sign_in(browser, NAME, PASSWORD)
    (await browser.get("/flow")).raise_for_status()
    flow_ms = (time.perf_counter() - begun_s) * 1_000
    return [
        Row("console: cold start to its first page", of, p50_ms=first_ms, beside="aim: below 2 s"),
        Row("cold start to the flow, signed in", of, p50_ms=flow_ms),
    ]


async def _pages(browser: httpx.AsyncClient) -> Mapping[str, str]:
    listed = (await browser.get("/handoffs.json?limit=1")).json()["handoffs"]
    return {
        "a static file": STATIC,
        "flow": "/flow",
        "handoffs": "/handoffs",
        "handoffs, the oldest open": "/handoffs?open=yes&oldest=yes",
        "handoffs, of one service": "/handoffs?open=yes&service=screening",
        "one handoff": f"/handoffs/{listed[0]['id']}",
        "health": "/health",
        "contracts": "/contracts",
        "one type": "/contracts/referral.made",
        "duties": "/duties",
        "duties, overdue": "/duties?standing=overdue",
    }


async def _goes_on(settings: Settings, entries: Sequence[Unsigned]) -> None:
    """The log, while there is more of it, or until cancelled."""
    for start in range(0, len(entries), APPENDED):
        await long_log.append(settings, entries[start : start + APPENDED])
        await asyncio.sleep(APPENDED_EVERY_S)


def _more(events: int) -> list[Unsigned]:
    """Of the same year, what comes after so many."""
    return list(islice(year(events, logs.SEED).entries(), events, events + MORE))


async def _while_first_reckoned(
    browser: httpx.AsyncClient, pages: Mapping[str, str], begun_s: float, of: str
) -> list[Row]:
    """What one reader waits for other pages until it is known what is owed; and when that is."""
    tell("console: while what is owed is reckoned for the first time")
    took = list[float]()
    while (await browser.get("/flow.json")).json()["duties"] is None:
        took.append(await _ms(browser, pages["handoffs"]))
    seconds = time.perf_counter() - begun_s
    found = [Row("start to what is owed", of, beside=f"{seconds:.1f} s")]
    return [*([_row("handoffs, until that is known", took, of)] if took else []), *found]


async def _asked(browser: httpx.AsyncClient, pages: Mapping[str, str], of: str) -> list[Row]:
    found, floor = [], dict[int, float]()
    for readers in (1, AT_ONCE):
        tell(f"console: {readers} at once")
        for what, path in pages.items():
            await _ms(browser, path)
            took = await _times(browser, path, readers)
            floor.setdefault(readers, report.percentile(took, 0.5))
            found.append(_row(f"{what}, {readers} at once" if readers > 1 else what, took, of, floor[readers]))
    return found


async def _times(browser: httpx.AsyncClient, path: str, readers: int) -> list[float]:
    async def reader() -> list[float]:
        return [await _ms(browser, path) for _ in range(TIMES // readers)]

    return [ms for took in await asyncio.gather(*(reader() for _ in range(readers))) for ms in took]


async def _ms(browser: httpx.AsyncClient, path: str) -> float:
    began_s = time.perf_counter()
    (await browser.get(path)).raise_for_status()
    return (time.perf_counter() - began_s) * 1_000


def _row(what: str, took: Sequence[float], of: str, floor: float | None = None) -> Row:
    ratio = f", {report.percentile(took, 0.5) / floor:.1f}× a static file" if floor else ""
    beside = f"p95 {report.percentile(took, 0.95):.0f} ms{ratio}; {AIM}"
    return report.latencies(f"console: {what}", took, of, beside)


async def _weight(browser: httpx.AsyncClient, pages: Mapping[str, str], of: str) -> Row:
    """The heaviest page with all that it fetches, uncompressed."""
    bytes_of = {path: len((await browser.get(path)).content) for path in (*WEIGHED, *pages.values())}
    heaviest = max(set(pages.values()) - {STATIC}, key=lambda path: bytes_of[path])
    weight_kb = (bytes_of[heaviest] + sum(bytes_of[path] for path in WEIGHED)) / KB
    return Row("console: the heaviest page", of, beside=f"{weight_kb:.0f} KB: {heaviest}; aim: below 150 KB")
