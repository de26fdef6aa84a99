"""The wire between a system and its agency's adapter, which can be cut."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from bus import tasks

HOST = "127.0.0.1"
_CHUNK_BYTES = 64 * 1024


class Wire:
    """Carries bytes between whoever connects at `port` and another port of this machine. `carried` counts who did."""

    def __init__(self, to: int) -> None:
        self._to = to
        self._server: asyncio.Server | None = None
        self._under_way: set[asyncio.Task[None]] = set()
        self.port = 0
        self.carried = 0

    async def mend(self) -> None:
        self._server = await asyncio.start_server(self._on_client, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def cut(self) -> None:
        """Every connection breaks, and no new one is taken until it is mended."""
        if self._server:
            self._server.close()
        await tasks.end(*self._under_way)

    async def _on_client(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        self.carried += 1
        task = asyncio.create_task(self._carry(near, back))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _carry(self, near: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        async with contextlib.AsyncExitStack() as ends:
            ends.callback(back.close)
            try:
                far, on = await asyncio.open_connection(HOST, self._to)
            except OSError:
                return
            ends.callback(on.close)
            both = (asyncio.create_task(_flow(near, on)), asyncio.create_task(_flow(far, back)))
            ends.push_async_callback(tasks.end, *both)
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)


async def _flow(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await source.read(_CHUNK_BYTES):
            to.write(chunk)
            await to.drain()


@contextlib.asynccontextmanager
async def wired(port: int) -> AsyncIterator[Wire]:
    wire = Wire(port)
    await wire.mend()
    try:
        yield wire
    finally:
        await wire.cut()
