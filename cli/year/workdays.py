"""The working days of a made-up year: Monday to Friday, by UTC. It keeps no holidays."""

from datetime import date, datetime, timedelta
from random import Random

from contracts.workdays import WorkingDays

DAY = timedelta(days=1)
_FROM, _UNTIL = 7.0, 15.0
"""Office hours, in UTC."""
_WEEK = WorkingDays()


def is_working(day: date) -> bool:
    return _WEEK.includes(day)


def nth_after(start: datetime, days: int) -> datetime:
    """The so-manieth working day after a day, at the same time of day."""
    return start + (_WEEK.nth_after(start.date(), days) - start.date())


def at_work(moment: datetime, rng: Random) -> datetime:
    """Some moment in the office hours of that day, or of the next working day."""
    while not is_working(moment.date()):
        moment += DAY
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + timedelta(seconds=int(rng.uniform(_FROM, _UNTIL) * 3600))
