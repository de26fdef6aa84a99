"""Signatures and seals: what verifies, and everything that must not."""

import hmac
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc import jwe
from joserfc.jwk import OctKey, OKPKey

from bus import seal
from bus.keys import new_sealing_key, new_signing_key
from contracts.envelope import LETTER_LIMIT_BYTES
from contracts.errors import BarnabusError

KEY = new_signing_key("police")
OTHERS = new_signing_key("social")
SEALING = new_sealing_key("social")
SEALED = seal.seal(b"secret", SEALING)
"""Once: sealing is random, and what hypothesis draws must not be."""
TYP = "barnabus-record"


def find(kid: str) -> OKPKey:
    if kid != KEY.kid:
        raise BarnabusError("key.unknown")
    return KEY


def code_of(token: str, *, typ: str = TYP) -> str:
    with pytest.raises(BarnabusError) as refused:
        seal.verify(token, find, typ=typ)
    return refused.value.code


def with_head(head: dict[str, object], payload: bytes = b"paid") -> str:
    """A token whose head says this, signed with police's own key as far as that goes."""
    text = f"{seal.b64(json.dumps(head).encode())}.{seal.b64(payload)}"
    return f"{text}.{seal.b64(KEY.private_key.sign(text.encode()))}"  # type: ignore[union-attr]


def test_what_was_signed_is_given_back() -> None:
    assert seal.verify(seal.sign(b"paid", KEY, typ=TYP), find, typ=TYP) == b"paid"


def test_a_signature_over_one_kind_of_thing_never_passes_for_another() -> None:
    assert code_of(seal.sign(b"paid", KEY, typ="barnabus-stamp")) == "signature.invalid"


def test_a_key_of_another_owner_is_unknown() -> None:
    assert code_of(seal.sign(b"paid", OTHERS, typ=TYP)) == "key.unknown"


def test_a_signature_under_another_owners_key_id_does_not_verify() -> None:
    thief = OKPKey.import_key({**OTHERS.as_dict(private=True), "kid": str(KEY.kid)})
    assert code_of(seal.sign(b"paid", thief, typ=TYP)) == "signature.invalid"


def test_a_token_without_a_signature_does_not_verify() -> None:
    head = seal.b64(json.dumps({"alg": "none", "kid": KEY.kid, "typ": TYP}).encode())
    assert code_of(f"{head}.{seal.b64(b'paid')}.") == "signature.invalid"


def test_a_public_key_is_no_shared_secret() -> None:
    """The old trick: sign with HMAC, using the public key as the secret."""
    public = KEY.as_dict(private=False)
    head = seal.b64(json.dumps({"alg": "HS256", "kid": KEY.kid, "typ": TYP}).encode())
    text = f"{head}.{seal.b64(b'paid')}"
    for secret in (seal.unb64(str(public["x"])), json.dumps(public).encode(), KEY.as_pem(private=False)):
        assert code_of(f"{text}.{seal.b64(hmac.digest(secret, text.encode(), 'sha256'))}") == "signature.invalid"


def test_a_head_says_algorithm_key_and_kind_and_nothing_else() -> None:
    whole: dict[str, object] = {"alg": "Ed25519", "kid": KEY.kid, "typ": TYP}
    assert seal.verify(with_head(whole), find, typ=TYP) == b"paid"
    assert code_of(with_head(whole | {"crit": ["b64"], "b64": False})) == "signature.invalid"
    assert code_of(with_head(whole | {"jwk": KEY.as_dict(private=False)})) == "signature.invalid"
    for missing in whole:
        assert code_of(with_head({k: v for k, v in whole.items() if k != missing})) == "signature.invalid"


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_token_with_any_symbol_changed_does_not_verify(data: st.DataObject) -> None:
    token = seal.sign(b'{"a":1}', KEY, typ=TYP)
    place = data.draw(st.integers(0, len(token) - 1))
    symbol = data.draw(st.sampled_from("ABCxyz019-_.=~ \n\u00e9\ud800").filter(lambda s: s != token[place]))
    altered = token[:place] + symbol + token[place + 1 :]
    try:
        # the last symbol of a part can carry unused bits: other text, the same bytes
        assert seal.verify(altered, find, typ=TYP) == b'{"a":1}'
        assert [seal.unb64(part) for part in altered.split(".")] == [seal.unb64(part) for part in token.split(".")]
    except BarnabusError as refused:
        assert refused.code in {"signature.invalid", "key.unknown"}  # noqa: PT017


