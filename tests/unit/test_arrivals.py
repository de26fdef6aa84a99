"""What comes out of the post: only what the gateway postmarked, in the very bytes that the record names."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from bus import arrivals, seal
from bus.log import POSTMARK_TYP, STAMP_TYP
from contracts.envelope import LETTER_LIMIT_BYTES, Notice, Postmark
from contracts.errors import BarnabusError
from tests.builders import HEALTH, POLICE, PROSECUTION, SOCIAL, ByHand, Posted, act


@pytest.fixture
def letter(by_hand: ByHand) -> Posted:
    """A letter of the police to the Centre."""
    return by_hand.forge(act(), POLICE)


@pytest.fixture
def mark(by_hand: ByHand, letter: Posted) -> Postmark:
    return arrivals.postmark(letter.postmark, SOCIAL, by_hand.directory)


def signed_by(by_hand: ByHand, owner: str, payload: bytes, typ: str = POSTMARK_TYP) -> str:
    return seal.sign(payload, by_hand.key(owner), typ=typ)


def test_a_postmark_speaks_of_one_letter_to_one_recipient(mark: Postmark, letter: Posted) -> None:
    assert (mark.sender, mark.recipient, mark.number) == (POLICE, SOCIAL, 1)
    assert (mark.record_id, mark.case_ref) == (letter.record.id, letter.record.subject)
    assert arrivals.intact(letter.raw, mark) == letter.raw.decode()


@pytest.mark.parametrize("recipient", [POLICE, HEALTH, PROSECUTION])
def test_a_postmark_for_another_agency_is_none(by_hand: ByHand, letter: Posted, recipient: Any) -> None:
    with pytest.raises(BarnabusError, match=r"signature\.invalid.*for another agency"):
        arrivals.postmark(letter.postmark, recipient, by_hand.directory)


def test_nobody_but_the_gateway_postmarks(by_hand: ByHand, mark: Postmark) -> None:
    for owner in (POLICE, SOCIAL):
        with pytest.raises(BarnabusError, match=r"key\.unknown"):
            arrivals.postmark(signed_by(by_hand, owner, mark.model_dump_json().encode()), SOCIAL, by_hand.directory)


def test_what_the_gateway_signed_for_another_purpose_is_no_postmark(by_hand: ByHand, mark: Postmark) -> None:
    whole = mark.model_dump_json().encode()
    for token in (signed_by(by_hand, "gateway", whole, STAMP_TYP), signed_by(by_hand, "gateway", b"{}")):
        with pytest.raises(BarnabusError, match=r"signature\.invalid"):
            arrivals.postmark(token, SOCIAL, by_hand.directory)


@pytest.mark.parametrize("raw", [b"", b"\xff\xfe", "é".encode(), b"A" * (LETTER_LIMIT_BYTES + 1)])
def test_bytes_that_the_record_does_not_name_are_not_taken(mark: Postmark, raw: bytes) -> None:
    with pytest.raises(BarnabusError, match=r"digest\.mismatch"):
        arrivals.intact(raw, mark)


@pytest.mark.parametrize("raw", [b"\xff\xfe", "é".encode(), b"A" * (LETTER_LIMIT_BYTES + 1)])
def test_bytes_that_no_letter_can_be_are_not_taken_though_the_record_names_them(mark: Postmark, raw: bytes) -> None:
    with pytest.raises(BarnabusError, match=r"digest\.mismatch"):
        arrivals.intact(raw, mark.model_copy(update={"sealed": seal.digest(raw)}))


@given(st.integers(0), st.integers(1, 255))
@with_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_one_changed_byte_anywhere_in_a_letter_is_seen(mark: Postmark, letter: Posted, place: int, bits: int) -> None:
    raw = bytearray(letter.raw)
    raw[place % len(raw)] ^= bits
    with pytest.raises(BarnabusError, match=r"digest\.mismatch"):
        arrivals.intact(bytes(raw), mark)


def test_a_receipt_says_who_has_signed_for_what(by_hand: ByHand) -> None:
    told = by_hand.receipt_notice(SOCIAL, POLICE, [3, 4])
    recipient, receipt, stamp = arrivals.receipt(told, POLICE, by_hand.directory)
    assert (recipient, stamp.account) == (SOCIAL, SOCIAL)
    assert [letter.number for letter in receipt.letters] == [3, 4]


def changed(told: Notice, **record: Any) -> Notice:
    return told.model_copy(update={"record": json.dumps(json.loads(told.record or "") | record)})


@pytest.mark.parametrize("missing", ["record", "signature", "stamp"])
def test_a_receipt_of_which_anything_is_missing_is_rejected_with_a_code(by_hand: ByHand, missing: str) -> None:
    told = by_hand.receipt_notice(SOCIAL, POLICE, [1]).model_copy(update={missing: None})
    with pytest.raises(BarnabusError):
        arrivals.receipt(told, POLICE, by_hand.directory)


def test_a_receipt_that_was_changed_after_it_was_signed_is_rejected_with_a_code(by_hand: ByHand) -> None:
    told = by_hand.receipt_notice(SOCIAL, POLICE, [1])
    changes: list[dict[str, Any]] = [{"number": 2}, {"source": "/agencies/health"}, {"data": {}}, {"extra": 1}]
    for record in changes:
        with pytest.raises(BarnabusError):
            arrivals.receipt(changed(told, **record), POLICE, by_hand.directory)


@pytest.mark.parametrize("raw", [b"", b"[]", b"{}", b'{"kind":"other"}', b'{"kind":"receipt","more":1}'])
def test_what_is_no_notice_is_rejected_with_a_code(raw: bytes) -> None:
    with pytest.raises(BarnabusError):
        arrivals.notice(raw)


def test_a_notice_has_a_limit() -> None:
    with pytest.raises(BarnabusError, match=r"document\.too-large"):
        arrivals.notice(b" " * (arrivals.NOTICE_LIMIT_BYTES + 1))
