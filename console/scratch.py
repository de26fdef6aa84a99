"""A private folder for what can be found anew at any time: it goes with the process, however that ends.

What was left by one that was killed, the next one sweeps away: nobody holds its lock any more.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import IO

from bus import node
from contracts.errors import BarnabusError

_LOCK = "lock"


class Scratch:
    """In this place, under names that begin so; made when it is first needed."""

    def __init__(self, place: Path, name: str) -> None:
        self._place, self._name = place, name
        self._folder: Path | None = None
        self._held: IO[str] | None = None

    def file(self, name: str, make: Callable[[Path], None]) -> Path:
        """The file of this name, made anew by this process. Raises `file.unwritable`."""
        try:
            self._folder = self._folder or self._made()
            path = self._folder / name
            if not path.exists():
                coming = path.with_name(f"{name}.part")
                coming.unlink(missing_ok=True)
                make(coming)
                coming.rename(path)
        except OSError as error:
            raise BarnabusError("file.unwritable", detail=f"{self._place}: {error.strerror}.") from None
        return path

    def end(self) -> None:
        """Safe to repeat."""
        if self._folder and self._held:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._held.close()
            self._folder = None

    def _made(self) -> Path:
        self._place.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._sweep()
        new = Path(mkdtemp(prefix="new-", dir=self._place))  # nobody sweeps it before it is locked
        self._held = (new / _LOCK).open("a")
        node.take(self._held, "A console")
        return new.rename(new.with_name(new.name.replace("new", self._name, 1)))

    def _sweep(self) -> None:
        for left in self._place.glob(f"{self._name}-*"):
            try:
                with (left / _LOCK).open("a") as file:
                    node.take(file, "A console")
                    shutil.rmtree(left, ignore_errors=True)
            except (BarnabusError, OSError):  # it is in use, or goes just now
                continue
