"""`barnabus case log REF --purpose …`: one case out of the log; `case find AGENCY`: how an agency files a case."""

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
from cli.agencies import APPLICATIONS, opened
from contracts import subjects
from contracts.check import read
from contracts.errors import BarnabusError, Refused
from contracts.ids import CaseRef
from contracts.tiers import Frozen
from projections.case_log import CaseLog

app = typer.Typer(no_args_is_help=True, help="A case out of the immutable log, and how an agency files it.")


class _Asked(Frozen):
    case_ref: CaseRef


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
    keyring = directory.load(settings)  # without a home there is nothing to look at, and nowhere to write who looked
    _write_down(settings, case_ref, purpose)
    found = asyncio.run(_read(settings, keyring, case_ref))
    if not found.records:
        raise BarnabusError("case.not-found")
    document = found.document(case_ref)
    if as_json:
        show.document(document)
    else:
        _print(document)


@app.command()
@show.coded
def find(
    agency: Annotated[str, typer.Argument(help="In whose store: police, social.")],
    file_number: Annotated[str | None, typer.Option(help="The agency's own file number.")] = None,
    case_ref: Annotated[str | None, typer.Option("--case", help="A case reference.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Find cases by an agency's own file number, or a case's file numbers; looked up in that agency's store alone."""
    if (file_number is None) is (case_ref is None):
        raise Refused("field.missing", field="--file-number", detail="Name either --file-number or --case.")
    if case_ref:
        read(_Asked, {"case_ref": case_ref})
    with opened(show.agency(agency, APPLICATIONS), Settings()) as application:
        found = [application.case(case_ref)] if case_ref else application.cases_under(file_number or "")
    rows = [
        {
            "case_ref": case.case_ref,
            "file_numbers": list(case.file_numbers),
            "linked": [{"case_ref": other, "reason": reason} for other, reason in case.linked],
        }
        for case in found
    ]
    if as_json:
        show.document({"agency": agency, "cases": rows})
        return
    show.table(
        ("case", "file numbers", "linked with"),
        (
            (case.case_ref, ", ".join(case.file_numbers), ", ".join(f"{other} ({why})" for other, why in case.linked))
            for case in found
        ),
        empty="This agency has filed nothing under that.",
    )


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
        letters = "; ".join(f"{letter['to']}: {_received(letter)}" for letter in event["letters"])
        what = event["type"] + (f"  VOID: {event['void']}" if event["void"] else "")
        claim = (event["about"] or {}).get("on_behalf_of")
        sender = event["sender"] + (f" (claims: for {claim})" if claim else "")
        rows.append((event["position"], event["logged_at"][:19].replace("T", " "), sender, what, letters))
    show.table(("position", "logged (UTC)", "from", "event", "letters"), rows, empty="No events.")
    for handoff in document["handoffs"]:
        move = f"waits for {handoff['whose_move']}" if handoff["whose_move"] else "ended"
        answers = "" if handoff["course"] == "service" else f" {handoff['responsible']} answers for it."
        show.out.print(f"Handoff {handoff['id']} ({handoff['course']}): {handoff['stage']}, {move}.{answers}")


def _received(letter: dict[str, Any]) -> str:
    if not letter["received_at"]:
        return "not received yet"
    said = f"received {letter['received_at'][11:19]}"
    if letter["opened"]:
        return said
    again = letter.get("said_again")
    return f"{said}, not opened" + (f"; said again: {_received(again)}" if again else "")
