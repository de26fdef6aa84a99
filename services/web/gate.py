"""Around every request: not too many at once, a coded problem for whatever goes wrong, nothing personal in a log."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts import web
from contracts.errors import BarnabusError, Refused
from services.web import answers

_BY_STATUS = {404: "path.unknown", 405: "method.not-allowed"}
_PATHS = frozenset({web.EVENTS, web.LETTERS, web.STREAM, web.HEALTH, web.DESCRIPTION})
_log = structlog.get_logger()


class Gate:
    """ASGI middleware. A stream counts apart, while it lasts: see `streaming`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] == web.STREAM:
            await self._answered(scope, receive, send)
        elif self._under_way >= web.REQUESTS_AT_ONCE:
            await answers.failed(BarnabusError("requests.too-many"))(scope, receive, send)
        else:
            self._under_way += 1
            try:
                await self._answered(scope, receive, send)
            finally:
                self._under_way -= 1

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, noted)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  unforeseen: said, without a word of what was sent
            path = scope["path"] if scope["path"] in _PATHS else None  # any other is what somebody typed
            _log.error("http.failed", path=path, error=type(error).__name__, exc_info=True)
            if not begun:
                await answers.failed(BarnabusError("internal"))(scope, receive, send)


class Streams:
    """How many streams are open, of all and of each system."""

    def __init__(self) -> None:
        self._open = Counter[str]()

    @contextmanager
    def one_of(self, system: str) -> Iterator[None]:
        """Raises `requests.too-many`."""
        if self._open.total() >= web.STREAMS_AT_ONCE or self._open[system] >= web.STREAMS_OF_ONE:
            detail = f"The limit is {web.STREAMS_OF_ONE} streams of one system, {web.STREAMS_AT_ONCE} of all."
            raise BarnabusError("requests.too-many", detail=detail)
        self._open[system] += 1
        try:
            yield
        finally:
            self._open[system] -= 1


async def body(request: Request) -> bytes:
    """All of it. Raises `document.too-large` without reading on, or `request.too-slow`."""
    found = bytearray()
    try:
        async with asyncio.timeout(web.BODY_WITHIN_S):
            async for part in request.stream():
                found += part
                if len(found) > web.BODY_LIMIT_BYTES:
                    raise Refused("document.too-large", detail=f"The limit is {web.BODY_LIMIT_BYTES} bytes.")
    except TimeoutError:
        raise BarnabusError("request.too-slow", detail=f"The limit is {web.BODY_WITHIN_S:g} s.") from None
    return bytes(found)


def on_coded(request: Request, error: Exception) -> Response:
    assert isinstance(error, BarnabusError)
    path = request.scope["path"] if request.scope["path"] in _PATHS else None
    _log.info("http.refused", path=path, code=error.code, detail=error.detail)
    return answers.failed(error)


def on_status(request: Request, error: Exception) -> Response:
    """What the framework itself refuses."""
    assert isinstance(error, HTTPException)
    found = answers.failed(BarnabusError(_BY_STATUS.get(error.status_code, "internal")))
    for name, value in (error.headers or {}).items():  # which methods there are
        found.headers[name] = value
    return found
