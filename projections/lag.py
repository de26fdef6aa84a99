"""How far behind the log something is, and how old what stands in it."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class LogEnd:
    """Where the log ends; since when the first entry behind a position waits; and the present of a made-up log."""

    position: int
    waiting_since: datetime | None
    synthetic_now: datetime | None

    def lag_s(self, now: datetime) -> float:
        """For how many seconds that entry has waited; `now` is the present where the log has none of its own."""
        return age_s(self.waiting_since, self.synthetic_now or now) if self.waiting_since else 0.0


def age_s(since: datetime, now: datetime) -> float:
    """A clock that went back makes nothing younger than new."""
    return max((now - since).total_seconds(), 0.0)
