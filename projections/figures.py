"""Figures for the public: handoffs made in a period, by service or receiver and by how soon they were decided.

One table a period and no other, ever: what publishing.py withholds of one table, a second of the same cases could give
away, whether it divides them otherwise, overlaps in time, or was counted later (docs/adr/0026).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self

from sqlalchemy import Connection, select

from contracts.agencies import Agency
from contracts.catalogue import ASKED
from contracts.durations import KOSOVO, band
from contracts.vocabulary.asking import Service
from projections.handoffs import Handoffs
from projections.publishing import SMALL, publishable

BANDS = (timedelta(hours=24), timedelta(hours=72), timedelta(days=7))
COLUMNS = ("up to 24 h", "over 24 h, up to 72 h", "over 72 h, up to 7 days", "over 7 days", "not decided")
WITHHELD = f"<{SMALL} or withheld"
WHY = (
    f"Counts under {SMALL}, zeros and totals included, are withheld, and with them as many others as are needed so "
    "that nobody can compute one back from the totals. A row that is withheld whole does not say that there were none."
)
WHAT = (
    "Handoffs (not children: one child's case has several) that were made in the period by Kosovo's dates, by how long "
    "after it was made, on the log's clock, the agency that was asked accepted or declined. Each band holds its upper "
    "limit. What was withdrawn or replaced before a decision is not decided."
)
_WRITTEN = re.compile(r"(\d{4})(?:-Q([1-4]))?")


@dataclass(frozen=True, slots=True)
class Period:
    """A year, or a quarter of one, by Kosovo's dates."""

    year: int
    quarter: int | None = None

    @classmethod
    def of(cls, written: str) -> Self:
        """`2021` or `2021-Q3`. Raises ValueError."""
        found = _WRITTEN.fullmatch(written)
        if not found or not 2000 <= int(found[1]) <= 2100:
            raise ValueError(f"neither a year nor a quarter of one: {written}")
        return cls(int(found[1]), int(found[2]) if found[2] else None)

    def __str__(self) -> str:
        return f"{self.year}-Q{self.quarter}" if self.quarter else str(self.year)

    @property
    def months(self) -> tuple[str, ...]:
        """As the read model has them."""
        first, count = (3 * self.quarter - 2, 3) if self.quarter else (1, 12)
        return tuple(f"{self.year}-{month:02}" for month in range(first, first + count))

    @property
    def start(self) -> datetime:
        return _midnight(self.year, 3 * self.quarter - 2 if self.quarter else 1)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        last = 3 * self.quarter if self.quarter else 12
        return _midnight(self.year + 1, 1) if last == 12 else _midnight(self.year, last + 1)

    def overlaps(self, other: "Period") -> bool:
        return self.start < other.end and other.start < self.end


def _midnight(year: int, month: int) -> datetime:
    return datetime.combine(date(year, month, 1), datetime.min.time(), KOSOVO).astimezone(UTC)


ROWS: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]] = {
    ("service",): [(service.value,) for service in Service],
    ("receiver",): [(agency.value,) for agency in Agency],
    ("service", "receiver"): [(service.value, agency.value) for service, agency in ASKED],
}
"""What the rows can be by: by the contract and not by what happened.

That a row is there says nothing, and one that the contract makes zero would be known to be zero.
"""


def counted(connection: Connection, period: Period, by: tuple[str, ...]) -> list[list[int]]:
    """Rows as in ROWS, columns as in COLUMNS; nothing is withheld yet. ValueError if a row is in no contract."""
    t = Handoffs.table.c
    asked = select(*(t[name] for name in by), t.made_us, t.decided_us).where(t.period.in_(period.months))
    found = Counter[tuple[tuple[str, ...], int]]()
    for *row, made_us, decided_us in connection.execute(asked):
        found[tuple(row), _column(made_us, decided_us)] += 1
    if strangers := {row for row, _ in found} - set(ROWS[by]):
        raise ValueError(f"the contract knows no such handoffs: {len(strangers)} rows")
    return [[found[row, column] for column in range(len(COLUMNS))] for row in ROWS[by]]


def _column(made_us: int, decided_us: int | None) -> int:
    if decided_us is None:
        return len(BANDS) + 1
    return band(max(timedelta(microseconds=decided_us - made_us), timedelta(0)), BANDS)


def document(counts: Sequence[Sequence[int]], period: Period, by: tuple[str, ...], **said: Any) -> dict[str, Any]:
    """What is published, with stable keys: None for what is withheld. `said` goes into its head."""
    *rows, total = publishable(counts)
    return {
        "what": WHAT,
        "period": str(period),
        "from": period.start.astimezone(KOSOVO).date().isoformat(),
        "to": (period.end.astimezone(KOSOVO).date() - timedelta(days=1)).isoformat(),
        "by": list(by),
        **said,
        "withheld": WHY,
        "columns": [*COLUMNS, "made"],
        "rows": [
            dict(zip(by, names, strict=True)) | {"counts": row} for names, row in zip(ROWS[by], rows, strict=True)
        ],
        "total": total,
    }


def standing_in_the_way(published: Iterable[Mapping[str, Any]], period: Period) -> Mapping[str, Any] | None:
    """The figures by which anything more about this period could be computed back."""
    return next((one for one in published if Period.of(one["period"]).overlaps(period)), None)
