"""By which of its own keys an owner signs now: the newest that the directory has and that has not ended."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog
from joserfc.jwk import OKPKey

from bus import keys
from bus.clock import Clock
from bus.directory import Directory, PublicKey
from contracts.errors import BarnabusError

SigningKey = Callable[[], OKPKey]
"""The key to sign with now. Raises `key.ended` where its owner holds none that counts."""
_log = structlog.get_logger()


def held(folder: Path) -> dict[str, OKPKey]:
    """All signing keys in an owner's folder, by their ids. A file that cannot be read keeps no other away."""
    found = dict[str, OKPKey]()
    for path in sorted(folder.glob("signing*.jwk")):
        try:
            key = keys.read_jwk(path)
        except BarnabusError as error:
            _log.error("key.unreadable", file=path.name, code=error.code)
            continue
        found[str(key.kid)] = key
    return found


class Signing:
    """`directory` is the one that counts now. Files are read again if that is another, or names a key not found yet."""

    def __init__(self, folder: Path, owner: str, directory: Callable[[], Directory], clock: Clock) -> None:
        self._folder = folder
        self._owner = owner
        self._directory = directory
        self._clock = clock
        self._read_for: Directory | None = None
        self._own: list[tuple[PublicKey, OKPKey]] = []

    def __call__(self) -> OKPKey:
        directory, now = self._directory(), self._clock()
        newest = max(directory.of(self._owner, "sig"), key=_since, default=None)
        found = newest is None or not newest.counts(now) or newest.kid in (public.kid for public, _ in self._own)
        if directory is not self._read_for or not found:
            self._own, self._read_for = _own(directory, self._owner, held(self._folder)), directory
        for public, key in self._own:
            if public.counts(now):
                return key
        raise BarnabusError("key.ended", detail=f"{self._folder} holds no signing key of {self._owner}'s that counts.")


def _own(directory: Directory, owner: str, private: dict[str, OKPKey]) -> list[tuple[PublicKey, OKPKey]]:
    """The newest first."""
    found = [(public, private[public.kid]) for public in directory.of(owner, "sig") if public.kid in private]
    return sorted(found, key=lambda one: _since(one[0]), reverse=True)


def _since(key: PublicKey) -> datetime:
    return key.valid_from
