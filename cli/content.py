"""`barnabus content ask|list|show`: an investigator asks what letters said, and is shown what proves itself."""

import asyncio
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from bus import credential, directory, disclosing, keys
from bus.clock import wall_clock
from bus.disclosing import Proven
from bus.settings import Settings
from cli import reading, show, submit
from cli.agencies import opened
from cli.content_access import command, recorded
from contracts.agencies import Agency
from contracts.credential import Credential
from contracts.errors import Refused
from contracts.vocabulary.accounting import AccessPurpose
from projections.askable import asking

app = typer.Typer(no_args_is_help=True, help="What letters said: asked of who holds them, and proven by the log.")
TheCredential = Annotated[Path, typer.Option("--credential", help="The file that oversight gave you.")]


@app.command()
@show.coded
def ask(
    case_ref: reading.Reference,
    credential_file: TheCredential,
    to: Annotated[str, typer.Option(help="The agency that holds the letters: police, social.")],
    record: Annotated[list[str], typer.Option(help="A record's id; may be given ten times.")],
    purpose: Annotated[AccessPurpose, typer.Option("--for", help="For what you need it.")],
    field: Annotated[list[str] | None, typer.Option(help="Only this field; may be given several times.")] = None,
    office: Annotated[str | None, typer.Option(help="Your office's code.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Ask an agency to open letters that it was sent; it decides, and opens them to you alone."""
    settings, holder = Settings(), show.agency(to)
    token, who = _held(settings, credential_file)
    _names(who, reading.reference(case_ref))
    ids = [_id(one, "--record") for one in record]
    found = reading.case(case_ref, purpose)
    told = [] if Agency.OVERSIGHT in (who.agency, holder) else [Agency.OVERSIGHT]
    data = {
        "to": holder,
        "notified": told,
        "purpose": purpose,
        "credential": token,
        **asking(found, ids, holder, field or []),
    }
    asked = command(who, "content.ask", case_ref, data, wall_clock(), office)
    submit.report(asyncio.run(submit.ask(settings, who.agency, asked)), as_json=as_json)


@app.command("list")
@show.coded
def list_(credential_file: TheCredential, as_json: show.AsJson = False) -> None:
    """List what your agency has asked to be opened in the cases of your credential, and how far that is."""
    settings = Settings()
    _, who = _held(settings, credential_file)
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
    credential_file: TheCredential,
    key_file: Annotated[Path, typer.Option("--key", help="The file of your own private sealing key.")],
    as_json: show.AsJson = False,
) -> None:
    """Show what was opened to you, once the log has that you look, and if all of it proves itself."""
    settings = Settings()
    keyring, person = directory.load(settings), keys.read_jwk(key_file)
    _, who = _held(settings, credential_file)
    with opened(who.agency, settings) as application:
        answer = application.answer_to(_id(asking_id, "ID"))
    case_ref = answer.of.case_ref
    _names(who, case_ref)
    recorded(settings, who, case_ref, answer.purpose, answer.records, wall_clock())
    found = reading.case(case_ref, answer.purpose)
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


def _held(settings: Settings, file: Path) -> tuple[str, Credential]:
    """Raises `credential.invalid`, `credential.ended`, `file.unreadable`."""
    try:
        token = file.read_text().strip()
    except (OSError, ValueError) as error:
        raise Refused("file.unreadable", field="--credential", detail=type(error).__name__ + ".") from None
    return token, credential.read(token, directory.load(settings), wall_clock())


def _names(who: Credential, case_ref: str) -> None:
    if case_ref not in who.cases:
        raise Refused("content.not-vouched", field="--credential")


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
