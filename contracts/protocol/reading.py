"""A version of the protocol from its TOML file, and where in the file a mistake stands."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts import toml_lines
from contracts.errors import BarnabusError
from contracts.protocol.version import Version
from contracts.toml_lines import Place

DEFAULTS = "defaults"
"""The table of what each rule says that does not say it itself."""


def read_version(path: Path) -> Version:
    """Raises BarnabusError `protocol.invalid`, with file, line, rule and field of the first mistake."""
    text, data = toml_lines.read(path, "protocol.invalid")
    try:
        return Version.model_validate(_with_defaults(data))
    except ValidationError as error:
        raise BarnabusError("protocol.invalid", detail=_first(error, path, text, data)) from None


def _with_defaults(data: Mapping[str, Any]) -> dict[str, Any]:
    defaults, rules = data.get(DEFAULTS, {}), data.get("rule", [])
    if not isinstance(defaults, dict) or not isinstance(rules, list):
        return dict(data)
    whole = [defaults | rule if isinstance(rule, dict) else rule for rule in rules]
    return {name: value for name, value in data.items() if name != DEFAULTS} | {"rule": whole}


def _first(error: ValidationError, path: Path, text: str, data: Mapping[str, Any]) -> str:
    first, *more = error.errors(include_url=False, include_input=False)
    place: Place = (*first["loc"], *getattr(first.get("ctx", {}).get("error"), "place", ()))
    where = [f"{path}, line {_line(text, place)}"]
    if place[:1] == ("rule",) and len(place) > 1:
        number, place = int(place[1]), place[2:]
        rule = data["rule"][number]
        named = rule.get("id") if isinstance(rule, dict) else None
        where.append(f"rule {named or f'number {number + 1}'}")
    if place:
        where.append(f"field {'.'.join(map(str, place))}")
    others = f" And {len(more)} more." if more else ""
    return f"{', '.join(where)}: {first['msg'].removeprefix('Value error, ')}.{others}"


def _line(text: str, place: Place) -> int:
    """The line of what stands at a place, or of what it would stand in; of a default, where that stands."""
    lines = dict(toml_lines.statements(text))
    tries = [place[:n] for n in range(len(place), 2, -1)]
    tries += [(DEFAULTS, *place[2:3])] if place[:1] == ("rule",) else []
    tries += [place[:n] for n in (2, 1)]
    return next((lines[one] for one in tries if one in lines), 1)
