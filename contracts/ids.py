"""References that carry no meaning: nothing about a child can be read from one.

A case reference is 75 random bits and a check symbol, in Crockford's base 32 (no i, l, o, u), grouped for reading
aloud: `7k3q-9m2x-w4td-h6r2`. The check symbol (Luhn, modulo 32) catches every single wrong symbol and nearly every
swap of neighbours, so that a slip of the finger is never answered with "no such case".
"""

from hashlib import sha256
from typing import Annotated

from pydantic import AfterValidator, StringConstraints

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
_VALUE = {symbol: value for value, symbol in enumerate(_ALPHABET)}


def _check_symbol(body: str) -> str:
    total = 0
    for place, symbol in enumerate(reversed(body)):
        value = _VALUE[symbol] * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return _ALPHABET[-total % 32]


def _symbols(entropy: bytes, count: int) -> str:
    number = int.from_bytes(sha256(entropy).digest(), "big")
    return "".join(_ALPHABET[(number >> (5 * place)) & 31] for place in range(count))


def case_ref_from(entropy: bytes) -> str:
    """A case reference out of at least 10 random bytes."""
    body = _symbols(entropy, 15)
    whole = body + _check_symbol(body)
    return "-".join(whole[i : i + 4] for i in range(0, 16, 4))


def person_ref_from(entropy: bytes) -> str:
    """A reference to one person within one case, out of at least 10 random bytes."""
    return "p-" + _symbols(entropy, 10)


def _checked(case_ref: str) -> str:
    symbols = case_ref.replace("-", "")
    if _check_symbol(symbols[:-1]) != symbols[-1]:
        raise ValueError("the check symbol does not fit: a symbol is mistyped")
    return case_ref


_SYMBOL = f"[{_ALPHABET}]"
CaseRef = Annotated[
    str, StringConstraints(pattern=rf"^{_SYMBOL}{{4}}(-{_SYMBOL}{{4}}){{3}}$"), AfterValidator(_checked)
]
PersonRef = Annotated[str, StringConstraints(pattern=rf"^p-{_SYMBOL}{{10}}$")]
Digest = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{43}$")]
"""SHA-256 in base64url without padding, as in SD-JWT (RFC 9901)."""

NOTHING_BEFORE = "A" * 43
"""Stands where the first of a chain would name the digest of the one before: 32 zero bytes."""
