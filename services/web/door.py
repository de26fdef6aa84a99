"""An HTTP server inside the process that it speaks for: uvicorn, with every limit spelled out."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from typing import Protocol

import structlog
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from bus import tasks
from contracts import web
from contracts.errors import BarnabusError
from services.web.address import Address

STOP_WITHIN_S = 3
AGAIN_AFTER_S = 1.0
_log = structlog.get_logger()


class Served(Protocol):
    """What a door opens on: its streams end once `closing` is set."""

    app: ASGIApp
    closing: asyncio.Event


class _Connection(H11Protocol):
    """Cut off where a peer begins no request, or takes nothing of what it asked for, within a bound."""

    _taking: asyncio.TimerHandle | None = None
    _beginning: asyncio.TimerHandle | None = None
    _answered: object = None
    """The request that was answered last; None before the first, as the library has its `cycle` until then."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as the library has it
        super().connection_made(transport)
        self._await_request()

    def on_response_complete(self) -> None:
        self._answered = self.cycle
        super().on_response_complete()
        self._await_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        _cancel(self._taking)
        self._taking = self.loop.call_later(web.SENT_WITHIN_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        _cancel(self._taking)

    def connection_lost(self, exc: Exception | None) -> None:
        _cancel(self._taking)
        _cancel(self._beginning)
        super().connection_lost(exc)

    def _await_request(self) -> None:
        """All of its head: bytes alone begin nothing."""
        _cancel(self._beginning)
        self._beginning = self.loop.call_later(web.BODY_WITHIN_S, self._unless_begun)

    def _unless_begun(self) -> None:
        if self.cycle is self._answered:
            self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer:
        timer.cancel()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Signals end the adapter, which ends this."""
        yield


class Door:
    """Listens from the moment it is made, and answers from `open` to `close`. Raises `address.unusable`."""

    def __init__(self, address: Address) -> None:
        family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
        # By its protocol the loop knows that it may send at once: else a head waits 40 ms for its body.
        self._socket = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            self._socket.bind((address.host, address.port))
        except OSError as error:
            self._socket.close()
            detail = f"{address.host}, port {address.port}: {error.strerror}."
            raise BarnabusError("address.unusable", detail=detail) from None
        host, port = self._socket.getsockname()[:2]
        self.url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        self._serving: asyncio.Task[None] | None = None

    def open(self, routes: Served) -> None:
        self._routes = routes
        self._server = _server(routes)
        self._serving = asyncio.create_task(self._serve())

    async def _serve(self) -> None:
        while not self._routes.closing.is_set():
            try:
                await self._server.serve([self._socket.dup()])
            except Exception as error:  # noqa: BLE001  without its door a process would be silence
                _log.error("http.stopped", error=type(error).__name__, exc_info=True)
                await asyncio.sleep(AGAIN_AFTER_S)
                self._server = _server(self._routes)

    async def close(self) -> None:
        """What is being answered is answered, within a bound; streams end."""
        if self._serving:
            self._routes.closing.set()
            self._server.should_exit = True
            await asyncio.wait({self._serving}, timeout=STOP_WITHIN_S + 1)
            await tasks.end(self._serving)
            self._serving = None
        self.drop()

    def drop(self) -> None:
        """Listen no more. Safe to repeat."""
        self._socket.close()


def _server(routes: Served) -> _Server:
    config = uvicorn.Config(
        routes.app,
        http=_Connection,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        proxy_headers=False,  # nobody is believed who he says he is by a header
        server_header=False,
        limit_concurrency=web.CONNECTIONS_AT_ONCE,
        h11_max_incomplete_event_size=web.HEADERS_LIMIT_BYTES,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    return _Server(config)
