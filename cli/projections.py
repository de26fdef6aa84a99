"""`barnabus projections run|status|rebuild|verify`: the read models, from the log alone."""

import asyncio
import contextlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import structlog
import typer

from bus import connection, directory, logging, node, tasks
from bus.clock import wall_clock
from bus.log import Logged, LogReader, verify
from bus.settings import Settings
from cli import show
from cli.run import until_told
from contracts import subjects
from contracts.errors import BarnabusError
from projections import engine
from projections.models import MODELS
from projections.view import LIVE, SHADOW, Place

app = typer.Typer(no_args_is_help=True, help="Read models: what is computed from the log, and can be thrown away.")
LOOK_EVERY_S = 0.25
_log = structlog.get_logger()


@app.command()
@show.coded
def run() -> None:
    """Keep the read models up to date with the log, until Ctrl-C."""
    logging.configure("projections")
    settings = Settings()
    with _alone(settings):
        asyncio.run(until_told(_run(settings)))


@app.command()
@show.coded
def status(as_json: show.AsJson = False) -> None:
    """Show how far the read models are, whether all chains hold up to there, and what they come to."""
    found = asyncio.run(_status(Settings()))
    if as_json:
        show.document(found)
    else:
        show.fields(found)
    if not found["current"]:
        raise typer.Exit(1)


@app.command()
@show.coded
def rebuild(as_json: show.AsJson = False) -> None:
    """Fold the whole log anew, aside, and put that in the place of what is there: readers never see half."""
    settings = Settings()
    with _alone(settings):
        place = Place.of(settings)
        place.begin(SHADOW)
        found = asyncio.run(_folded(settings, place, SHADOW, upto=None))
        place.swap()
    _tell({"position": found.position, "rows": dict(found.rows), "digests": dict(found.digests)}, as_json)


@app.command("verify")
@show.coded
def verify_view(as_json: show.AsJson = False) -> None:
    """Fold the log anew aside, up to where the read models are, and compare what both come to."""
    settings = Settings()
    live = _progress(settings)
    with tempfile.TemporaryDirectory(prefix="barnabus-verify-") as folder:
        aside = Place(Path(folder), None)
        aside.begin(LIVE)
        anew = asyncio.run(_folded(settings, aside, LIVE, upto=live.position))
    differing = list(engine.differences(live, anew))
    _tell({"position": live.position, "equal": not differing, "differing": differing}, as_json)
    if differing:
        raise typer.Exit(1)


def _tell(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show.document(found)
    else:
        show.fields(found)


@contextlib.contextmanager
def _alone(settings: Settings) -> Iterator[None]:
    """One writer. Raises `home.in-use`."""
    directory.load(settings)  # says what to do where there is no home
    with node.locked(settings.home / "projections" / "writer.lock", "A writer of read models"):
        yield


def _progress(settings: Settings) -> engine.Progress:
    """Raises `projections.missing`."""
    place = Place.of(settings)
    if not place.exists():
        raise BarnabusError("projections.missing")
    with place.opened() as view:
        return engine.progress(view, tallies=True)


async def _folded(settings: Settings, place: Place, view: str, *, upto: int | None) -> engine.Progress:
    with place.opened(view) as opened:
        projector = engine.Projector(opened, MODELS)
        async with _reader(settings) as reader:
            last = await reader.last() if upto is None else upto
            await projector.catch_up(_entries(settings, reader, projector.position + 1, last))
        return engine.progress(opened, tallies=True)


async def _run(settings: Settings) -> None:
    place = Place.of(settings)
    if not place.exists():
        place.begin(LIVE)
    with place.opened() as opened:
        projector = engine.Projector(opened, MODELS)
        async with _reader(settings) as reader:
            _log.info("projections.ready", position=projector.position)
            while True:
                tasks.heed()
                try:
                    last = await reader.last()
                    await projector.catch_up(_entries(settings, reader, projector.position + 1, last))
                except BarnabusError as error:
                    if error.code != "log.unavailable":
                        raise
                    _log.warning("projections.waiting", code=error.code)
                await asyncio.sleep(LOOK_EVERY_S)


async def _status(settings: Settings) -> dict[str, Any]:
    found = _progress(settings)
    async with _reader(settings) as reader:
        last = await reader.last()
        ahead = await reader.get(found.position + 1) if last > found.position else None
    waiting_since = verify(ahead, directory.load(settings)).stamp.logged_at if ahead else None
    return {
        "position": found.position,
        "log_position": last,
        "lag_s": round((wall_clock() - waiting_since).total_seconds(), 3) if waiting_since else 0.0,
        "logged_at": found.logged_at,
        "chains_hold_up_to": found.position,
        "parked": found.parked,
        "rows": dict(found.rows),
        "digests": dict(found.digests),
        "current": last == found.position and not found.parked,
    }


@contextlib.asynccontextmanager
async def _reader(settings: Settings) -> AsyncIterator[LogReader]:
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        yield LogReader(nats, api=subjects.API)
    finally:
        await connection.close(nats)


async def _entries(settings: Settings, reader: LogReader, first: int, last: int) -> AsyncIterator[Logged]:
    keyring = directory.load(settings)
    async for entry in reader.entries(first, last):
        yield verify(entry, keyring)
