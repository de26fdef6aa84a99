"""`barnabus simulate`: a synthetic year through the real adapters, by a simulated clock."""

import asyncio
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from bus import logging, node
from bus.audit import audit
from bus.settings import Settings, stores_in_home
from cli import show, telling
from cli.run import until_told
from cli.stock import read_log, stores
from cli.year import driving, summary
from cli.year.plan import Planned, year
from contracts.errors import BarnabusError

Cases = Annotated[int, typer.Option("--cases", min=0, max=2_000, help="How many cases begin in the year.")]
CASES = 249
"""As many as the police of Kosovo recorded in that year (docs/field.md 7)."""
YEAR, SEED = 2021, 7


@show.coded
def simulate(
    cases: Cases = CASES,
    of_year: Annotated[int, typer.Option("--year", min=2000, max=2100)] = YEAR,
    seed: Annotated[int, typer.Option(help="The same seed gives the same year.")] = SEED,
    home: Annotated[
        Path | None, typer.Option(help="A new folder for it; without it, a temporary one that goes at the end.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Play a made-up year of cases through the real bus, and count what it came to; nothing in it is a real case."""
    logging.configure("simulate", level_if_unset="ERROR")
    stores_in_home()
    where = home or Path(tempfile.mkdtemp(prefix="barnabus-year-"))
    try:
        settings = Settings(home=where / "home" if home is None else home, nats_url=None)
        asyncio.run(_simulate(settings, cases=cases, of_year=of_year, seed=seed, as_json=as_json))
        if home and not as_json:
            show.out.print(f"To look around in it: BARNABUS_HOME={home} barnabus up", markup=False)
    finally:
        if home is None:
            shutil.rmtree(where, ignore_errors=True)


async def _simulate(settings: Settings, *, cases: int, of_year: int, seed: int, as_json: bool) -> None:
    async def work() -> None:
        found = await run(settings, cases=cases, of_year=of_year, seed=seed)
        if as_json:
            show.document(found)
        else:
            tell(found)
        if not clean(found):
            raise BarnabusError("log.damaged", detail=f"Lost: {found['lost']}; parked: {found['parked']}.")

    if not await until_told(work()):
        raise typer.Exit(130)


async def run(settings: Settings, *, cases: int, of_year: int, seed: int) -> dict[str, Any]:
    """What a year came to, counted from stores and log. Raises `year.refused`, `home.not-new`."""
    began = time.monotonic()
    plan = list(year(cases=cases, year=of_year, seed=seed))
    async with driving.at_work(settings, datetime(of_year, 1, 1, tzinfo=UTC)) as driver:
        node.keep_what_is_loaded()  # the plan, too
        with _progress() as progress:
            task = progress.add_task("", total=len(plan), day="")

            def done(planned: Planned) -> None:
                progress.update(task, advance=1, day=f"{planned.at:%d %b %Y}")

            await driver.drive(plan, done)
        logged = await read_log(settings)
    facts = stores(settings)
    found = audit(facts, logged)
    return {
        "year": of_year,
        "seed": seed,
        "opened": cases,
        **summary.of_log(logged),
        "lost": len(found.lost),
        "parked": sum(store.parked for store in facts.values()),
        "chains_verified": found.chains_verified,
        "seconds": round(time.monotonic() - began, 1),
    }


MILESTONES = (
    "concern.reported", "immediate-protection.taken", "urgent-care.given", "crime-report.filed", "case.registered",
    "forensic-exam.ordered", "forensic-exam.completed", "forensic-exam.not-done", "suspect.arrested",
    "child-interview.completed", "investigation.decided", "judgment.given", "therapy.referred", "case.closed",
)  # fmt: skip
"""What a person is shown of the events' counts; the JSON document has them all."""


def clean(found: dict[str, Any]) -> bool:
    return not found["lost"] and not found["parked"] and bool(found["chains_verified"])


def _progress() -> Progress:
    return Progress(
        TextColumn("A synthetic year"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("acts, {task.fields[day]}"),
        TimeRemainingColumn(),
        console=show.err,
        transient=True,
    )


def tell(found: dict[str, Any]) -> None:
    """For a person."""
    handoffs, types = found["handoffs"], found["types"]
    show.out.print(f"\n[bold]A synthetic year[/bold]: {found['year']}, seed {found['seed']}; all of it is made up.")
    references = f"{found['references']} references: young suspects and the register have their own"
    counted = f"{found['events']} events, {found['receipts']} receipts"
    show.out.print(telling.filled(f"{found['opened']} cases ({references}), {counted}."))
    left = [("made", handoffs["made"]), ("still open", handoffs["open"]), *handoffs["stages"].items()]
    right = [(name, types.get(name, 0)) for name in MILESTONES]
    show.table(("handoffs", "", "events", ""), [(*one, *other) for one, other in _beside(left, right)], empty="")
    voids = ", ".join(f"{count} {reason}" for reason, count in found["void"].items()) or "none"
    verified = "All chains verified" if found["chains_verified"] else "CHAINS BROKEN"
    show.out.print(telling.filled(f"Void, for they crossed: {voids}."))
    show.out.print(f"{verified}. Lost: {found['lost']}. Parked: {found['parked']}. {found['seconds']} s.")
    show.out.print(f"State: {found['state']}, the same at every run.")


def _beside(left: Sequence[tuple[str, int]], right: Sequence[tuple[str, int]]) -> Iterator[tuple[Any, Any]]:
    return zip_longest(left, right, fillvalue=("", ""))
