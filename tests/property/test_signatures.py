"""What verifies here, by libsodium, is what verifies by joserfc and OpenSSL, and never more."""

import json
from hashlib import sha512

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from nacl import bindings

from bus import seal
from bus.keys import new_signing_key
from contracts.errors import BarnabusError

TYP = "barnabus-record"
KEY, OTHERS = new_signing_key("police"), new_signing_key("social")
PAYLOAD = b'{"number":1}'
TOKEN = seal.sign(PAYLOAD, KEY, typ=TYP)
SYMBOLS = st.text("ABCDwxyz0189-_.=~+/ \n\u00e9\ud800", max_size=4)
HEADS = st.fixed_dictionaries(
    {},
    optional={
        "alg": st.sampled_from(["Ed25519", "EdDSA", "Ed448", "none", "HS256", None, ["Ed25519"]]),
        "kid": st.sampled_from([KEY.kid, KEY.kid, OTHERS.kid, None, "x" * 1_000]),
        "typ": st.sampled_from([TYP, TYP, "barnabus-stamp", None]),
        "crit": st.just(["b64"]),
        "b64": st.booleans(),
    },
)
ORDER = 2**252 + 27742317777372353535851937790883648493
OF_ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
"""A point that vanishes eightfold: added to a signature's own, some verifiers see no difference."""
NOWHERE = (1).to_bytes(32, "little")
"""The point that adds nothing."""


def find(kid: str) -> OKPKey:
    if kid != KEY.kid:
        raise BarnabusError("key.unknown")
    return KEY


def ours(token: str) -> bytes | None:
    try:
        return seal.verify(token, find, typ=TYP)
    except BarnabusError as refused:
        assert refused.code in {"signature.invalid", "key.unknown"}  # noqa: PT017
        return None


def theirs(token: str) -> bytes | None:
    """The same by the library alone: it does not know what a head has to say."""
    try:
        head = json.loads(seal.unb64(token.partition(".")[0]))
        if not isinstance(head, dict) or set(head) != {"alg", "kid", "typ"} or head["typ"] != TYP:
            return None
        return jws.deserialize_compact(token, find(str(head["kid"])), algorithms=seal.SIGNING).payload
    except (JoseError, BarnabusError, ValueError, RecursionError):
        return None


def signed(text: str, key: OKPKey = KEY) -> str:
    return f"{text}.{seal.b64(key.private_key.sign(text.encode()))}"  # type: ignore[union-attr]


@given(payload=st.binary(max_size=300))
def test_what_is_signed_verifies_by_both(payload: bytes) -> None:
    token = seal.sign(payload, KEY, typ=TYP)
    assert ours(token) == theirs(token) == payload
    seal.verify_detached(payload, seal.sign_detached(payload, KEY, typ=TYP), find, typ=TYP)


@given(start=st.integers(0, len(TOKEN)), left_out=st.integers(0, 3), put_in=SYMBOLS)
@settings(max_examples=500)
def test_a_token_with_something_else_in_it_is_judged_alike(start: int, left_out: int, put_in: str) -> None:
    token = TOKEN[:start] + put_in + TOKEN[start + left_out :]
    assert ours(token) == theirs(token)
    if token != TOKEN:
        with pytest.raises(BarnabusError):
            seal.verify_detached(PAYLOAD, token.replace(seal.b64(PAYLOAD), ""), find, typ=TYP)


@given(head=HEADS, payload=st.binary(max_size=20).map(seal.b64) | SYMBOLS, key=st.sampled_from([KEY, OTHERS]))
@settings(max_examples=300)
def test_a_signed_token_with_any_head_and_payload_is_judged_alike(
    head: dict[str, object], payload: str, key: OKPKey
) -> None:
    text = f"{seal.b64(json.dumps(head).encode())}.{payload}"
    token = signed(text, key) if text.isascii() else f"{text}."
    assert ours(token) == theirs(token)


@pytest.mark.parametrize("head", ["[]", "7", '"x"', "null", "{", "[" * 300, "\ufeff{}"])
def test_a_head_that_is_no_object_is_refused_by_both(head: str) -> None:
    token = signed(f"{seal.b64(head.encode())}.{seal.b64(PAYLOAD)}")
    assert ours(token) is theirs(token) is None


@pytest.mark.parametrize("more", [0, 1, 2])
def test_a_head_and_a_payload_are_as_long_as_the_library_takes_them(more: int) -> None:
    head = json.dumps({"alg": "Ed25519", "kid": KEY.kid, "typ": TYP})
    long_head = seal.b64(head.ljust(seal.HEAD_LIMIT * 3 // 4 + more).encode())
    long_payload = seal.b64(b"x" * (seal.PAYLOAD_LIMIT * 3 // 4 + more))
    for token in (
        signed(f"{long_head}.{seal.b64(PAYLOAD)}"),
        signed(f"{seal.b64(head.encode())}.{long_payload}"),
    ):
        assert (ours(token) is None) is (theirs(token) is None) is (more > 0)


@pytest.mark.parametrize(("point", "by_theirs"), [(OF_ORDER_8, False), (NOWHERE, True)], ids=["moved", "nowhere"])
def test_a_signature_that_only_its_maker_could_dispute_is_refused(point: bytes, by_theirs: bool) -> None:
    """Whoever signs can make what one verifier takes and another refuses: it must not come into the log."""
    text = TOKEN.rpartition(".")[0]
    raw = KEY.as_dict(private=True)
    digest = bytearray(sha512(seal.unb64(str(raw["d"]))).digest()[:32])
    digest[0], digest[31] = digest[0] & 248, digest[31] & 127 | 64
    secret, public = int.from_bytes(digest, "little"), seal.unb64(str(raw["x"]))
    chosen = 0 if point == NOWHERE else 12_345
    base = bindings.crypto_scalarmult_ed25519_base_noclamp(chosen.to_bytes(32, "little")) if chosen else NOWHERE
    first = bindings.crypto_core_ed25519_add(base, point) if chosen else point
    asked = int.from_bytes(sha512(first + public + text.encode()).digest(), "little")
    second = (chosen + asked * secret) % ORDER
    token = f"{text}.{seal.b64(first + second.to_bytes(32, 'little'))}"
    assert (theirs(token) is not None) is by_theirs
    assert ours(token) is None


def test_a_signature_has_one_spelling() -> None:
    text, _, signature = TOKEN.rpartition(".")
    first, second = seal.unb64(signature)[:32], int.from_bytes(seal.unb64(signature)[32:], "little")
    for other in (second + ORDER, second + 2 * ORDER):
        token = f"{text}.{seal.b64(first + other.to_bytes(32, 'little'))}"
        assert ours(token) is theirs(token) is None


def test_a_key_of_another_curve_signs_nothing_here() -> None:
    other = OKPKey.generate_key("Ed448", {"kid": str(KEY.kid), "use": "sig"}, private=True)
    token = signed(TOKEN.rpartition(".")[0], other)
    with pytest.raises(BarnabusError, match=r"signature\.invalid"):
        seal.verify(token, lambda _: other, typ=TYP)


def test_a_directory_with_a_key_that_is_none_verifies_nothing() -> None:
    def broken(_: str) -> OKPKey:
        return OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "police-sig-1"})

    with pytest.raises(BarnabusError, match=r"signature\.invalid"):
        seal.verify(TOKEN, broken, typ=TYP)
