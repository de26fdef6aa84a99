"""The one clock of a sandbox: it runs with the wall's, as far ahead of it as it was moved."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from bus.clock import wall_clock
from contracts.errors import Refused

AHEAD_LIMIT = timedelta(days=3660)
"""Of all that it is moved together: about ten years."""
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"(\d{1,6})([smhd])")


@dataclass(slots=True)
class Ahead:
    by: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return wall_clock() + self.by

    def forward(self, span: timedelta) -> datetime:
        """What it shows then. Raises Refused `option.invalid`: it never goes back, and not on for ever."""
        if span <= timedelta(0) or self.by + span > AHEAD_LIMIT:
            detail = f"A sandbox's clock goes forward, by {AHEAD_LIMIT.days} days in all at most."
            raise Refused("option.invalid", field="SPAN", detail=detail)
        self.by += span
        return self()


def span(text: str) -> timedelta:
    """Of a text such as `25h`, `2d12h`, `90m`. Raises Refused `option.invalid`."""
    found = _SPAN.findall(text)
    if not found or "".join(number + unit for number, unit in found) != text:
        raise Refused("option.invalid", field="SPAN", detail="Write it as 25h, 90m, 2d or 1d12h.")
    return timedelta(**{name: sum(int(n) for n, u in found if u == unit) for unit, name in _UNITS.items()})
