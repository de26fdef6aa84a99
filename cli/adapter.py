"""`barnabus adapter AGENCY`: running one agency's adapter."""

import asyncio
from typing import Annotated

import typer

from bus.settings import Settings
from cli import show
from cli.agencies import APPLICATIONS
from services.adapter import Adapter
from services.web.address import Address


@show.coded
def adapter(
    agency: Annotated[str, typer.Argument(help="police, prosecution, social, health or oversight.")],
    http: Annotated[
        str | None,
        typer.Option(help="Also over HTTP, at [HOST:]PORT; on this machine alone unless a host is named."),
    ] = None,
) -> None:
    """Run one agency's adapter."""
    kind, listen = APPLICATIONS[show.agency(agency)], Address.of(http, "--http") if http else None
    asyncio.run(Adapter(kind, Settings(), listen=listen).app.run())
