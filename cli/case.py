"""`barnabus case log REF --purpose …`: one case out of the log, as the reader's account may read it."""

import asyncio
import getpass
import json
import os
from typing import Annotated, Any

import typer

from bus import connection, directory
from bus.clock import wall_clock
from bus.log import LogReader, verify
from bus.settings import Settings
from cli import show
from contracts import subjects
from contracts.check import read
from contracts.errors import BarnabusError, Refused
from contracts.ids import CaseRef
from contracts.tiers import Frozen
from projections.case_log import CaseLog

app = typer.Typer(no_args_is_help=True, help="Cases, out of the immutable log.")


class _Asked(Frozen):
    case_ref: CaseRef


@app.callback()
def _cases() -> None:
    """Keeps `log` a verb of its own while it is the only one."""


@app.command()
@show.coded
def log(
    case_ref: Annotated[str, typer.Argument(help="The case's reference, such as 7k3q-9m2x-w4td-h6rv.")],
    purpose: Annotated[str, typer.Option(help="Why you look; written down before anything is shown.")] = "",
    as_json: show.AsJson = False,
) -> None:
    """Show a case's events in the log's order, each verified, with when every letter was received."""
    settings = Settings()
    read(_Asked, {"case_ref": case_ref})
    if not purpose.strip():
        raise Refused("purpose.missing", field="--purpose")
    directory.load(settings)  # without a home there is nothing to look at, and nowhere to write that somebody looked
    keyring = directory.load(settings)  # says so if this is no home
    _write_down(settings, case_ref, purpose)
    found = asyncio.run(_read(settings, keyring, case_ref))
    if not found.records:
        raise BarnabusError("case.not-found")
    document = found.document(case_ref)
    if as_json:
        show.document(document)
    else:
        _print(document)


def _write_down(settings: Settings, case_ref: str, purpose: str) -> None:
    """Who looked at what and why, on disk before anything is read. Raises `purpose.unrecorded`."""
    line = {"at": wall_clock().isoformat(), "who": getpass.getuser(), "case_ref": case_ref, "purpose": purpose}
    path = settings.home / "reader" / "access.jsonl"
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BarnabusError("purpose.unrecorded", detail=f"{path}: {error.strerror}.") from None


async def _read(settings: Settings, keyring: directory.Directory, case_ref: str) -> CaseLog:
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    found = CaseLog()
    try:
        reader = LogReader(nats, api=subjects.API)
        async for entry in reader.of(subjects.of_case(case_ref)):
            found.apply(verify(entry, keyring))
        for sender, recipient in sorted(found.links()):
            first = min(logged.stamp.position for logged in found.records)
            async for entry in reader.of(subjects.link(sender, recipient), first=first):
                found.apply(verify(entry, keyring))
                if not found.unsigned():
                    break
    finally:
        await connection.close(nats)
    return found


def _print(document: dict[str, Any]) -> None:
    rows = []
    for event in document["events"]:
        letters = "; ".join(
            f"{letter['to']}: "
            + (f"received {letter['received_at'][11:19]}" if letter["received_at"] else "not received yet")
            for letter in event["letters"]
        )
        what = event["type"] + (f"  VOID: {event['void']}" if event["void"] else "")
        rows.append((event["position"], event["logged_at"][:19].replace("T", " "), event["sender"], what, letters))
    show.table(("position", "logged (UTC)", "from", "event", "letters"), rows, empty="No events.")
    for handoff in document["handoffs"]:
        move = f"waits for {handoff['whose_move']}" if handoff["whose_move"] else "ended"
        show.out.print(f"Handoff {handoff['id']}: {handoff['stage']}, {move}.")
