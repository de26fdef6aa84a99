"""The flow of handoffs between agencies: where they wait, for how long, in whose hands, and what is owed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from contracts.agencies import FIELD
from projections import engine, latency
from projections.choice import By, Choice
from projections.holders import holders
from projections.snapshot import snapshot
from projections.weekly import weekly

LEG = "decided"
"""What the matrix shows the lengths of unless somebody asks for another leg."""
ENOUGH = 10
"""A way with fewer handoffs than that is not called the slowest: one that went wrong would say it of all."""
SHADES = 4
FIGURES = ("p50", "p90")


def read(view: Engine, choice: Choice) -> dict[str, Any]:
    """With stable keys; all as of one moment, and `groups` as `barnabus handoffs summary --by pair --json` has them."""
    with snapshot(view) as connection:
        found = latency.summed(connection, choice, By.PAIR).document()
        found |= {"holders": holders(connection, choice), "weeks": weekly(connection, choice)}
    return found


def proof(view: Engine) -> dict[str, Any]:
    """How far the read models are, and what they come to."""
    found = engine.progress(view)
    return {
        "position": found.position,
        "logged_at": found.logged_at,
        "parked": found.parked,
        "rows": dict(found.rows),
        "digests": dict(found.digests),
    }


@dataclass(frozen=True, slots=True)
class Cell:
    """One way between two agencies, over all services asked for. Of a length that so many reached: `most_s` is None."""

    opener: str
    receiver: str
    made: int
    open: int
    under_way: int
    half: float | None
    nine: float | None
    shade: int
    """0 for nothing open, up to SHADES for the most."""
    most_open: bool
    slowest: bool


def matrix(groups: Sequence[Mapping[str, Any]], leg: str) -> list[list[Cell | None]]:
    """A row an agency that asks, a column one that is asked, both in the order of FIELD; None where no way was."""
    by_way = {(group["from"], group["to"]): group for group in groups}
    most = max((group["open"] for group in groups), default=0)
    slowest = max((_slowness(group, leg) for group in groups), default=None)
    rows = []
    for opener in FIELD:
        row = (by_way.get((opener.value, receiver.value)) for receiver in FIELD)
        rows.append([_cell(group, leg, most, slowest) if group else None for group in row])
    return rows


def _cell(group: Mapping[str, Any], leg: str, most: int, slowest: float | None) -> Cell:
    found, is_open = group["legs"][leg], group["open"]
    half, nine = (found[name]["most_s"] if found[name] else None for name in FIGURES)
    slowness = _slowness(group, leg)
    return Cell(
        opener=group["from"],
        receiver=group["to"],
        made=group["count"],
        open=is_open,
        under_way=found["under_way"],
        half=half,
        nine=nine,
        shade=-(-is_open * SHADES // most) if most else 0,
        most_open=bool(most) and is_open == most,
        slowest=0 < slowness == slowest,
    )


def _slowness(group: Mapping[str, Any], leg: str) -> float:
    """By when nine of ten were through; longer than any length if that is not reached; 0 if there are too few."""
    found = group["legs"][leg]
    if found["ended"] + found["censored"] < ENOUGH:
        return 0.0
    nine = found["p90"]
    return nine["most_s"] if nine and nine["most_s"] is not None else float("inf") if found["under_way"] else 0.0
