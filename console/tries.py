"""How often somebody may fail to sign in: counted by account and address, in bounded memory."""

import time
from collections.abc import Callable, Iterator

from contracts.errors import BarnabusError

WITHIN_S = 15 * 60.0
OF_BOTH, OF_ACCOUNT, OF_ADDRESS = 5, 50, 50
"""Failures within that time: of an account from one address, of an account, from an address.

The first stops who guesses; the second keeps guesses from many addresses few. It is far above the first, so that nobody
locks an account from one address.
"""
KEPT = 4_096
"""So many accounts, addresses and pairs of them are remembered; what failed longest ago is forgotten first."""

Key = tuple[str | None, str | None]


class Tries:
    """A failure is counted before the password is looked at, and taken back if it was right."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._failed: dict[Key, list[float]] = {}

    def begin(self, account: str, address: str) -> None:
        """Raises `sign-in.too-many`."""
        since = self._clock() - WITHIN_S
        for key, limit in _counted(account, address):
            recent = [at for at in self._failed.get(key, ()) if at > since]
            if len(recent) >= limit:
                raise BarnabusError("sign-in.too-many")
        for key, limit in _counted(account, address):
            recent = [at for at in self._failed.pop(key, ()) if at > since]
            self._failed[key] = [*recent, self._clock()][-limit:]
        for key in list(self._failed)[: max(len(self._failed) - KEPT, 0)]:
            del self._failed[key]

    def went_well(self, account: str, address: str) -> None:
        """That account from there begins anew; of the others this one try is taken back."""
        (both, _), *others = _counted(account, address)
        self._failed.pop(both, None)
        for key, _ in others:
            if found := self._failed.get(key):
                found.pop()


def _counted(account: str, address: str) -> Iterator[tuple[Key, int]]:
    yield (account, address), OF_BOTH
    yield (account, None), OF_ACCOUNT
    yield (None, address), OF_ADDRESS
