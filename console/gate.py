"""Around every request: not too many at once, no answer that another site could use, nothing personal in a log."""

import asyncio
from collections.abc import Mapping
from types import MappingProxyType

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from contracts.errors import BarnabusError, Refused

REQUESTS_AT_ONCE = 32
"""Streams apart: console/live.py bounds those."""
FORM_LIMIT_BYTES = 4 * 1024
FORM_WITHIN_S = 10.0
HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "content-security-policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "object-src 'none'",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "permissions-policy": "camera=(), geolocation=(), microphone=()",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
    }
)
HSTS = "max-age=31536000"
"""Where TLS ends before this: a browser that was here once comes by TLS alone from then on."""
_log = structlog.get_logger()


class Gate:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, behind_tls: bool, streams: tuple[str, ...]) -> None:
        self._app, self._streams = app, streams
        self._headers = {**HEADERS, "strict-transport-security": HSTS} if behind_tls else HEADERS
        self._under_way = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                headers.setdefault("cache-control", "no-store")
            await send(message)

        counted = scope["path"] not in self._streams
        if counted and self._under_way >= REQUESTS_AT_ONCE:
            await _plain("requests.too-many")(scope, receive, with_headers)
            return
        self._under_way += counted
        try:
            await self._app(scope, receive, with_headers)
        except ClientDisconnect:
            return
        except Exception as error:  # noqa: BLE001  unforeseen: said, without a word of what was sent
            _log.error("console.failed", path=scope["path"], error=type(error).__name__, exc_info=True)
            if not begun:
                await _plain("internal")(scope, receive, with_headers)
        finally:
            self._under_way -= counted


def _plain(code: str) -> PlainTextResponse:
    """Where no page can be drawn."""
    error = BarnabusError(code)
    return PlainTextResponse(f"{error}\n", error.row.http, {"retry-after": "5"})


async def body(request: Request, limit_bytes: int) -> bytes:
    """A form's, all of it. Raises Refused `document.too-large` without reading on, or `request.too-slow`."""
    found = bytearray()
    try:
        async with asyncio.timeout(FORM_WITHIN_S):
            async for part in request.stream():
                found += part
                if len(found) > limit_bytes:
                    raise Refused("document.too-large", detail=f"The limit is {limit_bytes} bytes.")
    except TimeoutError:
        raise BarnabusError("request.too-slow", detail=f"The limit is {FORM_WITHIN_S:g} s.") from None
    return bytes(found)
