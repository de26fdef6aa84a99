"""The directory of public keys, signed by a root key that stays offline.

Everyone holds the same signed file and the root's public key; a key that is not in it does not count.
"""

from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from joserfc.jwk import OKPKey
from pydantic import AwareDatetime, ValidationError

from bus import keys, seal
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.tiers import Frozen

TYP = "barnabus-directory"


class PublicKey(Frozen):
    owner: str  # an agency, or "gateway"
    use: Literal["sig", "enc"]
    jwk: dict[str, Any]
    valid_from: AwareDatetime
    valid_until: AwareDatetime | None = None


class Directory(Frozen):
    issued_at: AwareDatetime
    keys: tuple[PublicKey, ...]

    @cached_property
    def _imported(self) -> dict[tuple[str, str], OKPKey]:
        return {(key.owner, key.jwk["kid"]): OKPKey.import_key(key.jwk) for key in self.keys}

    def signer(self, owner: Agency | Literal["gateway"]) -> seal.FindKey:
        """Finds the public signing keys of one owner by key id; raises `key.unknown` for anybody else's."""

        def find(kid: str) -> OKPKey:
            key = self._imported.get((owner, kid))
            if key is None or key.get("use") != "sig":
                raise BarnabusError("key.unknown")
            return key

        return find

    def sealing(self, recipient: Agency) -> OKPKey:
        """The key to which letters for this agency are sealed now: the newest."""
        own = [key for key in self.keys if key.owner == recipient and key.use == "enc" and key.valid_until is None]
        if not own:
            raise BarnabusError("key.unknown")
        return self._imported[recipient, max(own, key=lambda key: key.valid_from).jwk["kid"]]

    def with_new_sealing(self, owner: Agency, key: OKPKey, now: datetime) -> "Directory":
        """From now on letters for this agency are sealed to this key, and to none of its others."""
        ended = {"valid_until": now}
        old = (
            known.model_copy(update=ended)
            if (known.owner, known.use, known.valid_until) == (owner, "enc", None)
            else known
            for known in self.keys
        )
        return Directory(issued_at=now, keys=(*old, entry(owner, key, now)))


def entry(owner: str, key: OKPKey, valid_from: datetime) -> PublicKey:
    public = key.as_dict(private=False)
    return PublicKey(owner=owner, use="sig" if public["use"] == "sig" else "enc", jwk=public, valid_from=valid_from)


def sign(directory: Directory, root: OKPKey) -> str:
    return seal.sign(directory.model_dump_json().encode(), root, typ=TYP)


def load(settings: Settings) -> Directory:
    """The directory of this home. Raises `directory.invalid` unless the root signed it."""
    try:
        root = keys.read_jwk(settings.root_public)
        payload = seal.verify(settings.directory.read_text().strip(), lambda _: root, typ=TYP)
        return Directory.model_validate_json(payload)
    except (OSError, BarnabusError, ValidationError, ValueError) as error:
        if isinstance(error, FileNotFoundError) or not settings.root_public.exists():
            raise BarnabusError("home.missing", detail=f"Nothing is provisioned in {settings.home}.") from None
        raise BarnabusError("directory.invalid") from None
