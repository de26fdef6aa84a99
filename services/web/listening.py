"""The feed as a stream of server-sent events, for one listener: what is there, and then what comes.

A listener that reads slowly is sent the next page only once it has taken the last one, and one that takes nothing is
let go by its connection (`services.web.door`): what waits for it waits in the store.
"""

import asyncio
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from starlette.types import Receive, Scope, Send

from bus import seal
from contracts import web
from contracts.errors import BarnabusError
from services.telling import Page
from services.web.bell import Bell

AT_ONCE = 20
"""So many items are read in one go: an adapter does nothing else meanwhile."""
LOOK_EVERY_S = 0.5
"""While nothing rings."""
COME_BACK_AFTER_MS = 2_000
HEARTBEAT = b": still here\n\n"
_HEADERS = [
    (b"content-type", f"{web.SSE}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

Next = Callable[[int], Page]
"""What was told above a number. Raises BarnabusError once the listener may hear nothing more."""


class Listening:
    """An ASGI response. It ends when the listener goes, when `told` refuses, or when `closing` is set.

    `place` is held while it lasts, and may refuse before it begins.
    """

    def __init__(
        self, told: Next, after: int, bell: Bell, closing: asyncio.Event, place: AbstractContextManager[None]
    ) -> None:
        self._place = place
        self._told = told
        self._after = after
        self._bell = bell
        self._closing = closing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._place:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            if scope["method"] != "HEAD":
                await self._listened_to(receive, send)
            await send({"type": "http.response.body", "body": b""})

    async def _listened_to(self, receive: Receive, send: Send) -> None:
        ends = [asyncio.create_task(_gone(receive)), asyncio.create_task(self._closing.wait())]
        speaking = asyncio.create_task(self._speak(send))
        try:
            await asyncio.wait([*ends, speaking], return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (*ends, speaking):
                task.cancel()
            *_, said = await asyncio.gather(*ends, speaking, return_exceptions=True)
        if isinstance(said, Exception):  # unforeseen: the gate says so
            raise said

    async def _speak(self, send: Send) -> None:
        await _sent(send, f"retry: {COME_BACK_AFTER_MS}\n\n".encode())
        loop = asyncio.get_running_loop()
        said_at = loop.time()
        while True:
            try:
                page = self._told(self._after)
            except BarnabusError:  # it asks again, and is told why
                return
            self._after = page.next
            if page.items:
                await _sent(send, b"".join(map(_event, page.items)))
                await asyncio.sleep(0)  # others come in between, and if the listener has gone that is noticed
            elif loop.time() - said_at > web.HEARTBEAT_EVERY_S:
                await _sent(send, HEARTBEAT)
            else:
                await self._bell.rung(LOOK_EVERY_S)
                continue
            said_at = loop.time()


def _event(item: Mapping[str, Any]) -> bytes:
    return b"id: %d\ndata: %s\n\n" % (item["feed"], seal.dump(item))


async def _sent(send: Send, body: bytes) -> None:
    """Once there is room for it; nothing is done if the listener has gone."""
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
