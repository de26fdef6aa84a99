"""In whose hands open handoffs lie, and for how long already: by the log's clock, as of its last entry."""

from collections import defaultdict
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from projections.choice import Choice
from projections.handoffs import Handoffs
from projections.legs import moment_of, us_of
from projections.snapshot import logged_at

_TABLE = Handoffs.table


def holders(connection: Connection, choice: Choice) -> list[dict[str, Any]]:
    """Of each agency whose move it is: how many, how long together, and since when the one that came first.

    With stable keys, in the order of their names; lengths are in seconds. A handoff counts from when it came to be with
    whoever holds it now.
    """
    as_of = logged_at(connection)
    if as_of is None:
        return []
    as_of_us, since = us_of(datetime.fromisoformat(as_of)), defaultdict[str, list[int]](list)
    asked = select(_TABLE.c.whose_move, _TABLE.c.state["held"])
    for whose_move, held in connection.execute(asked.where(_TABLE.c.open.is_(True), *choice.among(_TABLE))):
        since[whose_move].append(min(held[-1][1], as_of_us))  # a gateway's clock can have gone back
    return [_holder(agency, found, as_of_us) for agency, found in sorted(since.items())]


def _holder(agency: str, since_us: list[int], as_of_us: int) -> dict[str, Any]:
    return {
        "agency": agency,
        "open": len(since_us),
        "waiting_s": round(sum(as_of_us - us for us in since_us) / 1e6, 6),
        "oldest_since": moment_of(min(since_us)).isoformat(),
        "oldest_s": (as_of_us - min(since_us)) / 1e6,
    }
