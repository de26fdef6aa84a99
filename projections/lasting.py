"""What is owed in one case, and for how long that holds: until the clock passes the next moment at which it turns.

What is said in the case, or received, is another matter: then it is reckoned anew.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain

from contracts.dated import Dated
from contracts.duties import fold
from contracts.duties.duty import Duty
from contracts.protocol import Protocol
from projections.owed import Among, failure

ALWAYS = datetime.min.replace(tzinfo=UTC)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Lasting:
    """As of every moment from `since` on and before `until`. `failing`: by what nothing can be reckoned of it."""

    duties: tuple[Duty, ...]
    since: datetime
    until: datetime
    failing: str | None = None


def lasting(read: Callable[[], list[Dated]], protocol: Protocol, among: Among) -> Lasting:
    """Of what is read of a case; no duties where it is not among these cases."""
    dated, duties, failing = list[Dated](), tuple[Duty, ...](), None
    try:
        dated = read()
        if among.holds(dated):
            duties = fold(dated, protocol, among.at)
    except Exception as error:  # noqa: BLE001  the next case is reckoned all the same
        failing = failure(error)
    since, until = _around(among.at, chain(_logged(dated), *(duty.turns for duty in duties)))
    return Lasting(duties, since, until, failing)


def _logged(dated: Iterable[Dated]) -> Iterator[datetime]:
    """A gateway's clock can go back, so that what stands in the log is logged only later."""
    for one in dated:
        yield one.at
        yield from (receipt.logged_at for receipt in one.received.values())


def _around(at: datetime, moments: Iterable[datetime]) -> tuple[datetime, datetime]:
    since, until = ALWAYS, NEVER
    for moment in moments:
        if moment <= at:
            since = max(since, moment)
        else:
            until = min(until, moment)
    return since, until
