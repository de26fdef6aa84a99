"""What a run of the read models says of itself, for whoever watches it: that it lives, and by what it was stopped.

It lies beside the view and not in it: whoever cannot write there any more must still be able to say so.
"""

import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bus.clock import Clock

EVERY_S = 1.0
"""A run gives a sign of life so often at most."""
_FILE = "run.json"


@dataclass(frozen=True, slots=True)
class Sign:
    """When a run was last heard of; and the code of what stopped it, until a run has come past that."""

    alive_at: datetime
    stopped: str | None


def last(folder: Path) -> Sign | None:
    """None if no run was ever heard of, or if its sign did not survive a power cut."""
    try:
        found = json.loads((folder / _FILE).read_text())
        return Sign(datetime.fromisoformat(found["alive_at"]), found["stopped"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


class Pulse:
    """One run's. What stopped the run before it stands until this one has folded all that there was."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        before = last(folder)
        self._folder, self._clock = folder, clock
        self._stopped = before.stopped if before else None
        self._due = 0.0

    def beat(self) -> None:
        """It lives."""
        if time.monotonic() >= self._due:
            self._write()

    def caught_up(self) -> None:
        """It lives, and has folded all that there was."""
        if self._stopped:
            self._stopped, self._due = None, 0.0
        self.beat()

    def stop(self, code: str) -> None:
        """It ends by this."""
        self._stopped = code
        self._write()

    def _write(self) -> None:
        self._due = time.monotonic() + EVERY_S
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self._folder / f"{_FILE}.{os.getpid()}"
        aside.write_text(json.dumps({"alive_at": self._clock().isoformat(), "stopped": self._stopped}))
        aside.replace(self._folder / _FILE)  # a reader sees the one or the other
