"""The directory of public keys, signed by a root key that stays offline.

Everyone holds the same signed file and the root's public key; a key that is not in it does not count, and one that has
ended counts for what was taken before (docs/adr/0036).
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import cached_property
from time import monotonic
from typing import Any, Literal, Protocol

import structlog
from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, ValidationError

from bus import keys, seal
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.tiers import Frozen

TYP = "barnabus-directory"
LOOK_EVERY_S = 1.0
Use = Literal["sig", "enc"]
_log = structlog.get_logger()


class Keyring(Protocol):
    """Whose key is whose: the directory as it was read, or as its file is now."""

    def signer(self, owner: Agency | Literal["gateway"], at: datetime | None) -> seal.FindKey:
        """Finds the public signing keys of one owner that counted at this moment, by their ids; `None`: that ever did.

        What it finds raises `key.unknown` for anybody else's, and `key.ended` for one that had ended by then.
        """

    def sealing(self, recipient: Agency) -> OKPKey:
        """The key to which letters for this agency are sealed now: the newest. Raises `key.unknown`."""


class PublicKey(Frozen):
    """Nothing new is taken by it from `valid_until` on. Since when it counts is said, and nothing hangs on it."""

    owner: str  # an agency, or "gateway"
    use: Use
    jwk: dict[str, Any]
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None = None

    @property
    def kid(self) -> str:
        return str(self.jwk["kid"])

    def counts(self, at: datetime) -> bool:
        return self.valid_until is None or at < self.valid_until


class Directory(Frozen):
    issued_at: AwareDatetime
    keys: tuple[PublicKey, ...]

    @cached_property
    def _imported(self) -> dict[tuple[str, str], tuple[OKPKey, datetime | None]]:
        return {(key.owner, key.kid): (OKPKey.import_key(key.jwk), key.valid_until) for key in self.keys}

    def signer(self, owner: Agency | Literal["gateway"], at: datetime | None) -> seal.FindKey:
        def find(kid: str) -> OKPKey:
            key, until = self._imported.get((owner, kid), (None, None))
            if key is None or key.get("use") != "sig":
                raise BarnabusError("key.unknown")
            if at is not None and until is not None and at >= until:
                raise BarnabusError("key.ended")
            return key

        return find

    def sealing(self, recipient: Agency) -> OKPKey:
        own = [key for key in self.keys if key.owner == recipient and key.use == "enc" and key.valid_until is None]
        if not own:
            raise BarnabusError("key.unknown")
        return self._imported[recipient, max(own, key=lambda key: key.valid_from).kid][0]

    def of(self, owner: str, use: Use) -> Iterator[PublicKey]:
        return (key for key in self.keys if (key.owner, key.use) == (owner, use))

    def with_new(self, owner: str, key: OKPKey, now: datetime, *, others_until: datetime) -> "Directory":
        """With one more key of this owner from now on; its others of the same use end then, if not before."""
        new = entry(owner, key, now)
        return self._ended(now, others_until, lambda known: (known.owner, known.use) == (owner, new.use), new)

    def without(self, kid: str, now: datetime) -> "Directory":
        """With this key ended now."""
        return self._ended(now, now, lambda known: known.kid == kid)

    def _ended(
        self, now: datetime, until: datetime, which: Callable[[PublicKey], bool], *new: PublicKey
    ) -> "Directory":
        keys = (
            known.model_copy(update={"valid_until": min(until, known.valid_until or until)}) if which(known) else known
            for known in self.keys
        )
        return Directory(issued_at=now, keys=(*keys, *new))


class Live:
    """The directory as its file is now: looked at every second, and read again when it was replaced.

    One that the root did not sign is not taken: the last one that it did goes on, and an error says so.
    """

    def __init__(self, settings: Settings, elapsed_s: Callable[[], float] = monotonic) -> None:
        """Raises as `load` does."""
        self._settings = settings
        self._elapsed_s = elapsed_s
        self._seen = self._stat()
        self._token, self._known = read(settings)
        self._looked_at = elapsed_s()
        self._not_taken: tuple[tuple[int, int] | None, str] | None = None

    @property
    def now(self) -> Directory:
        if self._elapsed_s() - self._looked_at >= LOOK_EVERY_S:
            self._looked_at = self._elapsed_s()
            self._look()
        return self._known

    @property
    def signed(self) -> str:
        """The same, as the root signed it."""
        _ = self.now  # looks, if it is time to
        return self._token

    def signer(self, owner: Agency | Literal["gateway"], at: datetime | None) -> seal.FindKey:
        def find(kid: str) -> OKPKey:
            try:
                return self.now.signer(owner, at)(kid)
            except BarnabusError as error:
                if error.code != "key.unknown":
                    raise
            self._look()  # its owner may have read the new directory a moment before us
            return self._known.signer(owner, at)(kid)

        return find

    def sealing(self, recipient: Agency) -> OKPKey:
        return self.now.sealing(recipient)

    def _look(self) -> None:
        stat = self._stat()
        if stat == self._seen:
            return
        try:
            self._token, self._known = read(self._settings)
        except BarnabusError as error:  # tried again each time: what kept it from being read may pass
            if (stat, error.code) != self._not_taken:
                _log.error("directory.not-taken", code=error.code)
            self._not_taken = (stat, error.code)
            return
        self._seen, self._not_taken = stat, None
        _log.info("directory.read", issued_at=self._known.issued_at.isoformat())

    def _stat(self) -> tuple[int, int] | None:
        try:
            found = self._settings.directory.stat()
        except OSError:
            return None
        return found.st_ino, found.st_mtime_ns


def entry(owner: str, key: OKPKey, valid_from: datetime) -> PublicKey:
    public = key.as_dict(private=False)
    return PublicKey(owner=owner, use="sig" if public["use"] == "sig" else "enc", jwk=public, valid_from=valid_from)


def sign(directory: Directory, root: OKPKey) -> str:
    return seal.sign(directory.model_dump_json().encode(), root, typ=TYP)


def load(settings: Settings) -> Directory:
    """The directory of this home. Raises `directory.invalid` unless the root signed it."""
    return read(settings)[1]


def opened(token: str, root: OKPKey) -> Directory:
    """Raises `signature.invalid` or ValueError for what this root did not sign as a directory."""
    return Directory.model_validate_json(seal.verify(token, lambda _: root, typ=TYP))


def read(settings: Settings) -> tuple[str, Directory]:
    """As the root signed it, and what it says. Raises as `load` does."""
    try:
        token = settings.directory.read_text().strip()
        return token, opened(token, keys.read_jwk(settings.root_public))
    except (OSError, BarnabusError, ValidationError, ValueError) as error:
        if isinstance(error, FileNotFoundError) or not settings.root_public.exists():
            raise BarnabusError("home.missing", detail=f"Nothing is provisioned in {settings.home}.") from None
        raise BarnabusError("directory.invalid") from None
