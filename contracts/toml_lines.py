"""A TOML file that somebody writes by hand, and on which line something stands, for those who have to mend it."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from contracts.errors import Refused

Place = tuple[str | int, ...]
"""Keys, and numbers in arrays of tables, from the top of the file."""


def read(path: Path, code: str) -> tuple[str, dict[str, Any]]:
    """Its text and what it says. Raises Refused with this code, with line and column where it is no TOML."""
    try:
        text = path.read_text(encoding="utf-8")
        return text, tomllib.loads(text)
    except (OSError, ValueError) as error:
        raise Refused(code, detail=f"{path}: {error}.") from None


def statements(text: str) -> Iterator[tuple[Place, int]]:
    """The place of each statement with the line on which it begins. `text` is TOML.

    A statement is as many lines as it takes until they are TOML by themselves.
    """
    table: Place = ()
    counts: dict[Place, int] = {}
    begun, lines = 1, list[str]()
    for number, line in enumerate(text.splitlines(), 1):
        lines.append(line)
        try:
            found = tomllib.loads("\n".join(lines))
        except tomllib.TOMLDecodeError:
            continue
        if found and lines[0].lstrip().startswith("["):
            table = _table(found, counts, opens=lines[0].lstrip().startswith("[["))
            yield table, begun
        elif found:
            yield from (((*table, name), begun) for name in found)
        begun, lines = number + 1, []


def _table(found: Mapping[str, Any], counts: dict[Place, int], *, opens: bool) -> Place:
    """The place that a header names: in the last one of an array of tables, or in a new one that it opens."""
    place: Place = ()
    inner: Any = found
    while inner:
        (name, inner), *_ = inner.items()
        place = (*place, name)
        last = isinstance(inner, list)
        if last:
            inner = inner[0]
        if opens and not inner:
            counts[place] = counts.get(place, -1) + 1
        if place in counts:
            place = (*place, counts[place])
    return place
