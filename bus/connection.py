"""Connecting to NATS as one user of one account, and saying so when it cannot be reached."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any

import nats
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import keys, tasks
from bus.settings import Settings
from contracts.errors import BarnabusError

RECONNECT_WAIT_S = 0.25
CONNECT_TIMEOUT_S = 2
PING_EVERY_S = 20
PINGS_UNANSWERED = 2
"""After so many a connection counts as dead, though nothing has said so."""
SAY_AGAIN_S = 10.0
_log = structlog.get_logger()


class Reach:
    """Says once that NATS has gone, again every few seconds while it is away, and once that it is back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._said = 0.0

    async def on_error(self, error: Exception) -> None:
        if not isinstance(error, OSError | EOFError | TimeoutError | NatsError):
            _log.error("nats.error", error=type(error).__name__)
            return
        now = time.monotonic()
        if now - self._said >= SAY_AGAIN_S:
            self._said = now
            row = BarnabusError("nats.unreachable").row
            _log.warning("nats.unreachable", url=self._url, error=type(error).__name__, hint=row.hint)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        self._said = time.monotonic() + 3600
        try:
            yield
        finally:
            self.reset()

    def reset(self) -> None:
        self._said = 0.0

    async def on_back(self) -> None:
        self.reset()
        _log.info("nats.reconnected", url=self._url)


def inbox_prefix(user: str) -> str:
    """Where a user hears its answers: one user of an account cannot listen to another's."""
    return f"_INBOX.{user}"


def options(settings: Settings, owner: str, user: str) -> dict[str, Any]:
    """What every connection of ours is opened with; keys are read, nothing is sent."""
    return {
        "nkeys_seed_str": keys.read(settings.keys(owner) / f"{user}.nk").decode(),
        "inbox_prefix": inbox_prefix(user),
        "name": f"barnabus-{owner}-{user}",
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": RECONNECT_WAIT_S,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "ping_interval": PING_EVERY_S,
        "max_outstanding_pings": PINGS_UNANSWERED,
    }


async def connect(settings: Settings, owner: str, user: str, *, patient: bool) -> Client:
    """A connection. A patient one waits for NATS as long as it takes and says so; else `nats.unreachable` in 3 s."""
    url = settings.url()
    reach = Reach(url)
    told = {"error_cb": reach.on_error, "reconnected_cb": reach.on_back}
    opening = nats.connect(url, **options(settings, owner, user), **told)
    if patient:
        return await tasks.outcome(opening)
    try:
        with reach.silent():  # the caller says it once, and what to do
            return await asyncio.wait_for(opening, CONNECT_TIMEOUT_S + 1)
    except (TimeoutError, OSError, NatsError):
        raise BarnabusError("nats.unreachable", detail=f"Tried {url}.") from None


async def close(nats: Client) -> None:
    """Close it, also if it still holds bytes for a socket that is gone."""
    with contextlib.suppress(OSError):
        await nats.close()
