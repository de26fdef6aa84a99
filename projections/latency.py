"""How long handoffs take, by what is asked and who asks whom; those that are still open are counted as such.

A leg that has not ended is censored at the moment of the log's last entry, or at the handoff's end if that came first
(it was withdrawn, superseded, has expired): it lasted so long at least. Leaving it out would flatter.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from projections.readmodel import State
from projections.survival import ZERO, Lasted, curve

PERCENTS = (50, 90, 99)
LEGS: Mapping[str, tuple[str, str]] = {
    "acknowledged": ("made_at", "acknowledged_at"),
    "decided": ("made_at", "decided_at"),
    "completed": ("decided_at", "completed_at"),
}
"""Each leg from where it begins to where it ends. What was never begun, such as a decline's completion, has no leg."""


@dataclass(frozen=True, slots=True)
class Way:
    """What is asked, of whom, by whom."""

    service: str | None
    opener: str | None
    receiver: str | None


def summary(states: Iterable[State], as_of: datetime) -> list[dict[str, Any]]:
    """One row a way, by the log's clock, with stable keys; seconds, or None where the estimate does not come so far."""
    ways: dict[Way, list[State]] = {}
    for state in states:
        standing = state["standing"]
        ways.setdefault(Way(state["service"], standing["opener"], standing["receiver"]), []).append(state)
    ordered = sorted(ways.items(), key=lambda one: (str(one[0].service), str(one[0].opener), str(one[0].receiver)))
    return [
        {
            "service": way.service,
            "from": way.opener,
            "to": way.receiver,
            "count": len(found),
            "open": sum(state["open"] for state in found),
            "legs": {leg: _leg(found, *places, as_of) for leg, places in LEGS.items()},
        }
        for way, found in ordered
    ]


def _leg(states: Iterable[State], begins: str, ends: str, as_of: datetime) -> dict[str, Any]:
    lasted = [one for state in states if (one := _lasted(state, begins, ends, as_of))]
    estimate = curve(lasted)
    quantiles = {f"p{percent}_s": _seconds(estimate.quantile(percent)) for percent in PERCENTS}
    ended = sum(one.ended for one in lasted)
    return {"ended": ended, "censored": len(lasted) - ended, **quantiles}


def _lasted(state: State, begins: str, ends: str, as_of: datetime) -> Lasted | None:
    begun, ended = state[begins], state[ends]
    declined = begins == "decided_at" and state["standing"]["stage"] == "declined"
    if begun is None or declined:
        return None
    over = ended or state["ended_at"]
    until = datetime.fromisoformat(over) if over else as_of
    # a gateway's clock can have gone back: nothing lasts less than no time
    return Lasted(max(until - datetime.fromisoformat(begun), ZERO), ended=ended is not None)


def _seconds(length: timedelta | None) -> float | None:
    return length.total_seconds() if length is not None else None
