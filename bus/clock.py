"""Time enters through here, and only at the edges."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present moment in UTC."""


def wall_clock() -> datetime:
    return datetime.now(UTC)
