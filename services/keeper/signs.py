"""What the keeper says of itself and of all duties together, counted in its store, for whoever watches it."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog

from bus import signs
from bus.clock import Clock
from bus.signs import Owed, Sign
from bus.store import Store

_log = structlog.get_logger()
_COUNTED = "SELECT rule, agency, state, count(*) AS n, min(expected_by) AS expected_by FROM keeper_owed "
_BY = "GROUP BY rule, agency, state ORDER BY rule, agency, state"


@dataclass(slots=True)
class Signs:
    """Of one process; what each of these says, `bus.signs.Sign` tells."""

    folder: Path
    store: Store
    clock: Clock
    decided_at: datetime | None = None
    position: int = 0
    waiting: str | None = None
    notices: int = 0
    disagreements: int = 0
    _owed: tuple[Owed, ...] | None = None

    def write(self, *, counted_anew: bool) -> None:
        if counted_anew or self._owed is None:
            self._owed = tuple(map(_owed, self.store.read(_COUNTED + _BY)))
        sign = Sign(
            alive_at=self.clock(),
            decided_at=self.decided_at,
            position=self.position,
            waiting=self.waiting,
            notices=self.notices,
            disagreements=self.disagreements,
            owed=self._owed,
        )
        try:
            signs.write(self.folder, sign)
        except OSError as error:  # a full disk ends no watch; that nothing is heard of it is an alert of its own
            _log.error("keeper.unsigned", error=error.strerror)


def _owed(row: dict[str, Any]) -> Owed:
    expected_by = datetime.fromisoformat(row["expected_by"]) if row["expected_by"] else None
    return Owed(row["rule"], row["agency"], row["state"], row["n"], expected_by)
