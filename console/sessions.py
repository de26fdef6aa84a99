"""Who is signed in: in this process's memory alone, by random ids, for so long at most."""

import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from hashlib import sha256

from console.accounts import Account

IDLE_S = 30 * 60.0
"""Without a page asked for; a page that only keeps itself up to date counts for nothing."""
WHOLE_S = 12 * 3600.0
AT_MOST, OF_ONE = 512, 8
"""The one that was idle for longest gives way."""


@dataclass(frozen=True, slots=True)
class Session:
    account: Account
    begun_s: float
    seen_s: float


class Sessions:
    """`clock` only ever goes forward."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._open: dict[bytes, Session] = {}  # by the digest of an id; who was seen last stands last

    def begin(self, account: Account) -> str:
        """The id of a new session: 256 random bits."""
        now = self._clock()
        self._sweep(now)
        own = [key for key, session in self._open.items() if session.account.name == account.name]
        for key in [*own[: max(len(own) - OF_ONE + 1, 0)], *list(self._open)[: max(len(self._open) - AT_MOST + 1, 0)]]:
            self._open.pop(key, None)
        session_id = secrets.token_urlsafe(32)
        self._open[_digest(session_id)] = Session(account, now, now)
        return session_id

    def of(self, session_id: str, account: Callable[[str], Account | None], *, seen: bool = True) -> Session | None:
        """Whose it is, unless it is over, or `account` of that name is no more what it was. `seen`: somebody acts."""
        now, key = self._clock(), _digest(session_id)
        self._sweep(now)
        session = self._open.get(key)
        if session and account(session.account.name) != session.account:
            session = self._open.pop(key, None) and None
        if session and seen:
            del self._open[key]
            self._open[key] = replace(session, seen_s=now)
        return session

    def end(self, session_id: str) -> None:
        self._open.pop(_digest(session_id), None)

    def form_token(self, cookie: str) -> str:
        """What a form has to hold that is sent with this cookie: nobody can reckon it who does not run this process."""
        return hmac.new(self._key, cookie.encode(), sha256).hexdigest()

    def _sweep(self, now: float) -> None:
        for key, session in list(self._open.items()):
            if now - session.seen_s > IDLE_S or now - session.begun_s > WHOLE_S:
                del self._open[key]


def _digest(session_id: str) -> bytes:
    return sha256(session_id.encode()).digest()
