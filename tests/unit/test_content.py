"""Signed content: each field can later be opened alone and proven, and nothing can be put in its place."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from bus import content, seal
from bus.keys import new_signing_key
from contracts.errors import BarnabusError

KEY = new_signing_key("police")
CLAIMS = {"sender": "police", "number": 4}
FIELDS: dict[str, Any] = {
    "identity": {"full_name": "Filane Fisteku"},
    "urgency": "urgent",
    "safety": {"dangers": ["threats"]},
    "empty": None,
}


def find(kid: str) -> OKPKey:
    if kid != KEY.kid:
        raise BarnabusError("key.unknown")
    return KEY


def signed() -> tuple[str, list[str], str]:
    """The signed part, the disclosures in the fields' order, and the digest of the signed part."""
    text, digest = content.sign(CLAIMS, FIELDS, KEY)
    head, *disclosures, last = text.split("~")
    assert last == ""
    return head, disclosures, digest


def joined(*parts: str) -> str:
    return "~".join([*parts, ""])


def refused(text: str) -> str:
    with pytest.raises(BarnabusError) as error:
        content.verify(text, find)
    return error.value.code


def test_all_fields_come_back_with_claims_and_digest() -> None:
    text, digest = content.sign(CLAIMS, FIELDS, KEY)
    assert content.verify(text, find) == (CLAIMS, FIELDS, digest)


@pytest.mark.parametrize("name", FIELDS)
def test_each_field_can_be_opened_alone_and_is_proven_against_the_same_digest(name: str) -> None:
    head, disclosures, digest = signed()
    alone = disclosures[list(FIELDS).index(name)]
    assert content.verify(joined(head, alone), find) == (CLAIMS, {name: FIELDS[name]}, digest)


def test_a_field_that_is_not_disclosed_is_absent_and_cannot_be_read_from_the_signed_part() -> None:
    head, disclosures, digest = signed()
    claims, fields, found = content.verify(joined(head, *disclosures[1:]), find)
    assert "identity" not in fields
    assert (claims, found) == (CLAIMS, digest)
    payload = seal.unb64(head.split(".")[1])
    assert not any(word in payload for word in (b"Filane", b"full_name", b"identity", b"urgent", b"threats"))


def test_no_field_at_all_still_proves_that_the_content_was_signed() -> None:
    head, _, digest = signed()
    assert content.verify(joined(head), find) == (CLAIMS, {}, digest)


def test_equal_values_have_unequal_digests_so_that_none_can_be_guessed() -> None:
    first, second = signed()[1], signed()[1]
    assert not set(map(seal.digest, first)) & set(map(seal.digest, second))


def forged(name: str, value: object) -> str:
    return seal.b64(seal.dump([seal.b64(b"0" * 16), name, value]))


def test_a_field_of_another_letter_is_refused() -> None:
    (head, _, _), (_, others, _) = signed(), signed()
    assert refused(joined(head, others[0])) == "signature.invalid"


def test_an_added_field_is_refused() -> None:
    head, disclosures, _ = signed()
    assert refused(joined(head, *disclosures, forged("allegation", "neglect"))) == "signature.invalid"


def test_a_changed_value_is_refused() -> None:
    head, disclosures, _ = signed()
    salt, name, _ = json.loads(seal.unb64(disclosures[1]))
    changed = seal.b64(seal.dump([salt, name, "routine"]))
    assert refused(joined(head, disclosures[0], changed)) == "signature.invalid"


def test_two_fields_cannot_swap_their_values() -> None:
    head, disclosures, _ = signed()
    (salt_1, name_1, value_1), (salt_2, name_2, value_2) = (json.loads(seal.unb64(d)) for d in disclosures[:2])
    swapped = [seal.b64(seal.dump(d)) for d in ([salt_1, name_2, value_1], [salt_2, name_1, value_2])]
    assert refused(joined(head, *swapped)) == "signature.invalid"


def test_a_field_disclosed_twice_is_refused() -> None:
    head, disclosures, _ = signed()
    assert refused(joined(head, disclosures[0], disclosures[0])) == "signature.invalid"


def test_the_order_of_disclosures_says_nothing() -> None:
    head, disclosures, digest = signed()
    assert content.verify(joined(head, *reversed(disclosures)), find) == (CLAIMS, FIELDS, digest)


@pytest.mark.parametrize("end", ["", "x", "eyJhbGciOiJub25lIn0.e30."])
def test_nothing_stands_behind_the_last_disclosure(end: str) -> None:
    """No key binding, and no cut end that would pass for the whole."""
    head, disclosures, _ = signed()
    assert refused("~".join([head, *disclosures]) + (f"~{end}" if end else "")) == "signature.invalid"


def test_a_record_signed_by_the_same_key_is_no_content() -> None:
    payload = seal.dump({**CLAIMS, "_sd_alg": "sha-256", "content": {"_sd": []}})
    assert refused(joined(seal.sign(payload, KEY, typ="barnabus-record"))) == "signature.invalid"


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"content": {}},
        {"content": {"_sd": []}},
        {"content": {"_sd": []}, "_sd_alg": "sha-1"},
        {"content": []},
        {"content": {"_sd": None}, "_sd_alg": "sha-256"},
        [],
        None,
        7,
        "text",
    ],
)
def test_signed_content_of_another_shape_is_refused(payload: object) -> None:
    head = seal.sign(seal.dump(payload), KEY, typ=content.TYP)
    assert refused(joined(head, forged("a", 1))) == "signature.invalid"


@pytest.mark.parametrize(
    "disclosure", ["", "!", "AAAA", "e30", "W10", "WzFd", "WzEsMl0", "W251bGwsW10sMV0", "\u00e9", "[[["]
)
def test_a_disclosure_of_another_shape_is_refused(disclosure: str) -> None:
    """Even if the sender signed its digest."""
    payload = seal.dump({"_sd_alg": "sha-256", "content": {"_sd": [seal.digest(disclosure)]}})
    assert refused(joined(seal.sign(payload, KEY, typ=content.TYP), disclosure)) == "signature.invalid"


@given(st.text(max_size=120))
@settings(max_examples=100, deadline=None)
def test_any_text_is_refused_with_a_code(text: str) -> None:
    assert refused(text) == "signature.invalid"
