"""A TOML file that somebody writes by hand, and on which line something stands, for those who have to mend it."""

import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

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


class Misplaced(ValueError):
    """A mistake that shows in the whole alone; `place` is where in the file it stands."""

    def __init__(self, says: str, *place: str | int) -> None:
        super().__init__(says)
        self.place = place


def mistake(path: Path, text: str, data: Mapping[str, Any], error: ValidationError, tables: str) -> str:
    """The first mistake in a file that holds an array of tables of this name, each with an id: where, and what."""
    first, *more = error.errors(include_url=False, include_input=False)
    place: Place = (*first["loc"], *getattr(first.get("ctx", {}).get("error"), "place", ()))
    lines = dict(statements(text))
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)
    named = ""
    if place[:1] == (tables,) and len(place) > 1:
        found = data[tables][int(place[1])]
        named = f", {tables} {found.get('id') if isinstance(found, dict) else int(place[1]) + 1}"
        place = place[2:]
    field = f", field {'.'.join(map(str, place))}" if place else ""
    others = f" And {len(more)} more." if more else ""
    return f"{path}, line {line}{named}{field}: {first['msg'].removeprefix('Value error, ')}.{others}"


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
