"""What `barnabus doctor` finds: each check with its state, what it found, and the next step."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from nats.errors import Error as NatsError

from contracts.errors import BarnabusError

GROUPS = ("home", "processes", "log", "clocks", "keys", "stores")
"""In this order they are shown."""


@dataclass(frozen=True, slots=True)
class Finding:
    """`until` is when by itself something ends that has to be renewed before."""

    check: str
    state: str  # ok, warn, fail
    said: str
    next: str = ""
    group: str = "home"
    until: datetime | None = None


def failed(check: str, error: BarnabusError, group: str = "home") -> Finding:
    said = f"{error.code}: {error.row.message} {error.detail or ''}".strip()
    return Finding(check, "fail", said, error.row.hint, group)


def tried(check: str, look: Callable[[], str], group: str = "home") -> Finding:
    try:
        return Finding(check, "ok", look(), group=group)
    except BarnabusError as error:
        return failed(check, error, group)


async def tried_async(check: str, look: Callable[[], Awaitable[str]], group: str) -> Finding:
    try:
        return Finding(check, "ok", await look(), group=group)
    except BarnabusError as error:
        return failed(check, error, group)
    except (NatsError, TimeoutError) as error:
        return failed(check, BarnabusError("nats.unreachable", detail=type(error).__name__), group)
