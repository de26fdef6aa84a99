"""`barnabus demo`: a story on real input over the real thing, then what it came to, counted from stores and log."""

import asyncio
import contextlib
import shutil
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from bus import logging, node, tasks
from bus.audit import audit
from bus.chains import RECEIPT
from bus.log import Logged
from bus.provisioning import must_be_new
from bus.settings import Settings, stores_in_home
from cli import guests, show, simulate, telling
from cli.agencies import OF_THE_FIELD
from cli.player import Player
from cli.processes import Processes
from cli.run import until_told
from cli.scenario import Scenario, read_all
from cli.stock import read_log, stores
from contracts.errors import BarnabusError
from projections import holdings
from projections.case_log import case_log

SCENARIOS = Path(__file__).resolve().parents[1] / "examples" / "scenarios"
GATEWAYS = ("a", "b")
SETTLE_TIMEOUT_S = 15.0
SETTLE_AGAIN_S = 0.1


@show.coded
def demo(
    once: Annotated[bool, typer.Option("--once", help="End by itself after the story.")] = False,
    as_json: show.AsJson = False,
    scenarios: Annotated[Path, typer.Option(help="A folder of scenario files.")] = SCENARIOS,
    cases: Annotated[
        int, typer.Option("--cases", min=0, max=2_000, help="Cases of the synthetic year after the stories; 0: none.")
    ] = simulate.CASES,
    home: Annotated[
        Path | None, typer.Option(help="A new folder, to keep; without it, a temporary one that goes at the end.")
    ] = None,
) -> None:
    """Watch cases travel between five agencies, see who holds what, pull plugs, then a whole year; until Ctrl-C."""
    logging.configure("demo", level_if_unset="ERROR")  # its year has a line for each of 8,000 commands
    stores_in_home()
    where = home or Path(tempfile.mkdtemp(prefix="barnabus-demo-"))
    try:
        asyncio.run(_demo(Settings(home=where, nats_url=None), scenarios, cases, once=once, as_json=as_json))
    finally:
        if home is None:
            shutil.rmtree(where, ignore_errors=True)


async def _demo(settings: Settings, scenarios: Path, cases: int, *, once: bool, as_json: bool) -> None:
    ended_by_itself = await until_told(_play(settings, scenarios, cases, once=once, as_json=as_json))
    if once and not ended_by_itself:  # its summary is what it was started for
        raise typer.Exit(130)


async def _play(settings: Settings, scenarios: Path, year_of: int, *, once: bool, as_json: bool) -> None:
    began = time.monotonic()
    must_be_new(settings.home)  # its stories are told once: the same commands again would be no news
    stories = read_all(scenarios)
    say = telling.nothing if as_json else telling.line
    async with contextlib.AsyncExitStack() as running:
        server = await running.enter_async_context(node.embedded(settings))
        say(
            telling.HEADING,
            f"A real nats-server at {server.url}, two gateways, {len(OF_THE_FIELD)} adapters: "
            "each a process of its own.",
        )
        say(
            telling.NARRATOR,
            "Each agency's own system says what it sends and hears; numbers are places in the one log.",
        )
        processes = Processes(settings)
        running.push_async_callback(processes.stop_all)
        player = Player(settings, processes, say, partial(_settled, settings))
        running.push_async_callback(player.close)
        cases = await _stories(settings, stories, player, processes, as_json=as_json)
        summary = summarise(settings, await _settled(settings), player.repeated, processes.kills)
        summary["cases"] = cases
        summary["seconds"] = round(time.monotonic() - began, 1)
        if not as_json:
            telling.sum_up(summary)
        console = None if once else await guests.to_stories(running, settings, cases, as_json=as_json)
        summary["year"] = await _year(settings, year_of, as_json=as_json) if year_of else None
        if console and year_of:
            opening = guests.to_year(running, _apart(settings), console["sign_ins"], as_json=as_json)
            console["year_url"] = await opening
        summary["console"] = console
        if as_json:
            show.document(summary)
        _check(summary)
        tasks.heed()
        if not once:
            show.err.print("Still running: Ctrl-C ends everything.")
            await asyncio.Event().wait()


