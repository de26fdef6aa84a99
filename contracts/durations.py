"""How long a span lasted and when a limit ends, by the three clocks: wall, calendar and working (docs/field.md 6).

A day is a date in Kosovo, or where an office says that it lies. What a span lasted and what a limit holds are one law:
in hours, days and working days alike, a span is at most n long exactly when its end is not after the end of a limit of
n from its start.

Two moments in one zone subtract as its clocks show them, an hour off across a change of clocks; hence all is UTC
inside, and what is returned is UTC.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import pairwise
from typing import TypeVar
from zoneinfo import ZoneInfo

from contracts.workdays import WorkingDays

KOSOVO = ZoneInfo("Europe/Belgrade")
"""The zone of Pristina has no name of its own (IANA)."""
KOSOVOS_DAYS = WorkingDays(country="XK")
AFTER_CHANGE_OF_CLOCKS = time(3)
_DAY = timedelta(days=1)
MOST = 100_000
"""So many hours or days a limit may have."""
AT_HAND = 64
"""So many moments are remembered in local time: the clocks of a span ask for its ends again and again."""
_Length = TypeVar("_Length", int, timedelta)


@dataclass(frozen=True, slots=True)
class Office:
    """When an office works, by its own clock. The default is a decision of ours (D) until offices say theirs."""

    opens: time = time(8)
    closes: time = time(16)
    days: WorkingDays = KOSOVOS_DAYS
    zone: ZoneInfo = KOSOVO

    def __post_init__(self) -> None:
        if not AFTER_CHANGE_OF_CLOCKS <= self.opens < self.closes:
            raise ValueError(f"an office opens at 03:00 or later and closes after it: {self.opens} to {self.closes}")

    def left(self, local: datetime) -> timedelta:
        """Of that day's hours, from this moment on; `local` is without a zone."""
        day, none = local.date(), timedelta(0)
        if not self.days.includes(day):
            return none
        opens, closes = datetime.combine(day, self.opens), datetime.combine(day, self.closes)
        return max(closes - max(local, opens), none)

    @property
    def hours(self) -> timedelta:
        """Of a working day."""
        return datetime.combine(date.min, self.closes) - datetime.combine(date.min, self.opens)


OFFICE = Office()


@dataclass(frozen=True, slots=True)
class Span:
    """From one moment to a later one. Raises ValueError if it is empty or reversed, or if a moment has no zone."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", _utc(self.start))
        object.__setattr__(self, "end", _utc(self.end))
        if not self.start < self.end:
            raise ValueError(f"a span ends after it starts: {self.start.isoformat()} to {self.end.isoformat()}")

    @property
    def wall(self) -> timedelta:
        """Day and night, whatever the clocks on the wall were changed to."""
        return self.end - self.start

    @property
    def calendar_days(self) -> int:
        """Midnights passed in Kosovo: 0 within one day, 1 to any moment of the next."""
        return (_local(self.end).date() - _local(self.start).date()).days

    def working_days(self, office: Office = OFFICE) -> int:
        """Working days after the start's day, up to the end's, which is counted even when it is free.

        So Thursday to Saturday is 2: the one working day between them is over. Office hours play no part.
        """
        first, last = _local(self.start, office.zone).date(), _local(self.end, office.zone).date()
        return office.days.between(first, last - _DAY) + 1 if first < last else 0

    def working_time(self, office: Office = OFFICE) -> timedelta:
        """How much of the span lay in office hours."""
        start, end = _local(self.start, office.zone), _local(self.end, office.zone)
        whole = office.days.between(start.date(), end.date()) * office.hours
        return whole + office.left(start) - office.left(end)


class Unit(StrEnum):
    """What a limit counts, and so by which clock it runs."""

    HOURS = "hours"  # wall: urgent limits run out of hours too
    DAYS = "days"  # calendar
    WORKING_DAYS = "working-days"


@dataclass(frozen=True, slots=True)
class Limit:
    """So many units from some start. "The same day" is 0 days; any other below 1, or above MOST, is a ValueError."""

    count: int
    unit: Unit

    def __post_init__(self) -> None:
        if not (0 if self.unit is Unit.DAYS else 1) <= self.count <= MOST:
            raise ValueError(f"no limit: {self.count} {self.unit}")

    def ends(self, start: datetime, office: Office = OFFICE) -> datetime:
        """The last moment inside. A limit in days ends with its last day, and not when the office closes (D)."""
        if self.unit is Unit.HOURS:
            return _utc(start) + timedelta(hours=self.count)
        day = _local(_utc(start), office.zone).date()
        if self.unit is Unit.DAYS:
            last = day + timedelta(days=self.count)
        else:
            last = office.days.nth_after(day, self.count)
        return datetime.combine(last, time.max, office.zone).astimezone(UTC)

    def holds(self, start: datetime, moment: datetime, office: Office = OFFICE) -> bool:
        """Whether a moment is inside; exactly at the end is."""
        return _utc(moment) <= self.ends(start, office)


def band(length: _Length, limits: Sequence[_Length]) -> int:
    """Which of the bands that rising limits make: 0 is up to the first, that one included, and so on; the last is open.

    Four days are not in the band that ends at 3 (a known error of the field), and 72 hours are in that of 72 hours.
    """
    if any(later <= earlier for earlier, later in pairwise(limits)):
        raise ValueError("the limits of bands rise")
    return bisect_left(limits, length)


def _utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"a moment without a zone: {moment.isoformat()}")
    return moment.astimezone(UTC)


@lru_cache(maxsize=AT_HAND)
def _local(moment: datetime, zone: ZoneInfo = KOSOVO) -> datetime:
    """As an office's clock shows it."""
    return moment.astimezone(zone).replace(tzinfo=None)
