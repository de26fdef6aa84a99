"""`barnabus case log|show|timeline|prove REF --purpose …`: one case out of the log; `case find`: how it is filed."""

import asyncio
from typing import Annotated, Any

import typer

from bus.settings import Settings
from cli import leave, looking, proving, reading, replaying, show
from cli.agencies import opened
from cli.leave import Asker
from contracts.errors import Refused
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import Replay

app = typer.Typer(no_args_is_help=True, help="A case out of the immutable log, and how an agency files it.")
app.command("show")(replaying.show_case)
app.command("timeline")(replaying.timeline)


@app.command()
@show.coded
def log(
    case_ref: reading.Reference,
    purpose: leave.Purpose = "",
    for_: leave.For = "",
    credential: leave.File = None,
    emergency: leave.ByEmergency = None,
    as_json: show.AsJson = False,
) -> None:
    """Show a case's events in the log's order, each verified, with when every letter was received."""
    asker = Asker(purpose, for_, credential, emergency)
    found = looking.case(case_ref, asker, Replayed(what=Replay.LOG))
    document = found.document(case_ref)
    if as_json:
        show.document(document)
    else:
        _print(document)


@app.command()
@show.coded
def prove(
    case_ref: reading.Reference,
    position: Annotated[int, typer.Option(min=1, help="The record's place in the log.")],
    purpose: leave.Purpose = "",
    for_: leave.For = "",
    credential: leave.File = None,
    emergency: leave.ByEmergency = None,
    as_json: show.AsJson = False,
) -> None:
    """Fetch one record of a case anew, and hold each of its signatures; exit 1 if one does not hold."""
    asker = Asker(purpose, for_, credential, emergency)
    found = looking.case(case_ref, asker, Replayed(what=Replay.LOG))
    proof = asyncio.run(proving.proof(Settings(), case_ref, position, found.receipts(position)))
    if as_json:
        show.document(proof)
    else:
        said = {True: "holds", False: "DOES NOT HOLD", None: "not looked for further"}
        rows = ((check["check"], said[check["ok"]], check["said"]) for check in proof["checks"])
        show.table(("check", "state", "finding"), rows, empty="")
    if not proof["held"]:
        raise typer.Exit(1)


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
        reading.reference(case_ref)
    with opened(show.agency(agency), Settings()) as application:
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
