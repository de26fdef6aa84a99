"""A new sealing key for an agency: the old one is lost, or has been in use for long enough.

The signed directory is what counts: it is written last and whole. Before that, a new key's file is one more key that
nobody seals to; old keys' files stay, for letters that were sealed to them.
"""

import json
from dataclasses import dataclass
from datetime import datetime

from joserfc.jwk import OKPKey

from bus import directory, keys
from bus.directory import Directory
from bus.settings import Settings
from contracts.agencies import Agency
from contracts.errors import BarnabusError


@dataclass(frozen=True, slots=True)
class Rekeying:
    """What is to be done: which key ends, whether it is still held here, and which one comes."""

    agency: Agency
    ended: str
    held: bool
    serial: int

    @property
    def kid(self) -> str:
        return f"{self.agency}-enc-{self.serial}"


def plan(settings: Settings, agency: Agency) -> Rekeying:
    """Raises `root.missing` where the directory cannot be signed."""
    known = directory.load(settings)
    _root(settings)
    own = [key.jwk["kid"] for key in known.keys if key.owner == agency and key.use == "enc"]
    serial = 1 + max(int(kid.rpartition("-")[2]) for kid in own)
    ended = str(known.sealing(agency).kid)
    return Rekeying(agency, ended, ended in _held(settings, agency), serial)


def carry_out(planned: Rekeying, settings: Settings, now: datetime) -> Directory:
    """The new directory, once it is signed and on disk. Safe to repeat if it was broken off."""
    root, path = _root(settings), settings.keys(planned.agency) / f"sealing-{planned.serial}.jwk"
    if not path.exists():  # else an earlier run got this far
        made = keys.new_sealing_key(planned.agency, planned.serial)
        keys.replace(path, json.dumps(made.as_dict(private=True)).encode())
    renewed = directory.load(settings).with_new_sealing(planned.agency, keys.read_jwk(path), now)
    keys.replace(settings.directory, f"{directory.sign(renewed, root)}\n".encode())
    return directory.load(settings)


def _held(settings: Settings, agency: Agency) -> set[str | None]:
    try:
        return {key.kid for key in keys.read_sealing(settings.keys(agency))}
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
