"""By which of its own keys an owner signs now: the newest that the directory has and that has not ended."""

from collections.abc import Callable
from pathlib import Path

from joserfc.jwk import OKPKey

from bus import keys
from bus.clock import Clock
from bus.directory import Directory, PublicKey
from contracts.errors import BarnabusError

SigningKey = Callable[[], OKPKey]
"""The key to sign with now. Raises `key.ended` where its owner has none that counts, `home.missing` for a lost file."""


def held(folder: Path) -> dict[str, OKPKey]:
    """All signing keys in an owner's folder, by their ids."""
    return {str(key.kid): key for key in map(keys.read_jwk, folder.glob("signing*.jwk"))}


class Signing:
    """`directory` is the one that counts now; files are read again when that is another."""

    def __init__(self, folder: Path, owner: str, directory: Callable[[], Directory], clock: Clock) -> None:
        self._folder = folder
        self._owner = owner
        self._directory = directory
        self._clock = clock
        self._read_for: Directory | None = None
        self._own: list[tuple[PublicKey, OKPKey]] = []

    def __call__(self) -> OKPKey:
        directory = self._directory()
        if directory is not self._read_for:
            self._own, self._read_for = _own(directory, self._owner, held(self._folder)), directory
        now = self._clock()
        for public, key in self._own:
            if public.counts(now):
                return key
        raise BarnabusError("key.ended", detail=f"{self._folder} holds no signing key of {self._owner}'s that counts.")


def _own(directory: Directory, owner: str, private: dict[str, OKPKey]) -> list[tuple[PublicKey, OKPKey]]:
    """The newest first."""
    found = [(public, private[public.kid]) for public in directory.of(owner, "sig") if public.kid in private]
    return sorted(found, key=lambda one: one[0].valid_from, reverse=True)
