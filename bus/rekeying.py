"""A new key for an agency or the gateway, and the end of one: it was lost or stolen, or in use for long enough.

The signed directory is what counts: it is written last and whole. Before that, a new key's file is one more key that
nobody goes by; old keys' files stay, for letters that were sealed to them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import OKPKey

from bus import directory, keys, nats_users, provisioning, signing
from bus.directory import Directory, Use
from bus.settings import Settings
from contracts.errors import BarnabusError
from contracts.events.post import DIRECTORY_LIMIT

_NEW: dict[Use, tuple[str, Callable[[str, int], OKPKey]]] = {
    "sig": ("signing", keys.new_signing_key),
    "enc": ("sealing", keys.new_sealing_key),
}


@dataclass(frozen=True, slots=True)
class Rekeying:
    """What is to be done: which key ends, whether it is still held here, and which one comes."""

    owner: str
    use: Use
    ended: str
    held: bool
    serial: int

    @property
    def kid(self) -> str:
        return f"{self.owner}-{self.use}-{self.serial}"


def plan(settings: Settings, owner: str, use: Use) -> Rekeying:
    """Raises `root.missing` where the directory cannot be signed."""
    known = list(directory.load(settings).of(owner, use))
    _root(settings)
    serial = 1 + max(int(key.kid.rpartition("-")[2]) for key in known)
    counting = [key for key in known if key.valid_until is None] or known
    ended = max(counting, key=lambda key: key.valid_from).kid
    return Rekeying(owner, use, ended, ended in _held(settings, owner, use), serial)


def carry_out(planned: Rekeying, settings: Settings, now: datetime, *, others_until: datetime) -> Directory:
    """The new directory, once it is signed and on disk. Safe to repeat if it was broken off."""
    root = _root(settings)
    name, new = _NEW[planned.use]
    path = settings.keys(planned.owner) / f"{name}-{planned.serial}.jwk"
    if not path.exists():  # else an earlier run got this far
        made = new(planned.owner, planned.serial)
        keys.replace(path, json.dumps(made.as_dict(private=True)).encode())
    known = directory.load(settings)
    return _signed(settings, known.with_new(planned.owner, keys.read_jwk(path), now, others_until=others_until), root)


def revoke(settings: Settings, kid: str, now: datetime) -> Directory:
    """The directory with this key ended now. Raises `key.unknown`, `root.missing`, and `key.only` for the last one."""
    known, root = directory.load(settings), _root(settings)
    ended = next((key for key in known.keys if key.kid == kid), None)
    if ended is None:
        raise BarnabusError("key.unknown", detail=f"Known: {', '.join(key.kid for key in known.keys)}.")
    if not any(key.valid_until is None for key in known.of(ended.owner, ended.use) if key.kid != kid):
        raise BarnabusError("key.only", detail=f"{kid} of {ended.owner}.")
    return _signed(settings, known.without(kid, now), root)


def new_nats_key(settings: Settings, owner: str, user: str) -> str:
    """Its public half, once the seed lies in the old one's place and the server's configuration, if here, has it.

    The old one is cut off at once, and never beside the new one: it may be a thief's. Safe to repeat.
    """
    seed = keys.new_nats_seed()
    public = keys.nats_public(seed)
    keys.replace(nats_users.seed_file(settings, owner, user), seed)
    for path, config in list(provisioning.configs(settings, {(owner, user): public})):
        keys.replace(path, config.encode())
    return public


def _signed(settings: Settings, renewed: Directory, root: OKPKey) -> Directory:
    token = directory.sign(renewed, root)
    if len(token) > DIRECTORY_LIMIT:
        raise BarnabusError("directory.invalid", detail=f"It would be longer than {DIRECTORY_LIMIT} symbols.")
    keys.replace(settings.directory, f"{token}\n".encode())
    return directory.load(settings)


def _held(settings: Settings, owner: str, use: Use) -> set[str | None]:
    try:
        if use == "sig":
            return set(signing.held(settings.keys(owner)))
        return {key.kid for key in keys.read_sealing(settings.keys(owner))}
    except BarnabusError:
        return set()


def _root(settings: Settings) -> OKPKey:
    path = settings.keys("root") / "root.jwk"
    if not path.exists():
        raise BarnabusError("root.missing")
    root = keys.read_jwk(path)
    if root.as_dict(private=False)["x"] != keys.read_jwk(settings.root_public).as_dict(private=False)["x"]:
        raise BarnabusError("root.missing", detail=f"{path} is the root of another home.")
    return root
