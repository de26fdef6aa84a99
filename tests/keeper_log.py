"""The log of one case with a keeper beside it: what is said, when it is looked at, and the notices between; no I/O."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import chain

from contracts.agencies import Agency
from contracts.casefile import Said
from contracts.dated import Dated
from contracts.duties import fold
from contracts.duties import kept_open as voided
from contracts.duties.duty import Duty
from contracts.duties.notices import Notice, kept_open, next_look, wanted
from contracts.protocol import Protocol
from contracts.shapes import Clocks

APART = 1000
"""So many places lie between two entries of others: room for notices."""
LOGGED_AFTER = timedelta(seconds=2)
"""Between the moment as of which a notice is decided and its own in the log."""


def spread(said: Sequence[Dated]) -> list[Dated]:
    """The same with room in the log, where each receipt stands among the records by when it was logged."""
    receipts = ((receipt.logged_at, 1, n, to) for n, one in enumerate(said) for to, receipt in one.received.items())
    order = sorted(chain(((one.at, 0, n, "") for n, one in enumerate(said)), receipts))
    places = {(n, to): APART * (place + 1) for place, (_, _, n, to) in enumerate(order)}
    return [
        replace(
            one,
            said=replace(one.said, position=places[n, ""]),
            received={to: replace(receipt, position=places[n, to]) for to, receipt in one.received.items()},
        )
        for n, one in enumerate(said)
    ]


@dataclass(slots=True)
class KeptCase:
    """A case in which everybody says what they say, whatever the keeper does."""

    said: list[Dated]
    protocol: Protocol
    given: list[Notice] = field(default_factory=list)
    notices: list[Dated] = field(default_factory=list)

    @classmethod
    def of(cls, said: Sequence[Dated], protocol: Protocol) -> "KeptCase":
        return cls(spread(said), protocol)

    @property
    def all(self) -> list[Dated]:
        return sorted([*self.said, *self.notices], key=lambda one: one.said.position)

    def known(self, at: datetime) -> list[Dated]:
        """The log as it is at a moment."""
        return [_until(one, at) for one in self.all if one.at <= at]

    def wanted(self, at: datetime) -> tuple[Notice, ...]:
        known = self.known(at)
        return self._wanted(known, fold(known, self.protocol, at), at)

    def look(self, at: datetime) -> tuple[Notice, ...]:
        """What the keeper says as of this moment; nothing while what it said before is not in the log yet."""
        known = self.known(at)
        return self._says(known, fold(known, self.protocol, at), at)

    def watch(self, until: datetime, also: Iterable[datetime] = ()) -> None:
        """The keeper looks at all that is said, at what it said itself, and when time alone changes something."""
        said = {one.at for one in self.said}
        moments = sorted({*also, *said, *(receipt.logged_at for one in self.said for receipt in one.received.values())})
        at = moments[0]
        while at <= until:
            known = self.known(at)
            duties = fold(known, self.protocol, at)
            self._says(known, duties, at)
            turn = next_look(duties, known, at)
            later = [moment for moment in (*moments, *(one.at for one in self.notices), turn) if moment and moment > at]
            if not later:
                return
            at = min(later)

    def _wanted(self, known: Sequence[Dated], duties: Iterable[Duty], at: datetime) -> tuple[Notice, ...]:
        position = self._last(at)
        void = voided(known, self.protocol, at)
        return (*wanted(duties, known, position), *kept_open(void, position))

    def _says(self, known: Sequence[Dated], duties: Iterable[Duty], at: datetime) -> tuple[Notice, ...]:
        if not self._last(at) or (self.notices and self.notices[-1].at > at):
            return ()
        new = self._wanted(known, duties, at)
        for notice in new:
            logged_at = at + LOGGED_AFTER
            said = Said(notice.id, Agency.KEEPER, notice.type, notice.codes, self._last(logged_at) + 1)
            clocks = Clocks(occurred=at, known=at, recorded=logged_at)
            self.notices.append(Dated(said, logged_at, clocks, to=frozenset(notice.tell)))
        self.given += new
        return new

    def _last(self, at: datetime) -> int:
        """Where the log ends at a moment."""
        logged = [one.said.position for one in self.all if one.at <= at]
        receipts = [receipt for one in self.said for receipt in one.received.values() if receipt.logged_at <= at]
        return max([*logged, *(receipt.position for receipt in receipts)], default=0)


def _until(one: Dated, at: datetime) -> Dated:
    return replace(one, received={to: found for to, found in one.received.items() if found.logged_at <= at})
