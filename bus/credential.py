"""An investigator's credential as a token: signed by oversight, which is no party to a case and answers for who looks.

So no agency can let its own people in, least of all one that a bypass keeps out.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from bus import seal
from bus.directory import Keyring
from contracts.agencies import Agency
from contracts.credential import Credential
from contracts.errors import BarnabusError

TYP = "barnabus-credential"


def issue(credential: Credential, oversight: OKPKey) -> str:
    """As oversight signs it."""
    return seal.sign(credential.model_dump_json().encode(), oversight, typ=TYP)


def read(token: str, keyring: Keyring, now: datetime) -> Credential:
    """What it says. Raises `credential.invalid` unless oversight signed it, `credential.ended`.

    Whether it names a case, and whose system asks with it, is for whoever goes by it to look at.
    """
    try:
        found = Credential.model_validate_json(seal.verify(token, keyring.signer(Agency.OVERSIGHT, now), typ=TYP))
        sealing_key(found), signing_key(found)
    except (BarnabusError, ValueError):
        raise BarnabusError("credential.invalid") from None
    if not found.issued_at <= now < found.valid_until:
        raise BarnabusError("credential.ended")
    return found


def sealing_key(credential: Credential) -> OKPKey:
    """The person's public key, to which content is sealed. Raises ValueError if it is none."""
    return _key(credential.sealing, "X25519")


def signing_key(credential: Credential) -> OKPKey:
    """The person's public key, by which what they agree to is held. Raises ValueError if it is none."""
    return _key(credential.signing, "Ed25519")


def _key(jwk: Mapping[str, Any], curve: str) -> OKPKey:
    try:
        key = OKPKey.import_key(dict(jwk))
        if key.is_private or key.as_dict(private=False)["crv"] != curve:
            raise ValueError(f"no public key of {curve}")
    except (JoseError, TypeError, KeyError):
        raise ValueError(f"no public key of {curve}") from None
    return key
