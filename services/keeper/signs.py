"""What the keeper says of itself and of all duties together, for whoever watches it: a file beside its store."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bus.clock import Clock
from bus.store import Store

_FILE = "signs.json"
_COUNTED = "SELECT rule, agency, state, count(*) AS n, min(expected_by) AS expected_by FROM keeper_owed "
_BY = "GROUP BY rule, agency, state ORDER BY rule, agency, state"


@dataclass(slots=True)
class Signs:
    """Written by the keeper. `owed` counts what is owed by rule, agency and state, with the earliest expected moment.

    `decided_at` is up to when everything is decided; `waiting` the code of what keeps it from deciding. `notices` and
    `disagreements` are counted since its process began.
    """

    folder: Path
    store: Store
    clock: Clock
    decided_at: datetime | None = None
    position: int = 0
    waiting: str | None = None
    notices: int = 0
    disagreements: int = 0
    _owed: list[dict[str, Any]] | None = None

    def write(self, *, counted_anew: bool) -> None:
        if counted_anew or self._owed is None:
            self._owed = self.store.read(_COUNTED + _BY)
        document = {
            "alive_at": self.clock().isoformat(),
            "decided_at": self.decided_at.isoformat() if self.decided_at else None,
            "position": self.position,
            "waiting": self.waiting,
            "notices": self.notices,
            "disagreements": self.disagreements,
            "owed": self._owed,
        }
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        aside = self.folder / f"{_FILE}.{os.getpid()}"
        aside.write_text(json.dumps(document))
        aside.replace(self.folder / _FILE)  # a reader sees the one or the other


def last(folder: Path) -> Mapping[str, Any] | None:
    """The last signs; None if there are none yet."""
    try:
        found: Mapping[str, Any] = json.loads((folder / _FILE).read_text())
    except FileNotFoundError:
        return None
    return found
