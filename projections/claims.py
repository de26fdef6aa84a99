"""What the acting agency claims of when it acted, beside the log's time: by its own clocks; it answers for it."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Self

from contracts.envelope import Record

NONE, AS_BEFORE = "-", "="


@dataclass(frozen=True, slots=True)
class Claims:
    """`time` is the record's own; the others are those of docs/field.md 2."""

    time: datetime
    occurred: datetime | None = None
    known: datetime | None = None
    received: datetime | None = None
    recorded: datetime | None = None

    @classmethod
    def of(cls, text: str) -> Self:
        """From what `claims` wrote."""
        time, *clocks = text.split(" ")
        found: list[datetime | None] = []
        for one in clocks:
            found.append(found[-1] if one == AS_BEFORE else None if one == NONE else datetime.fromisoformat(one))
        return cls(datetime.fromisoformat(time), *found)

    @property
    def latest(self) -> datetime:
        return max(one for one in (self.time, self.occurred, self.known, self.received, self.recorded) if one)

    @property
    def lag(self) -> tuple[timedelta, str] | None:
        """How much later it was recorded than it was received, or where nothing says that, known; and which of both."""
        since = self.received or self.known
        if self.recorded is None or since is None:
            return None
        return self.recorded - since, "received" if self.received else "known"

    def acted(self, act: str) -> datetime:
        """When it did so, by its own word: of an asking when it was put in writing, of others when they occurred.

        What "occurred" before something was asked for is the incident.
        """
        asks = act in ("made", "asked")
        return (self.recorded if asks else self.occurred) or self.time

    def document(self) -> dict[str, str | None]:
        names = ("time", "occurred", "known", "received", "recorded")
        return {name: one.isoformat() if (one := getattr(self, name)) else None for name in names}


def claims(record: Record) -> str:
    """As a row of a read model keeps them: one text, for most rows are never looked at."""
    about, time = record.data.about, record.time.isoformat()
    if about is None:
        return time
    clocks = about.clocks
    occurred, known, received = clocks.occurred, clocks.known, clocks.received
    known_text = AS_BEFORE if known == occurred else known.isoformat()
    received_text = received.isoformat() if received else NONE
    return f"{time} {occurred.isoformat()} {known_text} {received_text} {clocks.recorded.isoformat()}"
