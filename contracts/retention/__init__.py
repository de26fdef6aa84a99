"""How long content is kept once a case has ended, by type: data that a country replaces without touching code."""

from pathlib import Path

from pydantic import ValidationError

from contracts import toml_lines
from contracts.errors import BarnabusError
from contracts.retention.periods import Ending, Period, Periods

__all__ = ["SHIPPED", "Ending", "Period", "Periods", "read"]

SHIPPED = Path(__file__).parent / "xk" / "1.toml"
"""The default periods, of Kosovo."""


def read(path: Path | None = None) -> Periods:
    """The periods in a file, or the shipped ones.

    Raises BarnabusError `retention.invalid`, with file, line, period and field of the first mistake.
    """
    place = path or SHIPPED
    text, data = toml_lines.read(place, "retention.invalid")
    try:
        return Periods.model_validate(data)
    except ValidationError as error:
        first, *more = error.errors(include_url=False, include_input=False)
        raise BarnabusError("retention.invalid", detail=_said(place, text, data, first, len(more))) from None


def _said(path: Path, text: str, data: dict[str, object], first: object, more: int) -> str:
    assert isinstance(first, dict)
    place: toml_lines.Place = (*first["loc"], *getattr(first.get("ctx", {}).get("error"), "place", ()))
    lines = dict(toml_lines.statements(text))
    line = next((lines[place[:n]] for n in range(len(place), 0, -1) if place[:n] in lines), 1)
    named = ""
    if place[:1] == ("period",) and len(place) > 1:
        periods = data["period"]
        assert isinstance(periods, list)
        found = periods[int(place[1])]
        named = f", period {found.get('id') if isinstance(found, dict) else int(place[1]) + 1}"
        place = place[2:]
    field = f", field {'.'.join(map(str, place))}" if place else ""
    others = f" And {more} more." if more else ""
    return f"{path}, line {line}{named}{field}: {first['msg'].removeprefix('Value error, ')}.{others}"
