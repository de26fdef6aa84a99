"""What a benchmark prints: progress on standard error while it runs, and at the end one table for all of its parts."""

import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cli import show


@dataclass(frozen=True, slots=True)
class Row:
    """One figure or a few that belong together; `beside` says how it stands to something else, or to its aim."""

    what: str
    of: str = ""
    per_s: float | None = None
    p50_ms: float | None = None
    p99_ms: float | None = None
    processor_s: float | None = None
    peak_mb: float | None = None
    beside: str = ""


def latencies(what: str, milliseconds: Sequence[float], of: str = "", beside: str = "") -> Row:
    p50, p99 = percentile(milliseconds, 0.5), percentile(milliseconds, 0.99)
    return Row(what, of, p50_ms=p50, p99_ms=p99, beside=beside)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that this share of all values does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]


def tell(what: str) -> None:
    show.err.print(what, markup=False)


def load() -> str:
    """How many processes wanted a core on average over the last minute: ours and everybody else's."""
    return f"{os.getloadavg()[0]:.1f}"


def table(rows: Iterable[Row], load_before: str) -> None:
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    show.out.print(f"{machine}; one node, sync_interval: always; load {load_before} before, {load()} after\n")
    columns = (
        "",
        f"{'of':>17}",
        f"{'a second':>10}",
        f"{'p50 ms':>8}",
        f"{'p99 ms':>8}",
        f"{'cpu s':>6}",
        f"{'peak MB':>8}",
        "beside",
    )
    show.table(columns, (_cells(row) for row in rows), empty="Nothing was measured.")


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.what,
        f"{row.of:>17}",
        _right(row.per_s, 10, 0),
        _right(row.p50_ms, 8, 1),
        _right(row.p99_ms, 8, 1),
        _right(row.processor_s, 6, 1),
        _right(row.peak_mb, 8, 0),
        row.beside,
    )


def _right(value: float | None, width: int, digits: int) -> str:
    return " " * width if value is None else f"{value:>{width},.{digits}f}"
