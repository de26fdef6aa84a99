"""`barnabus systems VERB AGENCY`: an agency's own systems that come over HTTP, what each may do, what it is told."""

import re
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

import typer

from bus.clock import wall_clock
from bus.settings import Settings
from cli import show
from cli.agencies import OF_THE_FIELD, opened
from contracts.agencies import Agency
from contracts.errors import Refused
from services.systems import ALL, Hook, Scope, System, Systems, hearable, sendable
from services.web.tries import Tries

app = typer.Typer(no_args_is_help=True, help="An agency's own systems that come over HTTP, and what each may do.")
AGENCY = Annotated[str, typer.Argument(help="Whose: police, social.")]
NAME = Annotated[str, typer.Argument(help="The system's name: small letters, digits and hyphens.")]
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")


def _agency(name: str) -> Agency:
    return show.agency(name, OF_THE_FIELD)


def _document(system: System) -> dict[str, Any]:
    return {
        "name": system.name,
        "sends": str(system.sends),
        "hears": str(system.hears),
        "added_at": system.added_at.isoformat(),
        "webhook": system.webhook.url if system.webhook else None,
        "told": system.told,
    }


@app.command()
@show.coded
def add(
    agency: AGENCY,
    name: NAME,
    sends: Annotated[list[str] | None, typer.Option(help=f"A type that it may send; once each, or {ALL}.")] = None,
    hears: Annotated[list[str] | None, typer.Option(help=f"A type that it may hear; once each, or {ALL}.")] = None,
    webhook: Annotated[
        str | None, typer.Option(metavar="URL", help="Where it wants to be told: https, or this machine.")
    ] = None,
    secret_file: Annotated[
        Path | None, typer.Option(help="The file with the secret that signs it: whsec_…, for its owner alone.")
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Who vouches for the webhook's certificate, in PEM.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Let a system in. Its token is shown now and never again; the running adapter knows it at once."""
    whose = _agency(agency)
    if not _NAME.fullmatch(name):
        raise Refused("option.invalid", field="NAME", detail="Small letters, digits and hyphens; a letter first.")
    scope = (Scope.of(sends or (), sendable(), "--sends"), Scope.of(hears or (), hearable(), "--hears"))
    hook = hook_of(webhook, secret_file, ca_file)
    with opened(whose, Settings()) as application:
        system = System(name, *scope, wall_clock(), hook, application.feed.end())
        token = Systems(application.store).add(system)
    if as_json:
        show.document({"agency": agency, **_document(system), "token": token})
        return
    show.err.print(f"May send: {str(system.sends) or 'nothing'}. May hear: {str(system.hears) or 'nothing'}.")
    show.err.print("Its token, shown this once:")
    show.out.print(token)


def hook_of(url: str | None, secret_file: Path | None, ca_file: Path | None) -> Hook | None:
    """What the options say of a webhook. Raises Refused `option.invalid`, `webhook.invalid`."""
    if url is None and secret_file is None and ca_file is None:
        return None
    if url is None or secret_file is None:
        raise Refused("option.invalid", field="--webhook", detail="`--webhook` and `--secret-file` belong together.")
    hook = Hook(url, secret_file.absolute(), ca_file.absolute() if ca_file else None)
    hook.opened()
    return hook


@app.command("list")
@show.coded
def list_(agency: AGENCY, as_json: show.AsJson = False) -> None:
    """List the systems of an agency."""
    with opened(_agency(agency), Settings()) as application:
        rows = [_document(system) for system in Systems(application.store).all()]
    if as_json:
        show.document({"agency": agency, "systems": rows})
        return
    show.table(
        ("name", "added", "sends", "hears", "webhook"),
        ((r["name"], show.minute(r["added_at"]), r["sends"], r["hears"], r["webhook"]) for r in rows),
        empty="No systems.",
    )


@app.command()
@show.coded
def remove(agency: AGENCY, name: NAME, as_json: show.AsJson = False) -> None:
    """Let a system in no more: its token is refused at once, and its streams end."""
    with opened(_agency(agency), Settings()) as application:
        Systems(application.store).remove(name)
    show.document({"agency": agency, "removed": name}) if as_json else show.out.print(f"Removed: {name}.")


@app.command()
@show.coded
def failed(agency: AGENCY, as_json: show.AsJson = False) -> None:
    """List what webhooks have not taken after the last try."""
    with opened(_agency(agency), Settings()) as application:
        rows = Tries(application.store, application.feed).parked()
    if as_json:
        show.document({"agency": agency, "failed": rows})
        return
    show.table(
        ("number", "system", "type", "tries", "code", "id"),
        ((r["number"], r["system"], r["type"], r["tries"], r["error"], r["id"]) for r in rows),
        empty="Nothing is parked.",
    )


@app.command("send-again")
@show.coded
def send_again(
    agency: AGENCY, item_id: Annotated[UUID, typer.Argument(help="The item's id.")], as_json: show.AsJson = False
) -> None:
    """Begin anew with what was parked, under the same id, for every system that has not taken it."""
    with opened(_agency(agency), Settings()) as application:
        count = Tries(application.store, application.feed).send_again(item_id, wall_clock())
    if as_json:
        show.document({"agency": agency, "id": str(item_id), "systems": count})
    else:
        show.out.print("It is sent again while the adapter runs.")
