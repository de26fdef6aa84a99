"""Moments and lengths as a person writes and reads them."""

from datetime import datetime
from typing import Annotated

import typer

from contracts.durations import KOSOVO
from contracts.errors import Refused

AsOf = Annotated[str | None, typer.Option("--as-of", help="A moment, such as 2019-03-12T14:00; Kosovo's time.")]


def moment(text: str | None) -> datetime | None:
    """What `--as-of` says. Raises Refused `option.invalid`."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("option.invalid", field="--as-of", detail="Write it as 2019-03-12T14:00.") from None
    return found if found.tzinfo else found.replace(tzinfo=KOSOVO)


def length(seconds: float | None) -> str:
    """Days and hours, or hours and minutes; rounded down, and so never more than it was."""
    if seconds is None:
        return "not known"
    hours, rest = divmod(int(seconds), 3600)
    if hours >= 72:
        return f"{hours // 24} d {hours % 24} h"
    return f"{hours} h {rest // 60} min" if hours else f"{rest // 60} min {rest % 60} s"