@given(st.text(max_size=200) | st.from_regex(r"[\w-]{0,20}\.[\w-]{0,20}\.[\w-]{0,20}", fullmatch=True))
@settings(max_examples=150, deadline=None)
def test_whatever_is_no_token_is_refused_with_a_code(text: str) -> None:
    assert code_of(text) == "signature.invalid"


def test_a_detached_signature_holds_for_exactly_its_bytes() -> None:
    payload = b'{"number":1}'
    token = seal.sign_detached(payload, KEY, typ=TYP)
    assert payload not in seal.unb64(token.partition("..")[0])
    seal.verify_detached(payload, token, find, typ=TYP)
    for other in (b'{"number":2}', b'{"number":1} ', b""):
        with pytest.raises(BarnabusError, match=r"signature\.invalid"):
            seal.verify_detached(other, token, find, typ=TYP)


@pytest.mark.parametrize("shape", ["whole", "no dots", "payload inside", "three dots", "empty"])
def test_a_detached_signature_has_one_form(shape: str) -> None:
    payload = b"paid"
    whole = seal.sign(payload, KEY, typ=TYP)
    detached = seal.sign_detached(payload, KEY, typ=TYP)
    forms = {
        "whole": whole,
        "no dots": detached.replace("..", ""),
        "payload inside": whole.replace(".", "..", 1),
        "three dots": detached.replace("..", "..."),
        "empty": "",
    }
    with pytest.raises(BarnabusError, match=r"signature\.invalid"):
        seal.verify_detached(payload, forms[shape], find, typ=TYP)


def test_only_the_holder_of_the_key_opens_what_is_sealed() -> None:
    sealed = seal.seal(b"secret", SEALING)
    assert seal.unseal(sealed, SEALING) == b"secret"
    assert b"secret" not in sealed.encode()
    for wrong in (new_sealing_key("social"), new_sealing_key("police")):
        with pytest.raises(BarnabusError, match=r"content\.unreadable"):
            seal.unseal(sealed, wrong)


def test_the_same_content_is_never_sealed_alike() -> None:
    assert seal.seal(b"secret", SEALING) != seal.seal(b"secret", SEALING)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_sealed_letter_with_any_byte_changed_is_unreadable(data: st.DataObject) -> None:
    sealed = SEALED
    place = data.draw(st.integers(0, len(sealed) - 1))
    symbol = data.draw(st.sampled_from("ABCxyz019-_.\u00e9").filter(lambda s: s != sealed[place]))
    altered = sealed[:place] + symbol + sealed[place + 1 :]
    try:
        plain = seal.unseal(altered, SEALING)
    except BarnabusError as refused:
        assert refused.code == "content.unreadable"  # noqa: PT017
    else:
        assert plain == b"secret"
        assert [seal.unb64(part) for part in altered.split(".")] == [seal.unb64(part) for part in sealed.split(".")]


def test_other_ways_of_sealing_are_not_opened() -> None:
    """A letter cannot ask for a weaker cipher, a password, or compression that grows."""
    header = {"alg": "ECDH-ES", "enc": "A128GCM", "kid": SEALING.kid}
    weaker = jwe.encrypt_compact(header, b"x", SEALING, algorithms=["ECDH-ES", "A128GCM"])
    password = OctKey.import_key("password-password")
    pbes = jwe.encrypt_compact(
        {"alg": "PBES2-HS256+A128KW", "enc": "A256GCM"}, b"x", password, algorithms=["PBES2-HS256+A128KW", "A256GCM"]
    )
    packed = jwe.encrypt_compact({"alg": "ECDH-ES", "enc": "A256GCM", "zip": "DEF"}, b"0" * 10**6, SEALING)
    for sealed in (weaker, pbes, packed):
        with pytest.raises(BarnabusError, match=r"content\.unreadable"):
            seal.unseal(sealed, SEALING)


def test_a_letter_above_its_limit_is_not_even_tried() -> None:
    sealed = seal.seal(b"0" * LETTER_LIMIT_BYTES, SEALING)
    with pytest.raises(BarnabusError, match=r"content\.unreadable"):
        seal.unseal(sealed, SEALING)


def test_a_digest_is_that_of_the_bytes_and_43_symbols_long() -> None:
    assert seal.digest("") == seal.digest(b"") == "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"
