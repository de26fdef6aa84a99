"""Time in a synthetic year: it stands still until it is set, for each agency and for the gateway apart."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from bus.clock import Clock


class Clocks:
    """One clock for each name. None of them ever goes back."""

    def __init__(self, begins: datetime, names: Iterable[str]) -> None:
        self._now = dict.fromkeys(names, begins)

    def of(self, name: str) -> Clock:
        return lambda: self._now[name]

    def set(self, at: datetime) -> None:
        """All of them, to this moment."""
        for name in self._now:
            self._at_least(name, at)

    def pass_by(self, time: timedelta, *names: str) -> None:
        """These, together, by so much from where the latest of them stands."""
        then = max(self._now[name] for name in names) + time
        for name in names:
            self._at_least(name, then)

    def _at_least(self, name: str, at: datetime) -> None:
        self._now[name] = max(self._now[name], at)
