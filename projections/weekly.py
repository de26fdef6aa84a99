"""How many handoffs were made in each week, and how many of these are open: weeks from Monday on, by Kosovo's dates."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from contracts.durations import KOSOVO
from projections.choice import Choice
from projections.handoffs import Handoffs
from projections.legs import moment_of, us_of
from projections.periods import Period
from projections.snapshot import logged_at

WEEKS = 105
"""So many at most, the last ones of what is asked for: two years."""
_TABLE = Handoffs.table
_HOUR_US = 3_600_000_000
_WEEK_US = 7 * 24 * _HOUR_US
_A_MONDAY_US = 4 * 24 * _HOUR_US - 2 * _HOUR_US
"""Kosovo's clock is two hours ahead of UTC in summer and one in winter: no week begins earlier than in summer, and none
more than an hour later."""


def weekly(connection: Connection, choice: Choice) -> list[dict[str, Any]]:
    """Each week of what is asked for, up to the log's last entry, with stable keys; also those in which nothing was."""
    as_of = logged_at(connection)
    if as_of is None:
        return []
    last = datetime.fromisoformat(as_of).astimezone(KOSOVO).date()
    if choice.until:
        last = min(last, Period.of(choice.until).last_day)
    weeks = [monday(last) - timedelta(weeks=n) for n in reversed(range(WEEKS))]
    made, still_open = _counted(connection, choice, weeks[0])
    begun = [week for week in weeks if made[week]]
    first = monday(Period.of(choice.since).first_day) if choice.since else begun[0] if begun else last
    return [{"week": week.isoformat(), "made": made[week], "open": still_open[week]} for week in weeks if week >= first]


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())


def _counted(connection: Connection, choice: Choice, first: date) -> tuple[Counter[date], Counter[date]]:
    """The database counts by weeks as they would be in summer, and apart what lies in the first hour of one."""
    made, still_open = Counter[date](), Counter[date]()
    since_us = us_of(datetime.combine(first, datetime.min.time(), KOSOVO))
    into = (_TABLE.c.made_us - _A_MONDAY_US) % _WEEK_US
    begins, early = _TABLE.c.made_us - into, into < _HOUR_US
    asked = select(begins, early, _TABLE.c.open, func.count())
    asked = asked.where(_TABLE.c.made_us >= since_us, *choice.among(_TABLE)).group_by(begins, early, _TABLE.c.open)
    for us, is_early, is_open, count in connection.execute(asked):
        moment = moment_of(us if is_early else us + _HOUR_US)
        week = monday(moment.astimezone(KOSOVO).date())
        made[week] += count
        still_open[week] += count if is_open else 0
    return made, still_open
