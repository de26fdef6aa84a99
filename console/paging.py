"""Pages of a list, as an address says them: how many rows, and behind which one."""

from collections.abc import Mapping, Sequence
from typing import Any

from console.asked import Asked, link
from projections import choosing

PER_PAGE, MOST = 50, 1_000


def yes(said: Mapping[str, str], name: str) -> bool:
    """Raises Refused `option.invalid`."""
    return name in said and choosing.one_of(["yes"], said[name], name) == "yes"


def limit(said: Mapping[str, str]) -> int:
    """Raises Refused `option.invalid`."""
    text = said.get("limit", str(PER_PAGE))
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= MOST):
        choosing.one_of([f"1 to {MOST}"], text, "limit")
    return int(text)


def following(
    asked: Asked, said: Mapping[str, str], rows: Sequence[Mapping[str, Any]], size: int, key: str
) -> str | None:
    """Where a list that is as long as it may be goes on."""
    return link(asked.path, said, after=rows[-1][key]) if len(rows) == size else None
