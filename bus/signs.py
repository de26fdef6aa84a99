"""What the keeper of duties says of itself and of all that is owed, for whoever watches it: a file in the home.

The keeper writes it and metrics show it, and neither imports the other: so its shape stands here.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import msgspec

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
_FILE = "signs.json"
FAILING = "internal"
"""What it waits for if a case cannot be reckoned, or if the keeper itself fails."""
SILENT = timedelta(seconds=30)
"""A keeper gives a sign of life every second, but while it looks at very many cases."""


@dataclass(frozen=True, slots=True)
class Owed:
    """How many duties of a rule an agency owes in one state, and the earliest moment by which one was expected."""

    rule: str
    agency: str
    state: str
    n: int
    expected_by: Moment | None


@dataclass(frozen=True, slots=True)
class Sign:
    """`decided_at` is up to when everything is decided, and `position` up to where; None and 0 before the first time.

    `waiting` is the code of what keeps it from deciding. `notices` and `disagreements` are counted since its process
    began.
    """

    alive_at: Moment
    decided_at: Moment | None
    position: int
    waiting: str | None
    notices: int
    disagreements: int
    owed: tuple[Owed, ...]

    def silence(self, now: datetime) -> str | None:
        """Why nobody watches; None while it does. A look in vain is no silence: the next comes within a second."""
        if now - self.alive_at > SILENT:
            return f"Last heard of at {self.alive_at.isoformat()}."
        if self.waiting == FAILING:
            return "Some cases cannot be reckoned, or the keeper fails: its log says why."
        if self.waiting and (self.decided_at is None or now - self.decided_at > SILENT):
            return f"{self.waiting}."
        return None


def write(folder: Path, sign: Sign) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    aside = folder / f"{_FILE}.{os.getpid()}"
    aside.write_bytes(msgspec.json.encode(sign))
    aside.replace(folder / _FILE)  # a reader sees the one or the other


def last(folder: Path) -> Sign | None:
    """None if no keeper was ever heard of here, or if its sign did not survive a power cut."""
    try:
        return msgspec.json.decode((folder / _FILE).read_bytes(), type=Sign)
    except (FileNotFoundError, msgspec.MsgspecError):
        return None
