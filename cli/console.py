"""`barnabus console`: the web console, and who may sign in to it."""

import asyncio
import contextlib
import getpass
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from bus import directory, logging, node
from bus.clock import wall_clock
from bus.settings import Settings
from cli import doctor, leave, looking, parked, proving, releases, show
from cli.leave import Known
from cli.log import log_end
from cli.run import until_told
from console import openapi
from console.accounts import Accounts
from console.app import Console
from console.looks import Asking, Seen
from console.roles import Role
from console.sources import Sources
from contracts import places, protocol
from contracts.errors import BarnabusError, Refused
from contracts.events.accounting import Replayed
from contracts.places import Places
from contracts.protocol import Protocol
from contracts.vocabulary.accounting import Replay
from services.web.address import Address
from services.web.door import Door

app = typer.Typer(help="The web console: watch handoffs and duties. It reads, and changes nothing but its accounts.")
accounts = typer.Typer(no_args_is_help=True, help="Who may sign in to the console, and in which role.")
app.add_typer(accounts, name="accounts")
PORT = "8480"
Name = Annotated[str, typer.Argument(metavar="NAME", help="As it is typed in to sign in.")]
Listen = Annotated[str, typer.Option(help="[HOST:]PORT; this machine alone unless a host is named; 0: a free one.")]
Credential = Annotated[
    Path | None,
    typer.Option(help="The file by which it looks into cases, as oversight gave it out; its key has to be beside it."),
]
BehindTls = Annotated[
    bool,
    typer.Option("--behind-tls", help="TLS ends at a proxy before it, which says who asks."),
]


@app.callback(invoke_without_command=True)
@show.coded
def console(ctx: typer.Context, listen: Listen = PORT, behind_tls: BehindTls = False) -> None:
    """Serve the console until Ctrl-C."""
    if ctx.invoked_subcommand:
        return
    logging.configure("console")
    asyncio.run(until_told(_serve(Settings(), Address.of(listen, "--listen"), behind_tls)))


async def _serve(settings: Settings, address: Address, behind_tls: bool) -> None:
    async with at_work(settings, address, behind_tls=behind_tls) as url:
        node.keep_what_is_loaded()
        show.out.print(f"The console is at {url}. Ctrl-C ends it.")
        await asyncio.Event().wait()


@contextlib.asynccontextmanager
async def at_work(settings: Settings, address: Address, *, behind_tls: bool) -> AsyncIterator[str]:
    """The console at this address until left.

    Raises `home.missing`, `accounts.none`, `protocol.invalid`, `places.invalid`.
    """
    directory.load(settings)
    known = accounts_of(settings)
    if not known.all():
        raise BarnabusError("accounts.none")
    rules = protocol.read(settings.protocol)
    table = places.read(settings.places) if settings.places else None

    async def examined() -> dict[str, Any]:
        """In a thread: doctor opens every store."""
        return await asyncio.to_thread(lambda: asyncio.run(doctor.examined(settings)))

    sources = sources_of(settings, rules, table, examined)
    served = Console(sources, known, behind_tls=behind_tls)
    door = Door(address)
    try:
        door.open(served)
        await served.look_ahead()
        yield door.url
    finally:
        await door.close()
        await served.close()


def sources_of(
    settings: Settings, rules: Protocol, table: Places | None, examined: Callable[[], Awaitable[dict[str, Any]]]
) -> Sources:
    """What takes the processor for long is done in a thread with a loop of its own: nobody's page waits for it."""

    async def look(asking: Asking) -> Seen:
        known = Known(asking.words, asking.purpose, asking.who, asking.credential, asking.emergency)
        what = Replayed(what=Replay.LOG)
        found = await asyncio.to_thread(lambda: asyncio.run(looking.look(settings, asking.case_ref, known, what)))
        if found.by is None:
            return Seen(found.case)
        ends = [found.by.credential.valid_until, *([found.by.emergency.until] if found.by.emergency else [])]
        return Seen(found.case, found.by.credential.person, found.by.purpose, found.position, min(ends))

    return Sources(
        settings,
        rules,
        table,
        wall_clock,
        log_end=lambda position: log_end(settings, position),
        examined=examined,
        look=look,
        prove=lambda case_ref, position, receipts: proving.proof(settings, case_ref, position, receipts),
        parked=lambda: asyncio.to_thread(parked.everything, settings),
    )


def accounts_of(settings: Settings) -> Accounts:
    return Accounts(settings.home / "console" / "accounts.json")


@app.command("openapi")
@show.coded
def openapi_(
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail if the file is out of date.")] = False,
    root: releases.Root = None,
) -> None:
    """Write the OpenAPI document of the pages' JSON twins anew: console/openapi.json in the checkout."""
    path, text = (root or releases.checkout()) / openapi.FILE, openapi.text()
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return
    typer.echo(openapi.FILE.as_posix())
    if check:
        show.err.print("This file is out of date. Run `barnabus console openapi` and commit it.", markup=False)
        raise typer.Exit(1)
    path.write_text(text, encoding="utf-8")


@accounts.command()
@show.coded
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="operator, investigator, integrator or oversight.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="The password is the first line of standard input.")
    ] = False,
    credential: Credential = None,
) -> None:
    """Make an account; its password is asked for on the terminal."""
    known = _of_home()
    if role not in list(Role):
        raise Refused("option.invalid", field="--role", detail=f"There are: {', '.join(Role)}.")
    token = _held(credential) if credential else ""
    known.add(name, Role(role), _password(password_stdin), token)
    show.out.print(f"{name} may sign in as {role}.", markup=False)


@accounts.command("credential")
@show.coded
def credential_(
    name: Name, credential: Annotated[Path, typer.Argument(metavar="FILE", help="As oversight gave it out.")]
) -> None:
    """Give an account the credential by which it looks into cases, in place of the one it had."""
    _of_home().give(name, _held(credential))
    show.out.print(f"{name} looks into cases by this credential from now on, and has to sign in anew.", markup=False)


@accounts.command("list")
@show.coded
def list_(as_json: show.AsJson = False) -> None:
    """List who may sign in, and in which role."""
    found = [
        {"name": account.name, "role": account.role.value, "credential": bool(account.credential)}
        for account in _of_home().all().values()
    ]
    if as_json:
        show.document({"accounts": found})
    else:
        rows = ((one["name"], one["role"], "yes" if one["credential"] else "") for one in found)
        show.table(("name", "role", "credential"), rows, empty="There are none.")


@accounts.command()
@show.coded
def remove(name: Name) -> None:
    """Remove an account; whoever is signed in by it is signed out with its next click."""
    _of_home().remove(name)
    show.out.print(f"{name} may sign in no more.", markup=False)


def _of_home() -> Accounts:
    """Raises `home.missing`."""
    settings = Settings()
    directory.load(settings)
    return accounts_of(settings)


def _held(path: Path) -> str:
    """A credential that counts, with its key beside it: the key stays there. Raises `credential.*`."""
    leave.holder(path, directory.load(Settings()), wall_clock())
    return leave.text(path)


def _password(from_stdin: bool) -> str:
    """Twice the same where a person types it. Raises Refused `option.invalid`."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    found = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != found:
        raise Refused("password.unfit", detail="What was typed differs.")
    return found
