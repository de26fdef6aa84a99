"""Personal data that tests make up, looked for in everything that processes log while the suite runs.

In this process each call of a logger is looked at before anything is done with it, whatever a test has put in place of
what writes it down; of processes that a test starts, their log files are. A line that holds such a word fails its test.
"""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from structlog._base import BoundLoggerBase  # the one place through which every call goes, captured or not

from contracts.catalogue import CATALOGUE
from tests.builders import BORN, NAME

PERSONAL_FIELDS = frozenset({"full_name", "date_of_birth", "phone", "address"})
LOG_ENDS = (".log", ".stderr")


def _said_of_people(value: Any, name: str = "") -> Iterator[str]:
    """In an example: what stands in a field that is about a person."""
    if isinstance(value, dict):
        for inner, found in value.items():
            yield from _said_of_people(found, inner)
    elif isinstance(value, list | tuple):
        for found in value:
            yield from _said_of_people(found, name)
    elif name in PERSONAL_FIELDS and isinstance(value, str):
        yield value


MARKERS = frozenset(
    {
        NAME,
        *NAME.split(),
        BORN,
        "KP-4711/2026",
        *(said for e in CATALOGUE.values() for said in _said_of_people(e.example)),
    }
)
_ANY = re.compile("|".join(map(re.escape, sorted(MARKERS))))


def marker_in(text: str) -> str | None:
    found = _ANY.search(text)
    return found.group() if found else None


class Watch:
    """Lines with a marker, since they were last taken."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def look(self, *said: Any) -> None:
        if marker := marker_in(" ".join(map(str, said))):
            self._found.append(f"{marker!r} in {said[0]}")

    def taken(self) -> list[str]:
        found, self._found = self._found, []
        return found

    def install(self, patch: pytest.MonkeyPatch) -> None:
        real = BoundLoggerBase._process_event

        def process(logger: BoundLoggerBase, method: str, event: str | None, values: dict[str, Any]) -> Any:
            self.look(event, values, logger._context)
            return real(logger, method, event, values)

        patch.setattr(BoundLoggerBase, "_process_event", process)
        made = logging.getLogRecordFactory()

        def record(*args: Any, **more: Any) -> logging.LogRecord:
            found = made(*args, **more)
            if str(found.name).partition(".")[0] not in _NOT_OURS:
                self.look(found.getMessage().partition("\n")[0])  # what stands below is never written down
            return found

        logging.setLogRecordFactory(record)


_NOT_OURS = frozenset({"hypothesis"})


def in_files(folder: Path) -> list[str]:
    """Log files below a folder that hold a marker; where one lies names its test."""
    return [
        f"{marker!r} in {path}" for path in _logs(folder) if (marker := marker_in(path.read_text(errors="replace")))
    ]


def _logs(folder: Path) -> Iterable[Path]:
    for where, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in ("keys", "msgs", "obs")]
        yield from (Path(where, name) for name in files if name.endswith(LOG_ENDS))
