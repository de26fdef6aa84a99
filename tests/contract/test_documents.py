"""What is no document of ours is refused before it is understood: whatever bytes come, the answer is a code."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts import check, documents
from contracts.agencies import Agency
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import CODES, Refused
from tests.contract.commands import make, refusal


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"hello",
        b"[]",
        b'"text"',
        b"null",
        b"{",
        b"{} {}",
        b"{'command': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 01}',
        b'\xff{"a": 1}',
        b"\xef\xbb\xbf{}",
        '{"a": 1}'.encode("utf-16"),
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
    ids=repr,
)
def test_what_is_not_one_json_object_in_utf_8_is_refused(raw: bytes) -> None:
    assert refusal(raw) == ("document.not-json", None)


@pytest.mark.parametrize(
    "raw", [b'{"command": 1, "command": 1}', b'{"data": {"a": 1, "a": 2}}', b'{"x": [{"y": 1, "y": 1}]}']
)
def test_a_key_that_stands_twice_is_refused_at_any_depth(raw: bytes) -> None:
    assert refusal(raw) == ("document.duplicate-key", None)


@pytest.mark.parametrize("levels", [documents.DEPTH_LIMIT + 1, 1000, 15_000])
def test_a_document_that_is_too_deep_is_refused_before_it_can_harm(levels: int) -> None:
    assert refusal(b'{"a": ' + b"[" * levels + b"]" * levels + b"}") == ("document.too-deep", None)


def test_a_document_of_the_limits_depth_is_read() -> None:
    levels = documents.DEPTH_LIMIT - 1
    assert documents.document(b'{"a": ' + b"[" * levels + b"]" * levels + b"}", limit_bytes=1000)


def test_a_document_that_is_too_large_is_refused_unread() -> None:
    filled = json.dumps(make()).encode()
    assert check.command(filled.ljust(COMMAND_LIMIT_BYTES), Agency.POLICE)
    assert refusal(filled.ljust(COMMAND_LIMIT_BYTES + 1)) == ("document.too-large", None)
    assert refusal(b"\xff" * (COMMAND_LIMIT_BYTES + 1)) == ("document.too-large", None)


@given(st.binary(max_size=200))
def test_whatever_bytes_come_the_answer_is_a_code(raw: bytes) -> None:
    with pytest.raises(Refused) as raised:
        check.command(raw, Agency.POLICE)
    assert raised.value.code in CODES


def test_a_number_beyond_all_bounds_is_no_value_of_any_field() -> None:
    raw = json.dumps(make()).encode().replace(b'"urgent"', b"1e999")
    assert refusal(raw) == ("field.invalid", "data.urgency")
