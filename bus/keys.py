"""Private keys in files of their own, readable by their owner only; never logged, never printed."""

import json
import os
from pathlib import Path
from secrets import token_bytes

import nkeys
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from nacl.signing import SigningKey

from contracts.errors import BarnabusError


def new_signing_key(owner: str, serial: int = 1) -> OKPKey:
    return OKPKey.generate_key("Ed25519", {"kid": f"{owner}-sig-{serial}", "use": "sig"}, private=True)


def new_sealing_key(owner: str, serial: int = 1) -> OKPKey:
    return OKPKey.generate_key("X25519", {"kid": f"{owner}-enc-{serial}", "use": "enc"}, private=True)


def new_vault_key() -> bytes:
    return token_bytes(32)


def new_nats_seed() -> bytes:
    """The seed of a NATS user's key: the server only ever holds the public half."""
    return bytes(nkeys.encode_seed(SigningKey.generate().encode(), nkeys.PREFIX_BYTE_USER))


def nats_public(seed: bytes) -> str:
    public: bytes = nkeys.from_seed(bytearray(seed)).public_key
    return public.decode()


def write(path: Path, data: bytes) -> None:
    """Write a private file once: mode 0600, in a folder of mode 0700."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, data: bytes) -> None:
    """Write a file whole or not at all, over one that is there; on disk before this returns."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)  # of a run that was broken off
    write(new, data)
    if path.exists():
        new.chmod(path.stat().st_mode)
    new.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_jwk(path: Path, key: OKPKey) -> None:
    write(path, json.dumps(key.as_dict(private=True)).encode())


def read(path: Path) -> bytes:
    """Raises `home.missing` if the file is not there or not readable."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise BarnabusError("home.missing", detail=f"{path} cannot be read: {error.strerror}.") from None


def read_sealing(folder: Path) -> tuple[OKPKey, ...]:
    """All sealing keys of an agency: letters may have been sealed to any. Raises `key.lost` if there is none."""
    found = tuple(read_jwk(path) for path in sorted(folder.glob("sealing*.jwk")))
    if not found:
        raise BarnabusError("key.lost", detail=f"{folder} holds none.")
    return found


def read_jwk(path: Path) -> OKPKey:
    """Raises `home.missing` if there is no key in the file."""
    try:
        return OKPKey.import_key(json.loads(read(path)))
    except (ValueError, TypeError, AttributeError, JoseError):
        raise BarnabusError("home.missing", detail=f"{path} holds no key.") from None
