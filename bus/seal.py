"""Digests, signatures and seals, in standards that every language has: JWS (RFC 7515, Ed25519) and JWE (RFC 7516).

Every signed token bears a `typ`, so that a signature over one kind of thing never passes for another.
"""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256
from typing import Any

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from contracts.envelope import LETTER_LIMIT_BYTES
from contracts.errors import BarnabusError

SIGNING = ["Ed25519"]
SEALING = ["ECDH-ES", "A256GCM"]
FindKey = Callable[[str], OKPKey]
"""From a key id to the public key; raises `key.unknown`."""


def b64(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def unb64(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def digest(data: bytes | str) -> str:
    """SHA-256 in base64url without padding."""
    return b64(sha256(data.encode() if isinstance(data, str) else data).digest())


def sign(payload: bytes, key: OKPKey, *, typ: str) -> str:
    """A compact JWS over the payload."""
    return jws.serialize_compact({"alg": "Ed25519", "kid": key.kid, "typ": typ}, payload, key, algorithms=SIGNING)


def verify(token: str, find_key: FindKey, *, typ: str) -> bytes:
    """The payload of a compact JWS. Raises `signature.invalid` or `key.unknown`."""
    try:
        protected = json.loads(unb64(token.partition(".")[0]))
        if not isinstance(protected, dict) or set(protected) != {"alg", "kid", "typ"} or protected["typ"] != typ:
            raise BarnabusError("signature.invalid")
        key = find_key(str(protected["kid"]))
        return jws.deserialize_compact(token, key, algorithms=SIGNING).payload
    except (JoseError, ValueError, RecursionError):
        raise BarnabusError("signature.invalid") from None


def sign_detached(payload: bytes, key: OKPKey, *, typ: str) -> str:
    """A JWS whose payload travels beside it (RFC 7515, appendix F)."""
    head, _, signature = sign(payload, key, typ=typ).split(".")
    return f"{head}..{signature}"


def verify_detached(payload: bytes, token: str, find_key: FindKey, *, typ: str) -> None:
    """Raises `signature.invalid` or `key.unknown` unless the token signs exactly these bytes."""
    head, dots, signature = token.partition("..")
    if not dots or "." in signature:
        raise BarnabusError("signature.invalid")
    verify(f"{head}.{b64(payload)}.{signature}", find_key, typ=typ)


def seal(plain: bytes, to: OKPKey) -> str:
    """A compact JWE that only the holder of `to` can open. Random: seal once, and keep the bytes."""
    header = {"alg": "ECDH-ES", "enc": "A256GCM", "kid": to.kid}
    return jwe.encrypt_compact(header, plain, to, algorithms=SEALING)


def sealed_to(sealed: str) -> str:
    """The id of the key that opens it, as its header says. Raises `content.unreadable`."""
    try:
        return str(json.loads(unb64(sealed.partition(".")[0]))["kid"])
    except (ValueError, RecursionError, KeyError, TypeError):
        raise BarnabusError("content.unreadable") from None


def unseal(sealed: str, *keys: OKPKey) -> bytes:
    """What was sealed to one of these. Raises `content.unreadable`."""
    try:
        if len(sealed) > LETTER_LIMIT_BYTES:
            raise BarnabusError("content.unreadable")
        own, kid = {key.kid: key for key in keys}, sealed_to(sealed)
        plain = jwe.decrypt_compact(sealed, own[kid], algorithms=SEALING).plaintext
    except (JoseError, ValueError, RecursionError, KeyError):
        plain = None
    if plain is None:
        raise BarnabusError("content.unreadable")
    return plain


def dump(document: Any) -> bytes:
    """JSON as we write it: compact, UTF-8."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
