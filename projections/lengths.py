"""Lengths of time in the unit in which a person reads them."""

from datetime import timedelta
from enum import StrEnum


class Unit(StrEnum):
    SECONDS = "s"
    MINUTES = "min"
    HOURS = "h"
    DAYS = "days"


_UNITS = (
    (timedelta(minutes=2), Unit.SECONDS, timedelta(seconds=1)),
    (timedelta(hours=2), Unit.MINUTES, timedelta(minutes=1)),
    (timedelta(hours=72), Unit.HOURS, timedelta(hours=1)),
    (timedelta.max, Unit.DAYS, timedelta(days=1)),
)


def at_most(length: timedelta) -> tuple[int, Unit]:
    """A length that this one does not exceed: 73 hours are within 4 days, and not within 3."""
    unit, one = next((unit, one) for below, unit, one in _UNITS if length <= below)
    return -(-length // one), unit


def at_least(length: timedelta) -> tuple[int, Unit]:
    """A length that this one reaches: after 73 hours something has waited for 3 days, and not for 4."""
    unit, one = next((unit, one) for below, unit, one in _UNITS if length < below)
    return length // one, unit
