"""Working days: Monday to Friday. Holidays are not known here."""

from datetime import date, datetime, timedelta
from random import Random

DAY = timedelta(days=1)
_FROM, _UNTIL = 7.0, 15.0
"""Office hours, in UTC."""


def is_working(day: date) -> bool:
    return day.weekday() < 5


def nth_after(start: datetime, days: int, rng: Random) -> datetime:
    """Some moment in the office hours of the so-manieth working day after a day."""
    day = start
    while days:
        day += DAY
        days -= is_working(day.date())
    return at_work(day, rng)


def at_work(moment: datetime, rng: Random) -> datetime:
    """Some moment in the office hours of that day, or of the next working day."""
    while not is_working(moment.date()):
        moment += DAY
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=int(rng.uniform(_FROM, _UNTIL) * 3600))


def between(start: datetime, end: datetime) -> int:
    """On the how-manieth working day after a day something was; 0 for the day itself."""
    days = (end.date() - start.date()).days
    return sum(is_working(start.date() + timedelta(days=n)) for n in range(1, days + 1))
