"""`barnabus projections run|status|rebuild|verify`: the read models, from the log alone."""

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import structlog
import typer

from bus import connection, directory, logging, node, tasks
from bus.clock import wall_clock
from bus.log import Logged, LogReader, verify
from bus.settings import Settings
from cli import metrics, read_models, show
from cli.log_end import log_end
from cli.run import until_told
from contracts import subjects
from contracts.errors import BarnabusError
from projections import engine, pulse
from projections.models import MODELS
from projections.view import LIVE, SHADOW, Place

app = typer.Typer(no_args_is_help=True, help="Read models: what is computed from the log, and can be thrown away.")
app.command("metrics")(metrics.metrics)
LOOK_EVERY_S = 0.25
STEP_ASIDE_S = 10.0
"""So long a rebuild waits for a run to let go of the view."""
T = TypeVar("T")
_log = structlog.get_logger()


@app.command()
@show.coded
def run() -> None:
    """Keep the read models up to date with the log, until Ctrl-C."""
    logging.configure("projections")
    asyncio.run(until_told(_run(Settings())))


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
    with _in_its_place(settings):
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
    with read_models.writing(settings):
        yield


@contextlib.contextmanager
def _in_its_place(settings: Settings) -> Iterator[None]:
    """Likewise, but a run steps aside for as long as this lasts. Raises `home.in-use` if none does in time."""
    until = time.monotonic() + STEP_ASIDE_S
    with contextlib.ExitStack() as held:
        for lock in (_wanting, _alone):
            while True:
                try:
                    held.enter_context(lock(settings))
                    break
                except BarnabusError as error:
                    if error.code != "home.in-use" or time.monotonic() > until:
                        raise
                time.sleep(LOOK_EVERY_S)
        yield


@contextlib.contextmanager
def _wanting(settings: Settings) -> Iterator[None]:
    with node.locked(settings.home / "projections" / "rebuild.lock", "A rebuild of read models"):
        yield


def _wanted(settings: Settings) -> bool:
    """Does somebody want to fold the log anew?"""
    try:
        with _wanting(settings):
            return False
    except BarnabusError:
        return True


def _progress(settings: Settings) -> engine.Progress:
    """Raises `projections.missing`."""
    place = Place.of(settings)
    if not place.exists():
        raise BarnabusError("projections.missing")
    with place.opened() as view:
        return engine.progress(view)


async def _folded(settings: Settings, place: Place, view: str, *, upto: int | None) -> engine.Progress:
    with place.opened(view) as opened:
        projector = engine.Projector(opened, MODELS)
        async with _reader(settings) as reader:
            last = await reader.last() if upto is None else upto
            await projector.catch_up(_entries(settings, reader, projector.position + 1, last))
        return engine.progress(opened)


async def _run(settings: Settings) -> None:
    place = Place.of(settings)
    with contextlib.ExitStack() as held:
        held.enter_context(_alone(settings))
        signs = pulse.Pulse(place.folder, wall_clock)
        try:
            while True:
                await _follow(settings, place, signs)
                held.close()
                while _wanted(settings):
                    signs.beat()
                    await asyncio.sleep(LOOK_EVERY_S)
                held.enter_context(_alone(settings))
        except Exception as error:
            signs.stop(error.code if isinstance(error, BarnabusError) else "internal")
            raise


async def _follow(settings: Settings, place: Place, signs: pulse.Pulse) -> None:
    """Fold what the log gets, until somebody wants to fold it anew."""
    if not place.exists():
        place.begin(LIVE)
    with place.opened() as opened:
        projector = engine.Projector(opened, MODELS)
        async with _reader(settings) as reader:
            _log.info("projections.ready", position=projector.position)
            while not _wanted(settings):
                tasks.heed()
                signs.beat()
                try:
                    last = await reader.last()
                    entries = _entries(settings, reader, projector.position + 1, last)
                    await projector.catch_up(_living(entries, signs))
                except BarnabusError as error:
                    if error.code != "log.unavailable":
                        raise
                    _log.warning("projections.waiting", code=error.code)
                else:
                    if projector.position >= last:
                        signs.caught_up()
                await asyncio.sleep(LOOK_EVERY_S)


async def _living(entries: AsyncIterator[T], signs: pulse.Pulse) -> AsyncIterator[T]:
    """These, with a sign of life while they come: a long log takes long."""
    async for entry in entries:
        signs.beat()
        yield entry


async def _status(settings: Settings) -> dict[str, Any]:
    found = _progress(settings)
    end = await log_end(settings, found.position)
    return {
        "position": found.position,
        "log_position": end.position,
        "lag_s": round(end.lag_s(wall_clock()), 3),
        "logged_at": found.logged_at,
        "chains_hold_up_to": found.position,
        "stopped": sign.stopped if (sign := pulse.last(Place.of(settings).folder)) else None,
        "parked": found.parked,
        "rows": dict(found.rows),
        "digests": dict(found.digests),
        "current": end.position == found.position and not found.parked,
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
