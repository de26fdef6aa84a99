"""In whose hands open handoffs lie, and for how long already: by the log's clock, as of its last entry."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, case, func, select

from projections.choice import Choice
from projections.handoffs import Handoffs
from projections.legs import moment_of, us_of
from projections.snapshot import logged_at

_TABLE = Handoffs.table
_SECOND_US = 1_000_000


def holders(connection: Connection, choice: Choice) -> list[dict[str, Any]]:
    """Of each agency whose move it is: how many, how long together, and since when the one that came first.

    With stable keys, in the order of their names; lengths are in seconds. A handoff counts from when it came to be with
    whoever holds it now.
    """
    as_of = logged_at(connection)
    if as_of is None:
        return []
    as_of_us = us_of(datetime.fromisoformat(as_of))
    since = case(
        (_TABLE.c.since_us > as_of_us, as_of_us), else_=_TABLE.c.since_us
    )  # a gateway's clock can have gone back
    waiting = as_of_us - since
    sums = func.sum(waiting // _SECOND_US), func.sum(waiting % _SECOND_US)  # of whole microseconds it could overflow
    asked = select(_TABLE.c.whose_move, func.count(), func.min(since), *sums).group_by(_TABLE.c.whose_move)
    found = connection.execute(
        asked.where(_TABLE.c.open.is_(True), *choice.among(_TABLE)).order_by(_TABLE.c.whose_move)
    )
    return [_holder(agency, n, first_us, int(s), int(us), as_of_us) for agency, n, first_us, s, us in found]


def _holder(agency: str, count: int, first_us: int, waiting_s: int, and_us: int, as_of_us: int) -> dict[str, Any]:
    return {
        "agency": agency,
        "open": count,
        "waiting_s": round((waiting_s * _SECOND_US + and_us) / _SECOND_US, 6),
        "oldest_since": moment_of(first_us).isoformat(),
        "oldest_s": (as_of_us - first_us) / _SECOND_US,
    }
