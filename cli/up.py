"""`barnabus up`: running all of it."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from bus import logging, node, tasks
from bus.settings import Settings
from cli import keeper, read_models, show
from cli.agencies import OF_THE_FIELD
from cli.log import synthetic
from cli.run import until_told
from services.web.address import Address

if TYPE_CHECKING:
    from services.adapter import Adapter


@show.coded
def up(
    http: Annotated[
        str | None,
        typer.Option(help="Adapters over HTTP, too, from [HOST:]PORT on, a port each; 0: whichever are free."),
    ] = None,
) -> None:
    """Run everything: server, gateway, adapters, read models, keeper. Ctrl-C ends it and leaves nothing running.

    A home that holds made-up cases is only shown: server and read models, and nobody who writes.
    """
    logging.configure("up")
    asyncio.run(until_told(_up(Settings(), Address.of(http, "--http") if http else None)))


async def _up(settings: Settings, listen: Address | None) -> None:
    async with contextlib.AsyncExitStack() as running:
        server = await running.enter_async_context(node.embedded(settings))
        await running.enter_async_context(read_models.at_work(settings))
        where = f"Barnabus is up at {server.url}, home {settings.home}"
        made_up = await synthetic(settings)
        tasks.heed()
        if made_up:
            show.out.print(f"{where}: made-up cases, to look at only. Ctrl-C ends it.")
            show.out.print("Try: barnabus handoffs summary")
            await asyncio.Event().wait()
        service = await running.enter_async_context(node.gateway(settings))
        adapters = await _start_adapters(settings, running, listen)
        await running.enter_async_context(keeper.at_work(settings))
        tasks.heed()
        node.keep_what_is_loaded()
        show.out.print(f"{where}. Ctrl-C ends it.")
        for adapter in adapters:
            if adapter.url:
                show.out.print(f"The adapter of {adapter.agency} is at {adapter.url}")
        show.out.print("Try: barnabus submit police contracts/examples/referral.made.valid.json")
        await service.until_ended()


async def _start_adapters(
    settings: Settings, running: contextlib.AsyncExitStack, listen: Address | None
) -> list["Adapter"]:
    from services.adapter import Adapter, stop  # FastStream: a third of a second that nobody else should wait for

    started: list[Adapter] = []
    running.push_async_callback(stop, started)
    for place, kind in enumerate(OF_THE_FIELD.values()):
        adapter = Adapter(kind, settings, listen=listen.next(place) if listen else None)
        await adapter.start()
        started.append(adapter)
    return started
