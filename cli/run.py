"""`barnabus gateway`, `provision`: running its parts."""

import asyncio
import signal
from collections.abc import Coroutine
from typing import Annotated, Any

import typer

from bus import logging, node, provisioning
from bus import servers as production
from bus.clock import wall_clock
from bus.settings import Settings
from cli import show


async def until_told(work: Coroutine[Any, Any, None]) -> bool:
    """Let this work until it ends, or until Ctrl-C or SIGTERM end it. Did it end by itself?"""
    working = asyncio.create_task(work)
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, working.cancel)
    try:
        await working
    except asyncio.CancelledError:
        return False
    return True


@show.coded
def provision(
    streams: Annotated[bool, typer.Option("--streams", help="Make the streams on the server that runs.")] = False,
    servers: Annotated[
        str | None,
        typer.Option(help="For a production: its servers, HOST[:PORT],…; one, three or five, with TLS between all."),
    ] = None,
) -> None:
    """Make a new home: everybody's keys, the signed directory, the server's configuration. Nothing is written over."""
    settings = Settings()
    if streams:
        asyncio.run(node.prepare(settings))
        show.out.print(f"The streams at {settings.url()} are as they must be.")
        return
    provisioning.provision(settings, wall_clock(), production.parse(servers) if servers else ())
    show.out.print(f"Provisioned {settings.home}.")
    if servers:
        show.out.print(f"Each folder in {settings.servers} to its machine; there, in it: nats-server -c nats.conf")
        show.out.print(
            f"To every home: {settings.urls.name} and {settings.ca.name}. Then: barnabus provision --streams."
        )
    else:
        show.out.print(
            f"A server of your own: nats-server -c {settings.nats_config}, then barnabus provision --streams."
        )
    show.out.print(
        f"Now take {settings.keys('root')} off this machine: the root key signs the directory and is not needed to run."
    )


@show.coded
def gateway(
    name: Annotated[str, typer.Option(help="Two gateways of a home have two names; one is active.")] = "a",
) -> None:
    """Run a gateway: the active one, or standing by while another is."""
    logging.configure(f"gateway-{name}")
    asyncio.run(until_told(_gateway(Settings(), name)))


async def _gateway(settings: Settings, name: str) -> None:
    async with node.gateway(settings, name) as service:
        node.keep_what_is_loaded()
        await service.until_ended()
