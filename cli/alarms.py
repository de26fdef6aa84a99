"""`barnabus alarms list|retry|try`: what waits to be told or could not be, and whether the settings reach anybody."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any
from uuid import UUID, uuid4

import typer

from bus import directory
from bus.clock import wall_clock
from bus.settings import Settings
from bus.store import opened
from cli import show
from contracts.agencies import Agency
from contracts.errors import BarnabusError, Refused
from services.keeper.alarms import Alarm, Alarms, Kind, State
from services.keeper.reach import Reach, read
from services.keeper.sending import send

app = typer.Typer(no_args_is_help=True, help="Alarms that bring overdue duties to people.")


@contextmanager
def _kept() -> Iterator[Alarms]:
    """Those in the keeper's own store, beside the running keeper. Raises as `directory.load`."""
    settings = Settings()
    directory.load(settings)  # no store is made where there is no home
    store = opened(settings.store(Agency.KEEPER))
    try:
        yield Alarms(store)
    finally:
        store.close()


@app.command("list")
@show.coded
def list_(as_json: show.AsJson = False) -> None:
    """List what is parked, and what waits for its next try."""
    with _kept() as alarms:
        rows = [_document(alarm) for alarm in (*alarms.parked(), *alarms.waiting())]
    if as_json:
        show.document({"alarms": rows})
        return
    columns = ("state", "agency", "way", "kind", "made", "tries", "next", "code", "id")
    show.table(
        columns,
        ([show.minute(row[c]) if c in ("made", "next") else row[c] for c in columns] for row in rows),
        empty="No alarm waits, and none is parked.",
    )


@app.command()
@show.coded
def retry(alarm_id: Annotated[str, typer.Argument(help="The alarm's id.")], as_json: show.AsJson = False) -> None:
    """Let the keeper try a parked alarm again; safe beside it, and safe to repeat."""
    try:
        wanted = UUID(alarm_id)
    except ValueError:
        raise Refused("alarm.not-found", detail="This is no id.") from None
    with _kept() as alarms:
        alarms.retry(wanted, wall_clock())
    show.document({"retried": alarm_id}) if as_json else show.out.print("The keeper tries it again.")


@app.command("try")
@show.coded
def try_(
    agency: Annotated[str, typer.Argument(help="Whom to send a trial: police, social.")], as_json: show.AsJson = False
) -> None:
    """Send a trial alarm to all whom the settings name for an agency, and say of each what came of it."""
    settings, asked = Settings(), show.agency(agency)
    if settings.alarms is None:
        raise BarnabusError("alarms.invalid", detail="BARNABUS_ALARMS names none.")
    rows = asyncio.run(_tried(read(settings.alarms), asked))
    if as_json:
        show.document({"agency": agency, "tried": rows})
    else:
        show.table(("way", "sent", "code", "detail"), (list(row.values())[:4] for row in rows), empty="")
    if not all(row["sent"] for row in rows):
        raise typer.Exit(1)


async def _tried(reach: Reach, agency: Agency) -> list[dict[str, Any]]:
    """Raises `alarm.nobody`."""
    ways = reach.ways([agency])[agency]
    if not ways:
        raise BarnabusError("alarm.nobody")
    return await asyncio.gather(*(_outcome(reach, agency, way) for way in ways))


async def _outcome(reach: Reach, agency: Agency, way: str) -> dict[str, Any]:
    now = wall_clock()
    trial = Alarm(uuid4(), UUID(int=0), Kind.TRIAL, agency, way, now, 1, now, State.WAITING, None)
    try:
        await send(reach, trial, now)
    except BarnabusError as error:
        return {"way": way, "sent": False, "code": error.code, "detail": error.detail, "next": error.row.hint}
    return {"way": way, "sent": True, "code": None, "detail": None, "next": None}


def _document(alarm: Alarm) -> dict[str, Any]:
    return {
        "id": str(alarm.id),
        "duty_id": str(alarm.duty_id),
        "kind": alarm.kind.value,
        "agency": alarm.agency.value,
        "way": alarm.way,
        "state": alarm.state.value,
        "made": alarm.created_at.isoformat(),
        "tries": alarm.tries,
        "next": alarm.next_at.isoformat() if alarm.state is State.WAITING else None,
        "code": alarm.error,
    }
