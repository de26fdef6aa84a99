"""Wakes those who wait for the feed to grow."""

import asyncio


class Bell:
    def __init__(self) -> None:
        self._waiting = set[asyncio.Future[None]]()

    def ring(self) -> None:
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_result(None)

    async def rung(self, within_s: float) -> None:
        """Once somebody rings, or this time is over: what other processes write rings no bell."""
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.add(waiting)
        try:
            await asyncio.wait({waiting}, timeout=within_s)
        finally:
            self._waiting.discard(waiting)
