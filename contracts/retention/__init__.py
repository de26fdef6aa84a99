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
        detail = toml_lines.mistake(place, text, data, error, "period")
        raise BarnabusError("retention.invalid", detail=detail) from None
