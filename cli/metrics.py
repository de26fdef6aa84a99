"""`barnabus projections metrics`: what a Prometheus server asks for, over HTTP.

It is a command of its own, beside `run`: whoever watches the read models must outlive the run that stops, and a client
that takes its time must not be able to hold a run up.
"""

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from functools import partial
from socketserver import ThreadingMixIn
from threading import BoundedSemaphore, Thread, Timer
from typing import Annotated, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
import typer

from bus import directory, logging
from bus.clock import wall_clock
from bus.settings import Settings
from cli import show
from cli.log import log_end
from cli.run import until_told
from contracts.errors import BarnabusError
from projections.lag import LogEnd
from projections.view import Place
from services.web import address

HOST, PORT = address.HOST, 9464
SCRAPES_AT_ONCE = 4
REQUEST_LIMIT_S = 15.0
"""From the first byte to the last, whatever the client does; more than a view and a log may take together."""
_BUSY = b"HTTP/1.0 503 Service Unavailable\r\nContent-Type: text/plain\r\nRetry-After: 15\r\n\r\nToo many at once.\n"
_log = structlog.get_logger()


@show.coded
def metrics(
    listen: Annotated[
        str, typer.Option(help="[HOST:]PORT; on this machine alone unless a host is named.")
    ] = f"{HOST}:{PORT}",
) -> None:
    """Serve metrics for Prometheus out of the read models, until Ctrl-C; works whether or not `run` does."""
    logging.configure("metrics")
    settings = Settings()
    directory.load(settings)  # says what to do where there is no home
    where = address.Address.of(listen, "--listen")
    with served(settings, where.host, where.port) as url:
        show.out.print(f"Metrics are at {url}. Ctrl-C ends it.")
        asyncio.run(until_told(_forever()))


async def _forever() -> None:
    await asyncio.Event().wait()


@contextlib.contextmanager
def served(settings: Settings, host: str, port: int) -> Iterator[str]:
    """The address, with any free port for 0, while inside. Raises `address.unusable`, `protocol.invalid`."""
    from prometheus_client import CollectorRegistry, make_wsgi_app  # what no other command should wait for

    from contracts import protocol
    from projections.metrics import Collector

    rules = protocol.read(settings.protocol).rule_ids
    registry = CollectorRegistry()
    registry.register(Collector(Place.of(settings), settings.keeper, rules, partial(_log_end, settings), wall_clock))
    try:
        server = _Server(host, port)
    except OSError as error:
        raise BarnabusError("address.unusable", detail=f"{host}, port {port}: {error.strerror}.") from None
    server.set_app(make_wsgi_app(registry))
    serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True)
    serving.start()
    try:
        yield f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        serving.join()


def _log_end(settings: Settings, position: int) -> LogEnd:
    return asyncio.run(log_end(settings, position))


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass


class _Server(ThreadingMixIn, WSGIServer):
    """So many requests at once, each in a thread for so long; whoever comes on top of that is told to come again."""

    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._places = BoundedSemaphore(SCRAPES_AT_ONCE)
        super().__init__((host, port), _Quiet)

    def process_request(self, request: Any, client_address: Any) -> None:
        if self._places.acquire(blocking=False):
            super().process_request(request, client_address)
            return
        with contextlib.suppress(OSError):
            request.sendall(_BUSY)
        self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        limit = Timer(REQUEST_LIMIT_S, _cut, [request])
        limit.daemon = True
        limit.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            limit.cancel()
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        _log.warning("metrics.cut", exc_info=True)


def _cut(request: socket.socket) -> None:
    with contextlib.suppress(OSError):
        request.shutdown(socket.SHUT_RDWR)
