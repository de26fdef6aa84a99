"""`barnabus up`, `gateway`, `adapter`, `provision`: running it."""

import asyncio
import contextlib
import signal
from typing import Annotated

import typer

from bus import logging, node, provisioning
from bus.clock import wall_clock
from bus.settings import Settings
from cli import show
from cli.agencies import APPLICATIONS


def until_told() -> asyncio.Event:
    """Set by Ctrl-C and by SIGTERM."""
    told = asyncio.Event()
    for wanted in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(wanted, told.set)
    return told


@show.coded
def provision(
    streams: Annotated[bool, typer.Option("--streams", help="Make the streams on the server that runs.")] = False,
) -> None:
    """Make a new home: everybody's keys, the signed directory, the server's configuration. Nothing is written over."""
    settings = Settings()
    if streams:
        asyncio.run(node.prepare(settings))
        show.out.print(f"The streams at {settings.url()} are as they must be.")
        return
    provisioning.provision(settings, wall_clock())
    show.out.print(f"Provisioned {settings.home}.")
    show.out.print(
        f"A server of your own: nats-server -c {settings.home / 'nats.conf'}, then barnabus provision --streams."
    )
    show.out.print(
        f"Now take {settings.keys('root')} off this machine: the root key signs the directory and is not needed to run."
    )


@show.coded
def up() -> None:
    """Run everything in one process: server, gateway, adapters. Ctrl-C ends it and leaves nothing running."""
    logging.configure("up")
    asyncio.run(_up(Settings()))


async def _up(settings: Settings) -> None:
    from services.adapter import Adapter  # FastStream: a third of a second that no other command should wait for

    told = until_told()
    async with contextlib.AsyncExitStack() as running:
        server = await running.enter_async_context(node.embedded(settings))
        await running.enter_async_context(node.gateway(settings))
        for kind in APPLICATIONS.values():
            adapter = Adapter(kind, settings)
            await adapter.start()
            running.push_async_callback(adapter.stop)
        show.out.print(f"Barnabus is up at {server.url}, home {settings.home}. Ctrl-C ends it.")
        show.out.print("Try: barnabus submit police contracts/examples/referral.made.valid.json")
        await told.wait()


@show.coded
def gateway(
    name: Annotated[str, typer.Option(help="Two gateways of a home have two names; one is active.")] = "a",
) -> None:
    """Run a gateway: the active one, or standing by while another is."""
    logging.configure(f"gateway-{name}")
    asyncio.run(_gateway(Settings(), name))


async def _gateway(settings: Settings, name: str) -> None:
    told = until_told()
    ending, serving = asyncio.create_task(told.wait()), asyncio.create_task(_serve(settings, name, told))
    await asyncio.wait({ending, serving}, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    serving.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await serving


async def _serve(settings: Settings, name: str, told: asyncio.Event) -> None:
    async with node.gateway(settings, name) as service:
        if not told.is_set():  # a cancellation can get lost while it connects
            await asyncio.wait({service.ended})
            service.ended.result()


@show.coded
def adapter(agency: Annotated[str, typer.Argument(help="police or social.")]) -> None:
    """Run one agency's adapter."""
    from services.adapter import Adapter

    kind = APPLICATIONS[show.agency(agency, APPLICATIONS)]
    asyncio.run(Adapter(kind, Settings()).app.run())
