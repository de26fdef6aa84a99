"""`barnabus sandbox`: everything but your own system, to try it against; and `behave`, `ask`, `forward`, `status`."""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bus import logging, node, tasks
from bus.server import ANY_PORT
from bus.settings import Settings, stores_in_home
from cli import show
from cli.run import until_told
from cli.sandbox import control, lines
from cli.sandbox.behaving import PAUSE_S
from contracts.agencies import Agency
from contracts.errors import Refused
from services.web.address import ANYWHERE, Address

if TYPE_CHECKING:
    from services.systems import Hook

app = typer.Typer(help="Try one agency's system against all others, by script and a clock that you move.")
Home = Annotated[Path | None, typer.Option(help="The sandbox of this home; without it, the last one that was started.")]


@app.callback(invoke_without_command=True)
@show.coded
def sandbox(
    context: typer.Context,
    as_: Annotated[str | None, typer.Option("--as", help="Whose system yours is: police, social, health …")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The server's; without it, a free one.")] = None,
    http: Annotated[
        str | None, typer.Option(help="Where your adapter listens over HTTP: [HOST:]PORT; without it, at a free port.")
    ] = None,
    webhook: Annotated[str | None, typer.Option(metavar="URL", help="Where your system wants to be told.")] = None,
    secret_file: Annotated[Path | None, typer.Option(help="The file with the webhook's secret: whsec_…")] = None,
    home: Annotated[Path | None, typer.Option(help="A new folder, to keep; else one that goes at the end.")] = None,
    behave_: Annotated[
        list[str] | None,
        typer.Option("--behave", help="AGENCY=accept, decline, ask, silent or cross; as often as you like."),
    ] = None,
    pause: Annotated[float, typer.Option(min=0, max=60, help="Seconds before a counterpart does something.")] = PAUSE_S,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON document a line on standard output.")] = False,
) -> None:
    """Start everything except one agency's own system, and say what arrives from it and what is wrong; until Ctrl-C."""
    if context.invoked_subcommand:
        return
    if as_ is None:
        raise Refused("option.invalid", field="--as", detail="Say whose system yours is.")
    me, listen = show.agency(as_), Address.of(http, "--http") if http else ANYWHERE
    hook = _hook(webhook, secret_file)
    logging.configure("sandbox", level_if_unset="ERROR")
    stores_in_home()
    with control.folder(home) as place:
        # whom alarms reach are real people, and no other server is meant
        settings = Settings(home=home or place / "home", nats_url=None, alarms=None)
        ways = {"port": port or ANY_PORT, "listen": listen, "hook": hook, "pause_s": pause}
        asyncio.run(until_told(_run(settings, me, behave_ or [], place, ways, as_json=as_json)))


async def _run(
    settings: Settings, me: Agency, behave_: list[str], place: Path, ways: Mapping[str, Any], *, as_json: bool
) -> None:
    """`ways` is how it is reached, and how long a counterpart pauses (`running.at_work`)."""
    from cli.sandbox import doing, running  # FastStream: a third of a second that no other command should wait for

    behaves = {}
    for said in behave_:
        name, _, how = said.partition("=")
        behaves[doing.counterpart(me, name)] = doing.behaviour(how)
    say = _line if as_json else lines.line
    async with (
        running.at_work(settings, me, behaves, say, **ways) as found,
        control.served(place, found.do),
    ):
        tasks.heed()
        node.keep_what_is_loaded()
        if as_json:
            _line({"at": found.begun.isoformat(), "what": "ready", **found.status()})
        else:
            _say_how_to_begin(found.status(), running.FIRST)
        try:
            await found.ended()
        finally:
            if as_json:
                _line({"at": found.clock().isoformat(), "what": "ended", **found.status()})
            else:
                show.out.print("\n[bold]What it came to[/bold]")
                lines.summary(found.status())


def _hook(webhook: str | None, secret_file: Path | None) -> "Hook | None":
    if webhook is None and secret_file is None:
        return None
    from cli.systems import hook_of  # every application: likewise

    return hook_of(webhook, secret_file, None)


def _line(found: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    sys.stdout.flush()


def _say_how_to_begin(found: Mapping[str, Any], first: str) -> None:
    me = found["agency"]
    other = next(iter(found["behaves"]))
    show.out.print(f"A sandbox at {found['url']}: all of it is made up. You are {me}'s own system. Ctrl-C ends it.")
    show.out.print("Connect there without a key, with the inbox prefix _INBOX.system; over HTTP with the token below.")
    show.out.print("In another terminal:\n")
    for line in (
        f"export BARNABUS_HOME={found['home']}",
        f"export BARNABUS_HTTP={found['http']}",
        f"export BARNABUS_TOKEN={found['token']}",
        f"barnabus submit {me} $BARNABUS_HOME/{first}",
        f"barnabus sandbox ask --from {other}",
    ):
        show.out.print(f"  {line}", markup=False, soft_wrap=True)
    show.out.print()


@app.command()
@show.coded
def behave(
    agency: Annotated[str, typer.Argument(help="Which counterpart.")],
    behaviour: Annotated[str, typer.Argument(help="accept, decline, ask, silent or cross.")],
    home: Home = None,
    as_json: show.AsJson = False,
) -> None:
    """Have a counterpart behave otherwise from now on, also on what is open."""
    found = _ask(home, do="behave", agency=agency, behaviour=behaviour)
    if as_json:
        show.document(found)
    else:
        show.out.print(", ".join(f"{name}: {how}" for name, how in found["behaves"].items()))


@app.command()
@show.coded
def ask(
    from_: Annotated[str, typer.Option("--from", help="Which counterpart asks your agency.")],
    service: Annotated[str | None, typer.Option(help="For what; without it, what it can ask first.")] = None,
    home: Home = None,
    as_json: show.AsJson = False,
) -> None:
    """Have a counterpart ask something of your agency: a referral, a concern, an order."""
    found = _ask(home, do="ask", by=from_, service=service)
    if as_json:
        show.document(found)
    else:
        show.out.print(f"{from_} asks: handoff {found['id']}, case {found['case_ref']}")


@app.command()
@show.coded
def forward(
    span: Annotated[str, typer.Argument(help="By how much: 25h, 90m, 2d, 1d12h.")],
    home: Home = None,
    as_json: show.AsJson = False,
) -> None:
    """Move the sandbox's clock forward, and wait until the keeper has decided what that makes due."""
    _show(_ask(home, do="forward", span=span), as_json=as_json)


@app.command()
@show.coded
def status(home: Home = None, as_json: show.AsJson = False) -> None:
    """Show what it came to so far: what was sent and heard, what is open, what your agency owes."""
    _show(_ask(home, do="status"), as_json=as_json)


def _ask(home: Path | None, **wanted: Any) -> dict[str, Any]:
    named = os.environ.get("BARNABUS_HOME")
    return control.ask(home or (Path(named) if named else None), **wanted)


def _show(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        show.document(found)
    else:
        lines.status(found)
