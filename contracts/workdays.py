"""Working days: which days are, how many lie between two dates, and which is the n-th after one.

The weekdays and the holidays are data, so that the offices' days and those of a made-up year are counted by one law.
"""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

WEEKDAYS = frozenset(range(5))
"""Monday to Friday, as `date.weekday` numbers them."""


@dataclass(frozen=True, slots=True)
class WorkingDays:
    """These days of the week, without the public holidays of a country (by its ISO code), if one is named.

    The dates of the two Eids are the library's estimates where no authority has announced them.
    """

    weekdays: frozenset[int] = WEEKDAYS
    country: str | None = None

    def __post_init__(self) -> None:
        if not self.weekdays or not self.weekdays <= frozenset(range(7)):
            raise ValueError(f"days of the week are numbered 0 to 6, and one of them is worked: {set(self.weekdays)}")

    def includes(self, day: date) -> bool:
        days = _of_year(self, day.year)
        place = bisect_left(days, day)
        return place < len(days) and days[place] == day

    def between(self, after: date, until: date) -> int:
        """How many come after one date and not after the other."""
        years = (_of_year(self, year) for year in range(after.year, until.year + 1))
        return sum(bisect_right(days, until) - bisect_right(days, after) for days in years)

    def nth_after(self, day: date, n: int) -> date:
        """The n-th working day after a date, which need be none itself; with n = 0, that date. ValueError below 0."""
        if n < 0:
            raise ValueError(f"the {n}-th working day after {day}")
        if n == 0:
            return day
        year, days = day.year, _of_year(self, day.year)
        place = bisect_right(days, day) + n - 1
        while place >= len(days):
            place, year = place - len(days), year + 1
            days = _of_year(self, year)
        return days[place]


@lru_cache(maxsize=1024)
def _of_year(days: WorkingDays, year: int) -> tuple[date, ...]:
    free = _holidays(days.country, year) if days.country else frozenset()
    first, length = date(year, 1, 1), (date(year, 12, 31) - date(year, 1, 1)).days + 1
    every = (first + timedelta(days=n) for n in range(length))
    return tuple(day for day in every if day.weekday() in days.weekdays and day not in free)


def _holidays(country: str, year: int) -> frozenset[date]:
    """As the library has them, those that it moves to the next working day included.

    Raises ValueError for a year that it knows nothing of (Kosovo's begin in 2009), where it would say: none.
    """
    from holidays import country_holidays

    known = country_holidays(country, years=year)
    if not known.start_year <= year <= known.end_year:
        raise ValueError(f"the public holidays of {country} in {year} are not known")
    return frozenset(known)
