"""`barnabus projections run|status|rebuild|verify|metrics`: the read models, from the log alone."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy.exc import SQLAlchemyError

from bus import directory, logging
from bus.clock import wall_clock
from bus.settings import Settings
from cli import following, metrics, read_models, show
from cli.log import log_end, reader
from cli.run import until_told
from contracts.errors import BarnabusError
from projections import building, engine, pulse
from projections.models import MODELS
from projections.view import SHADOW, Place, reading

VERIFY_LIMIT_S = 3_600.0
"""So long it may take to read every row."""
app = typer.Typer(no_args_is_help=True, help="Read models: what is computed from the log, and can be thrown away.")
app.command("metrics")(metrics.metrics)


@app.command()
@show.coded
def run() -> None:
    """Keep the read models up to date with the log, until Ctrl-C."""
    logging.configure("projections")
    asyncio.run(until_told(following.follow(Settings())))


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
    logging.configure("projections")
    settings = Settings()
    with read_models.rebuilding(settings):
        place = Place.of(settings)
        found = asyncio.run(_built(settings, place, SHADOW, _known(settings)))
        place.swap()
    _tell({"position": found.position, "rows": dict(found.rows), "digests": dict(found.digests)}, as_json)


@app.command("verify")
@show.coded
def verify_view(
    signatures: Annotated[bool, typer.Option("--signatures", help="Verify every signature once more; slow.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """Fold the log anew aside, up to where the read models are, and compare what both come to."""
    logging.configure("projections")
    settings = Settings()
    with reading(settings, *MODELS) as view:
        live = engine.progress(view, tallies=True, rows_of=MODELS, limit_s=VERIFY_LIMIT_S)
    with tempfile.TemporaryDirectory(prefix="barnabus-verify-") as folder:
        aside = Place(Path(folder), None)
        known = None if signatures else live
        anew = asyncio.run(_built(settings, aside, SHADOW, known, upto=live.position))
    differing = [*engine.differences(live, anew), *(["the log"] if anew.seen != live.seen else [])]
    _tell({"position": live.position, "equal": not differing, "differing": differing}, as_json)
    if differing:
        raise typer.Exit(1)


def _tell(found: dict[str, Any], as_json: bool) -> None:
    if as_json:
        show.document(found)
    else:
        show.fields(found)


def _known(settings: Settings) -> engine.Progress | None:
    """How far the log was verified once, if a view says so that can be read here."""
    try:
        return _progress(settings)
    except SQLAlchemyError:
        return None  # a file that is none any more
    except BarnabusError as error:
        if error.code not in ("projections.missing", "projections.stale"):
            raise
        return None


def _progress(settings: Settings) -> engine.Progress:
    """Raises `projections.missing`, `projections.stale`."""
    with reading(settings) as view:
        return engine.progress(view, tallies=True)


async def _built(
    settings: Settings, place: Place, view: str, known: engine.Progress | None, *, upto: int | None = None
) -> engine.Progress:
    async with reader(settings) as log:
        return await building.build(log, directory.load(settings), place, view, known, upto=upto)


async def _status(settings: Settings) -> dict[str, Any]:
    found = _progress(settings)
    end = await log_end(settings, found.position)
    sign = pulse.last(Place.of(settings).folder)
    return {
        "position": found.position,
        "log_position": end.position,
        "lag_s": round(end.lag_s(wall_clock()), 3),
        "logged_at": found.logged_at,
        "chains_hold_up_to": found.position,
        "stopped": sign.stopped if sign else None,
        "parked": found.parked,
        "rows": dict(found.rows),
        "digests": dict(found.digests),
        "current": end.position == found.position and not found.parked,
    }
