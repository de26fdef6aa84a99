"""Whose leave it is to look: a credential in the hands of whom it was given to, and what for (docs/adr/0038)."""

import getpass
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Annotated, Protocol

import typer
from joserfc.jwk import OKPKey

from bus import credential, keys, signing, vouching
from bus.directory import Keyring
from bus.vouching import Emergency
from contracts.agencies import Agency
from contracts.credential import Credential
from contracts.errors import Refused
from contracts.vocabulary.accounting import AccessPurpose

CODES = ", ".join(AccessPurpose)
SIZE_LIMIT_BYTES = 65_536
Purpose = Annotated[
    str, typer.Option(help="Why you look, in your own words; written down on this machine, and nowhere else.")
]
For = Annotated[str, typer.Option("--for", help=f"Why you look, as a code, which is logged: {CODES}.")]
File = Annotated[
    Path | None, typer.Option("--credential", envvar="BARNABUS_CREDENTIAL", help="The file of your credential.")
]
ByEmergency = Annotated[
    Path | None, typer.Option("--emergency", help="What `access vouch` made, for a case that your credential lacks.")
]


class Asks(Protocol):
    """Somebody who wants to look: why, in their own words and as a code, and who this machine takes them for."""

    @property
    def words(self) -> str: ...
    @property
    def purpose(self) -> str: ...
    @property
    def who(self) -> str: ...

    def held(self, keyring: Keyring, now: datetime) -> Credential:
        """The credential that is in their hands. Raises `credential.*`."""

    def vouched(self) -> str | None:
        """What two people have signed, if it is an emergency. Raises `file.unreadable`."""


@dataclass(frozen=True, slots=True)
class Asker:
    """Somebody at the command line; each file as it was named there."""

    words: str
    purpose: str
    credential: Path | None
    emergency: Path | None = None

    @property
    def who(self) -> str:
        return getpass.getuser()

    def held(self, keyring: Keyring, now: datetime) -> Credential:
        if self.credential is None:
            raise Refused("credential.missing", field="--credential")
        return holder(self.credential, keyring, now)[0]

    def vouched(self) -> str | None:
        return text(self.emergency) if self.emergency else None


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody who has signed in: the key of `credential` was at hand when their account got it (docs/adr/0043)."""

    words: str
    purpose: str
    who: str
    credential: str
    emergency: str

    def held(self, keyring: Keyring, now: datetime) -> Credential:
        if not self.credential:
            raise Refused("credential.missing", field="credential")
        return credential.read(self.credential, keyring, now)

    def vouched(self) -> str | None:
        return self.emergency or None


@dataclass(frozen=True, slots=True)
class Leave:
    """A credential that counts, in the hands of whom it was given to; and what two people have signed, if need be."""

    credential: Credential
    purpose: AccessPurpose
    emergency: Emergency | None

    @property
    def agency(self) -> Agency:
        return self.credential.agency


def leave(asker: Asks, case_ref: str, keyring: Keyring, now: datetime) -> Leave:
    """Raises `credential.*`, `vouching.*`; `purpose.missing` or `option.invalid` for the code."""
    held = asker.held(keyring, now)
    if asker.purpose not in set(AccessPurpose):
        code = "option.invalid" if asker.purpose else "purpose.missing"
        raise Refused(code, field="--for", detail=f"One of: {CODES}.")
    vouched = asker.vouched()
    emergency = vouching.read(vouched, keyring, now) if vouched is not None else None
    if emergency and (emergency.asker.id, emergency.said.case_ref) != (held.id, case_ref):
        raise Refused("vouching.invalid", detail="It is another person's, or of another case.")
    return Leave(held, AccessPurpose(asker.purpose), emergency)


def given(path: Path | None) -> Path:
    """The file that was named. Raises Refused `credential.missing`."""
    if path is None:
        raise Refused("credential.missing", field="--credential")
    return path


def holder(path: Path, keyring: Keyring, now: datetime) -> tuple[Credential, OKPKey]:
    """A credential and its private key. Raises `credential.*`: whoever it was shown to has the one, not the other."""
    found = credential.read(text(path), keyring, now)
    public = credential.signing_key(found).as_dict(private=False)["x"]
    for key in signing.held(path.parent).values():
        if key.is_private and key.as_dict(private=False)["x"] == public:
            return found, key
    raise Refused("credential.without-key", detail=f"Folder: {path.parent}.")


def sealing_key(path: Path, whose: Credential) -> OKPKey:
    """The person's private key, to which content is sealed. Raises `credential.without-key`."""
    public = credential.sealing_key(whose).as_dict(private=False)["x"]
    for file in sorted(path.parent.glob("sealing*.jwk")):
        key = keys.read_jwk(file)
        if key.is_private and key.as_dict(private=False)["x"] == public:
            return key
    raise Refused("credential.without-key", detail=f"Folder: {path.parent}.")


def text(path: Path) -> str:
    """What a token's file holds. Raises Refused `file.unreadable`."""
    try:
        with path.open("rb") as file:
            return file.read(SIZE_LIMIT_BYTES).decode("ascii", errors="replace").strip()
    except OSError as error:
        raise Refused("file.unreadable", detail=f"{path}: {error.strerror}.") from None
