"""A time as people name it: a year, a quarter or a month, by Kosovo's dates."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Self

from contracts.durations import KOSOVO

_WRITTEN = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True, slots=True)
class Period:
    """So many months of a year, from the first on."""

    year: int
    first: int = 1
    count: int = 12

    @classmethod
    def of(cls, written: str) -> Self:
        """`2021`, `2021-Q3` or `2021-03`. Raises ValueError."""
        found = _WRITTEN.fullmatch(written)
        if not found or not 2000 <= int(found[1]) <= 2100:
            raise ValueError(f"neither a year nor a quarter or a month of one: {written}")
        year, quarter, month = found.groups()
        if quarter:
            return cls(int(year), 3 * int(quarter) - 2, 3)
        return cls(int(year), int(month), 1) if month else cls(int(year))

    def __str__(self) -> str:
        within = {1: f"-{self.first:02}", 3: f"-Q{(self.first + 2) // 3}", 12: ""}
        return f"{self.year}{within[self.count]}"

    @property
    def months(self) -> tuple[str, ...]:
        """As the read models have them."""
        return tuple(f"{self.year}-{month:02}" for month in range(self.first, self.first + self.count))

    @property
    def start(self) -> datetime:
        return _midnight(self.first_day)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return _midnight(self.last_day + timedelta(days=1))

    @property
    def first_day(self) -> date:
        return date(self.year, self.first, 1)

    @property
    def last_day(self) -> date:
        after = self.first + self.count
        return date(self.year + after // 13, (after - 1) % 12 + 1, 1) - timedelta(days=1)

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end


def _midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time(), KOSOVO).astimezone(UTC)
