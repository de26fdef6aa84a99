"""`barnabus console`: the web console, and who may sign in to it."""

import asyncio
import contextlib
import getpass
import sys
from collections.abc import AsyncIterator
from typing import Annotated, Any

import typer

from bus import directory, logging, node
from bus.clock import wall_clock
from bus.settings import Settings
from cli import doctor, show
from cli.log import log_end
from cli.run import until_told
from console.accounts import Accounts
from console.app import Console
from console.roles import Role
from console.sources import Sources
from contracts import places, protocol
from contracts.errors import BarnabusError, Refused
from services.web.address import Address
from services.web.door import Door

app = typer.Typer(help="The web console: watch handoffs and duties. It reads, and changes nothing but its accounts.")
accounts = typer.Typer(no_args_is_help=True, help="Who may sign in to the console, and in which role.")
app.add_typer(accounts, name="accounts")
PORT = "8480"
Name = Annotated[str, typer.Argument(metavar="NAME", help="As it is typed in to sign in.")]
Listen = Annotated[str, typer.Option(help="[HOST:]PORT; this machine alone unless a host is named; 0: a free one.")]
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

    sources = Sources(settings, rules, table, wall_clock, lambda position: log_end(settings, position), examined)
    served = Console(sources, known, behind_tls=behind_tls)
    door = Door(address)
    try:
        door.open(served)
        await served.look_ahead()
        yield door.url
    finally:
        await door.close()
        await served.close()


def accounts_of(settings: Settings) -> Accounts:
    return Accounts(settings.home / "console" / "accounts.json")


@accounts.command()
@show.coded
def add(
    name: Name,
    role: Annotated[str, typer.Option(help="operator, investigator, integrator or oversight.")],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="The password is the first line of standard input.")
    ] = False,
) -> None:
    """Make an account; its password is asked for on the terminal."""
    known = _of_home()
    if role not in list(Role):
        raise Refused("option.invalid", field="--role", detail=f"There are: {', '.join(Role)}.")
    known.add(name, Role(role), _password(password_stdin))
    show.out.print(f"{name} may sign in as {role}.", markup=False)


@accounts.command("list")
@show.coded
def list_(as_json: show.AsJson = False) -> None:
    """List who may sign in, and in which role."""
    found = [{"name": account.name, "role": account.role.value} for account in _of_home().all().values()]
    if as_json:
        show.document({"accounts": found})
    else:
        show.table(("name", "role"), ((one["name"], one["role"]) for one in found), empty="There are none.")


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


def _password(from_stdin: bool) -> str:
    """Twice the same where a person types it. Raises Refused `option.invalid`."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    found = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != found:
        raise Refused("password.unfit", detail="What was typed differs.")
    return found
