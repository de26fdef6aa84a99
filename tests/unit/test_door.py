"""The door that agencies' HTTP and the console share."""

import asyncio
import socket

import httpx
import pytest
from starlette.applications import Starlette
from starlette.types import ASGIApp

from services.web import door
from services.web.address import Address


class Nothing:
    def __init__(self) -> None:
        self.app: ASGIApp = Starlette()
        self.closing = asyncio.Event()


async def test_an_answer_is_sent_at_once_and_waits_for_no_acknowledgment_of_its_head(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else every small page took 40 ms longer (docs/benchmarks.md)."""
    at_once = list[int]()

    class Seen(door._Connection):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as there
            super().connection_made(transport)
            found = transport.get_extra_info("socket")
            at_once.append(found.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))

    monkeypatch.setattr(door, "_Connection", Seen)
    opened = door.Door(Address.of("0", "--listen"))
    opened.open(Nothing())
    async with httpx.AsyncClient() as client:
        assert (await client.get(opened.url)).status_code == 404
    await opened.close()
    assert len(at_once) == 1
    assert at_once[0]
