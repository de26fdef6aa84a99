"""Signed content with salted fields, in the form of SD-JWT (RFC 9901).

The sender signs a digest of each field with its own salt. A letter carries them all; later one field can be opened
alone, with its salt, and be proven against the digest of the signed content that the record in the log names.
"""

import json
from collections.abc import Mapping
from secrets import token_bytes
from typing import Any

from joserfc.jwk import OKPKey

from bus import seal
from contracts.errors import BarnabusError

TYP = "barnabus-letter+sd-jwt"


def sign(claims: Mapping[str, Any], fields: Mapping[str, Any], key: OKPKey) -> tuple[str, str]:
    """The signed content (`<JWT>~<disclosure>~…~`) and the digest of its signed part."""
    disclosures = [seal.b64(seal.dump([seal.b64(token_bytes(16)), name, value])) for name, value in fields.items()]
    payload = {**claims, "_sd_alg": "sha-256", "content": {"_sd": sorted(map(seal.digest, disclosures))}}
    signed = seal.sign(seal.dump(payload), key, typ=TYP)
    return "~".join([signed, *disclosures, ""]), seal.digest(signed)


def verify(content: str, find_key: seal.FindKey) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Claims, disclosed fields, and the digest of the signed part. Fields that were not disclosed are simply absent.

    Raises `signature.invalid` if a disclosure was not signed, or a field stands twice.
    """
    try:
        signed, *disclosures, last = content.split("~")
        claims = json.loads(seal.verify(signed, find_key, typ=TYP))
        digests = claims.pop("content")["_sd"]
        fields: dict[str, Any] = {}
        for disclosure in disclosures:
            _, name, value = json.loads(seal.unb64(disclosure))
            if seal.digest(disclosure) not in digests or name in fields:
                raise BarnabusError("signature.invalid")
            fields[name] = value
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BarnabusError("signature.invalid") from None
    if last or claims.pop("_sd_alg", None) != "sha-256":
        raise BarnabusError("signature.invalid")
    return claims, fields, seal.digest(signed)
