"""Figures for the public: handoffs made in a period, by service or receiver and by how soon they were decided.

One table a period and no other, ever: what publishing.py withholds of one table, a second of the same cases could give
away, whether it divides them otherwise, overlaps in time, or was counted later (docs/adr/0026).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, select

from contracts.agencies import FIELD
from contracts.catalogue import ASKED
from contracts.durations import band
from contracts.vocabulary.asking import Service
from projections.handoffs import Handoffs
from projections.periods import Period
from projections.publishing import SMALL, publishable

BANDS = (timedelta(hours=24), timedelta(hours=72), timedelta(days=7))
COLUMNS = ("up to 24 h", "over 24 h, up to 72 h", "over 72 h, up to 7 days", "over 7 days", "not decided")
SHORT = dict(
    zip(COLUMNS, ("up to\n24 h", "24 h to\n72 h", "72 h to\n7 days", "over\n7 days", "not\ndecided"), strict=True)
)
"""The columns' names, for a narrow terminal."""
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


ROWS: Mapping[tuple[str, ...], Sequence[tuple[str, ...]]] = {
    ("service",): [(service.value,) for service in Service],
    ("receiver",): [(agency.value,) for agency in FIELD],
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
        "from": period.first_day.isoformat(),
        "to": period.last_day.isoformat(),
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
