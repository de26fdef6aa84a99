"""`barnabus content ask|list|show`: an investigator asks what letters said, and is shown what proves itself."""

import asyncio
from typing import Annotated, Any
from uuid import UUID

import typer

from bus import directory, disclosing, seal
from bus.clock import wall_clock
from bus.disclosing import Proven
from bus.settings import Settings
from cli import leave, looking, reading, recording, show, submit
from cli.agencies import opened
from cli.leave import Asker
from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import Replay
from projections.askable import asking

app = typer.Typer(no_args_is_help=True, help="What letters said: asked of who holds them, and proven by the log.")
_CONTENT = Replayed(what=Replay.CONTENT)


@app.command()
@show.coded
def ask(
    case_ref: reading.Reference,
    to: Annotated[str, typer.Option(help="The agency that holds the letters: police, social.")],
    record: Annotated[list[str], typer.Option(help="A record's id; may be given ten times.")],
    purpose: leave.Purpose = "",
    for_: leave.For = "",
    credential: leave.File = None,
    field: Annotated[list[str] | None, typer.Option(help="Only this field; may be given several times.")] = None,
    office: Annotated[str | None, typer.Option(help="Your office's code.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Ask an agency to open letters that it was sent; it decides, and opens them to you alone."""
    settings, holder, path = Settings(), show.agency(to), leave.given(credential)
    asker, ids = Asker(purpose, for_, path), [_id(one, "--record") for one in record]
    given = leave.leave(asker, case_ref, directory.load(settings), wall_clock())
    found = looking.case(case_ref, asker, _CONTENT)
    told = [] if Agency.OVERSIGHT in (given.agency, holder) else [Agency.OVERSIGHT]
    data = {
        "to": holder,
        "notified": told,
        "purpose": given.purpose,
        "credential": leave.text(path),
        **asking(found, ids, holder, field or []),
    }
    command = recording.command("content.ask", case_ref, given, data, wall_clock(), office)
    submit.report(asyncio.run(submit.ask(settings, given.agency, seal.dump(command))), as_json=as_json)


@app.command("list")
@show.coded
def list_(credential: leave.File = None, as_json: show.AsJson = False) -> None:
    """List what your agency has asked to be opened in the cases of your credential, and how far that is."""
    settings = Settings()
    who, _ = leave.holder(leave.given(credential), directory.load(settings), wall_clock())
    with opened(who.agency, settings) as application:
        rows = [row for case_ref in who.cases for row in application.askings(case_ref)]
    if as_json:
        show.document({"agency": who.agency, "askings": rows})
        return
    show.table(
        ("id", "case", "of", "stage", "asked", "opened", "refused"),
        (
            (r["id"], r["case_ref"], r["to"], r["stage"], len(r["asked"]), len(r["opened"]), r["refused"] or "")
            for r in rows
        ),
        empty="Nothing was asked for.",
    )


@app.command("show")
@show.coded
def show_(
    asking_id: Annotated[str, typer.Argument(metavar="ID", help="The asking's id: `barnabus content list`.")],
    purpose: leave.Purpose = "",
    credential: leave.File = None,
    as_json: show.AsJson = False,
) -> None:
    """Show what was opened to you, once the log has that you look, and if all of it proves itself."""
    settings, path = Settings(), leave.given(credential)
    keyring = directory.load(settings)
    who, _ = leave.holder(path, keyring, wall_clock())
    person = leave.sealing_key(path, who)
    with opened(who.agency, settings) as application:
        answer = application.answer_to(_id(asking_id, "ID"))
    case_ref, asker = answer.of.case_ref, Asker(purpose, answer.purpose, path)
    found = looking.case(case_ref, asker, _CONTENT, answer.records)
    letter, proven = disclosing.opened(answer.signed, answer.of, person, found.records, keyring)
    document = {
        "case_ref": case_ref,
        "id": asking_id,
        "position": letter.record.stamp.position,
        "letters": [_document(one) for one in proven],
    }
    if as_json:
        show.document(document)
    else:
        _print(document)


def _id(text: str, at: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Refused(
            "option.invalid", field=at, detail="It is the id of a record, such as `case log` shows."
        ) from None


def _document(one: Proven) -> dict[str, Any]:
    return {
        "id": str(one.of.id),
        "type": one.type,
        "sender": one.of.by,
        "holder": one.of.to,
        "position": one.record.stamp.position,
        "logged_at": one.record.stamp.logged_at.isoformat(),
        "proven": True,
        "fields": dict(one.fields),
    }


def _print(document: dict[str, Any]) -> None:
    for one in document["letters"]:
        show.out.print(
            f"[bold]{one['type']}[/bold]  position {one['position']}, {one['sender']} to {one['holder']}  "
            "[green]proven[/green]"
        )
        show.fields(one["fields"])
