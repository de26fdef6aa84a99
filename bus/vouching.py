"""Emergencies as two people sign them: neither the asking alone nor a vouching for oneself opens anything."""

from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from joserfc.jwk import OKPKey

from bus import credential, seal
from bus.directory import Keyring
from contracts.credential import Credential
from contracts.documents import document
from contracts.documents import read as as_model
from contracts.emergency import OPEN_FOR, TOKEN_LIMIT, VOUCHED_WITHIN, EmergencyAsked, EmergencyVouched
from contracts.errors import BarnabusError, Refused

ASKED, VOUCHED = "barnabus-emergency", "barnabus-vouching"
LIMIT_BYTES = 3 * TOKEN_LIMIT
Said = TypeVar("Said", EmergencyAsked, EmergencyVouched)


@dataclass(frozen=True, slots=True)
class Asked:
    said: EmergencyAsked
    asker: Credential


@dataclass(frozen=True, slots=True)
class Emergency(Asked):
    """One that both have signed."""

    voucher: Credential
    vouched_at: datetime

    @property
    def until(self) -> datetime:
        return self.vouched_at + OPEN_FOR


def ask(said: EmergencyAsked, key: OKPKey) -> str:
    return seal.sign(said.model_dump_json().encode(), key, typ=ASKED)


def vouch(asked: str, voucher: str, key: OKPKey, keyring: Keyring, now: datetime) -> str:
    """Raises `vouching.invalid`, `vouching.own`, `vouching.ended`, `credential.*`."""
    found, who = read_asked(asked, keyring, now), credential.read(voucher, keyring, now)
    _by_another(found.asker, who)
    _in_time(found.said.asked_at, now)
    said = EmergencyVouched(asked=asked, credential=voucher, vouched_at=now)
    return seal.sign(said.model_dump_json().encode(), key, typ=VOUCHED)


def read_asked(token: str, keyring: Keyring, now: datetime) -> Asked:
    """Raises `vouching.invalid` unless it is signed by the key of the credential in it; `credential.*`."""
    return Asked(*_held(token, ASKED, EmergencyAsked, keyring, now))


def read(token: str, keyring: Keyring, now: datetime) -> Emergency:
    """What both have signed, while it counts. Raises `vouching.*`, and `credential.*` of either."""
    said, voucher = _held(token, VOUCHED, EmergencyVouched, keyring, now)
    asked = read_asked(said.asked, keyring, now)
    _by_another(asked.asker, voucher)
    _in_time(asked.said.asked_at, said.vouched_at)
    found = Emergency(asked.said, asked.asker, voucher, said.vouched_at)
    if not said.vouched_at - VOUCHED_WITHIN <= now < found.until:  # their clocks need not agree to the minute
        raise Refused("vouching.ended")
    return found


def _by_another(asker: Credential, voucher: Credential) -> None:
    """One person may have several credentials, and one key in several of them."""
    same_key = asker.signing.get("x") == voucher.signing.get("x")
    if asker.person == voucher.person or asker.id == voucher.id or same_key:
        raise Refused("vouching.own")


def _in_time(asked_at: datetime, vouched_at: datetime) -> None:
    if abs(vouched_at - asked_at) > VOUCHED_WITHIN:
        raise Refused("vouching.ended")


def _held(token: str, typ: str, model: type[Said], keyring: Keyring, now: datetime) -> tuple[Said, Credential]:
    """What the token says names the key that must have signed it."""
    try:
        said = as_model(model, document(seal.unb64(token.split(".")[1]), limit_bytes=LIMIT_BYTES))
    except (BarnabusError, ValueError, IndexError):
        raise Refused("vouching.invalid") from None
    who = credential.read(said.credential, keyring, now)
    try:
        seal.verify(token, lambda _: credential.signing_key(who), typ=typ)
    except BarnabusError:
        raise Refused("vouching.invalid") from None
    return said, who
