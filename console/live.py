"""Tells open pages that what they show has changed, by server-sent events: that it has, and not what."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable

from starlette.requests import Request
from starlette.responses import StreamingResponse

from console.accounts import Account
from contracts import web
from contracts.errors import BarnabusError

LOOK_EVERY_S = 1.0
AT_ONCE, OF_ONE = 64, 8
COME_BACK_AFTER_MS = 5_000


class Live:
    """`mark` is what changes when a page would; it may raise any code, and is then asked again.

    `still` says who listens, if it still may.
    """

    def __init__(self, mark: Callable[[], Awaitable[str]], still: Callable[[Request], Account | None]) -> None:
        self._mark, self._still = mark, still
        self._open = Counter[str]()
        self.closing = asyncio.Event()

    def told(self, request: Request, account: Account) -> StreamingResponse:
        """Raises `requests.too-many`."""
        if self._open.total() >= AT_ONCE or self._open[account.name] >= OF_ONE:
            raise BarnabusError("requests.too-many", detail=f"The limit is {OF_ONE} live pages of one account.")
        return StreamingResponse(
            self._events(request, account), media_type=web.SSE, headers={"x-accel-buffering": "no"}
        )

    async def _events(self, request: Request, account: Account) -> AsyncIterator[str]:
        self._open[account.name] += 1
        try:
            yield f"retry: {COME_BACK_AFTER_MS}\n\n"
            seen, quiet_s = None, 0.0
            while not self.closing.is_set():
                if self._still(request) != account:
                    yield "event: ended\ndata: {}\n\n"
                    return
                mark = await self._marked() or seen
                if seen is not None and mark != seen:
                    yield "event: changed\ndata: {}\n\n"
                elif quiet_s >= web.HEARTBEAT_EVERY_S:
                    yield ": still here\n\n"
                quiet_s = 0.0 if mark != seen or quiet_s >= web.HEARTBEAT_EVERY_S else quiet_s + LOOK_EVERY_S
                seen = mark
                await self._pause()
        finally:
            self._open[account.name] -= 1

    async def _marked(self) -> str | None:
        try:
            return await self._mark()
        except BarnabusError:  # the page itself says why
            return None

    async def _pause(self) -> None:
        closing = asyncio.ensure_future(self.closing.wait())
        try:
            await asyncio.wait({closing}, timeout=LOOK_EVERY_S)
        finally:
            closing.cancel()
