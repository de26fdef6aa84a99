"""Working days: Monday to Friday. Holidays are not known here."""

from datetime import date, datetime, timedelta
from random import Random

DAY = timedelta(days=1)
_FROM, _UNTIL = 7.0, 15.0
"""Office hours, in UTC."""


def is_working(day: date) -> bool:
    return day.weekday() < 5


def nth_after(start: datetime, days: int) -> datetime:
    """The so-manieth working day after a day, at the same time of day."""
    day = start
    while days:
        day += DAY
        days -= is_working(day.date())
    return day


def at_work(moment: datetime, rng: Random) -> datetime:
    """Some moment in the office hours of that day, or of the next working day."""
    while not is_working(moment.date()):
        moment += DAY
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=int(rng.uniform(_FROM, _UNTIL) * 3600))