async def _stories(
    settings: Settings, stories: list[Scenario], player: Player, processes: Processes, *, as_json: bool
) -> list[dict[str, Any]]:
    """Play them all; who holds what in each case that came of it."""
    for name in GATEWAYS:
        await processes.start(f"gateway-{name}", "gateway", "--name", name)
    for agency in OF_THE_FIELD:
        await processes.start(agency, "adapter", agency)
    await player.open(tuple(OF_THE_FIELD))
    for agency in OF_THE_FIELD:
        await player.answers(agency)
    cases: list[dict[str, Any]] = []
    for story in stories:
        await player.play(story)
        cases += (found := _new_cases(story, await _settled(settings), cases))
        for case in found if not as_json else ():
            telling.who_holds_what(case)
        if story.point:
            player.say(telling.POINT, story.point)
    return cases


async def _year(settings: Settings, cases: int, *, as_json: bool) -> dict[str, Any]:
    """In a home of its own: made-up and real cases never stand in one log, and to this bus the stories were real."""
    found = await simulate.run(_apart(settings), cases=cases, of_year=simulate.YEAR, seed=simulate.SEED)
    if not as_json:
        simulate.tell(found)
    return found


def _apart(settings: Settings) -> Settings:
    return Settings(home=settings.home / "year", nats_url=None)


def _check(summary: dict[str, Any]) -> None:
    """Raises `log.damaged` unless all is in its place."""
    whole = not summary["lost"] and summary["log"]["chains_verified"]
    if not whole or (summary["year"] and not simulate.clean(summary["year"])):
        raise BarnabusError("log.damaged", detail=f"Lost: {summary['lost']}.")


async def _settled(settings: Settings) -> list[Logged]:
    """The log once it has every act, and every letter is signed for; or as it is when that takes too long."""
    end = time.monotonic() + SETTLE_TIMEOUT_S
    while True:
        tasks.heed()
        logged = await read_log(settings)
        if not audit(stores(settings), logged).lost or time.monotonic() > end:
            return logged
        await asyncio.sleep(SETTLE_AGAIN_S)


def _new_cases(story: Scenario, logged: list[Logged], known: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Who holds what in each case that came into the log with this story."""
    seen = {case["case_ref"] for case in known}
    receipts = [entry for entry in logged if entry.record.type == RECEIPT]
    of_cases: dict[str, list[Logged]] = {}
    for entry in logged:
        if entry.record.type != RECEIPT and entry.record.subject not in seen:
            of_cases.setdefault(entry.record.subject, []).append(entry)
    return [
        {"scenario": story.title} | holdings.document(case_log(entries + receipts), case_ref)
        for case_ref, entries in of_cases.items()
    ]


def summarise(
    settings: Settings, logged: list[Logged], repeated: dict[Any, int], kills: dict[str, int]
) -> dict[str, Any]:
    """What stores and log hold, compared with each other; nothing is taken from the script."""
    facts = stores(settings)
    agencies = {
        agency.value: {
            "submitted": len(facts[agency].acts),
            "letters_received": len(facts[agency].letters),
            "receipts": sum(entry.record.type == RECEIPT and entry.record.sender == agency for entry in logged),
            "duplicates_refused": repeated.get(agency, 0),
            "parked": facts[agency].parked,
            "kills": kills.get(agency, 0),
        }
        for agency in OF_THE_FIELD
    }
    found = audit(facts, logged)
    standings = case_log(logged).standings()
    return {
        "agencies": agencies,
        "log": {
            "position": found.position,
            "events": sum(entry.record.type != RECEIPT for entry in logged),
            "chains_verified": found.chains_verified,
        },
        "lost": len(found.lost),
        "void_acts": [
            {
                "position": void.act.position,
                "agency": void.act.by.value,
                "move": void.act.move.value,
                "reason": void.reason.value,
            }
            for standing in standings.values()
            for void in standing.voids
        ],
    }
