"""What was verified once is read again as it was read then."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from bus import seal
from bus.chains import receipt_of
from bus.log import Entry
from bus.rereading import again
from contracts import documents
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Record, Stamp
from contracts.errors import BarnabusError
from tests.benchmarks.entries import year

ENTRIES = 1_500
ENTRY = next(iter(year(ENTRIES, 3).entries()))


def entry(record: str, stamp: bytes = ENTRY.stamp) -> Entry:
    token = f"head.{seal.b64(stamp)}.signature"
    return Entry(1, "case.of-tests", record, "signature", token)


def fields(read: Any) -> Any:
    """Whatever it was read with: what it says, by name."""
    if isinstance(read, BaseModel):
        return {name: fields(getattr(read, name)) for name in type(read).model_fields}
    if isinstance(read, msgspec.Struct):
        return {name: fields(getattr(read, name)) for name in read.__struct_fields__}
    if isinstance(read, Mapping):
        return {name: fields(value) for name, value in read.items()}
    return tuple(map(fields, read)) if isinstance(read, tuple) else read


def test_every_entry_says_the_same_as_at_first() -> None:
    types = set()
    for one in islice(year(ENTRIES, 3).entries(), ENTRIES):
        record = one.record.decode()
        found, first = again(entry(record, one.stamp)), Record.model_validate_json(record)
        assert fields(found.record) == fields(first)
        assert (found.record.sender, found.record.version) == (first.sender, first.version)
        assert found.record.time.isoformat() == first.time.isoformat()
        assert fields(found.stamp) == fields(Stamp.model_validate_json(one.stamp))
        assert found.digest == seal.digest(record)
        types.add(first.type)
    assert len(types) > 30


@given(st.text("0123456789", min_size=1, max_size=9), st.sampled_from(("Z", "z", "+02:00", "-03:30", "+00:00")))
def test_a_moment_is_the_same_however_it_is_spelled(fraction: str, zone: str) -> None:
    record = ENTRY.record.decode()
    at = Record.model_validate_json(record).time.isoformat()
    spelled = record.replace(record.partition('"time":"')[2].partition('"')[0], f"{at[:19]}.{fraction}{zone}", 1)
    try:
        first = Record.model_validate_json(spelled)
    except ValueError:
        return
    assert again(entry(spelled)).record.time.isoformat() == first.time.isoformat()


SPELLINGS = (
    "2024-01-01T00:00Z", "2024-01-01_00:00:00Z", "2024-01-01 00:00:00Z", "1704067200", "2024-01-01T00:00:00,5Z",
    "2024-01-01T00:00:00\u221202:00", "2024-01-01T00:00:00.9999999Z", r"2024-01-01T00:00:00\u002e9999999Z",
    r"2024-01-01T00:00:00.999999\u0039Z", "2024-01-01T00:00:00+0200",
)  # fmt: skip
"""Of one moment or nearly so, as an agency may sign it; the contract takes them all."""


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_when_a_letter_was_received_is_the_same_however_its_recipient_spells_it(spelling: str) -> None:
    said = next(one for one in year(ENTRIES, 3).entries() if b'"type":"receipt"' in one.record).record.decode()
    spelled = said.replace(said.partition('"received_at":"')[2].partition('"')[0], spelling)
    first = receipt_of(documents.read(Record, documents.document(spelled, limit_bytes=SUBMISSION_LIMIT_BYTES)))
    found = again(entry(spelled)).receipt
    assert found
    assert [one.received_at.isoformat() for one in found.letters] == [
        one.received_at.isoformat() for one in first.letters
    ]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_records_own_time_is_the_same_however_it_is_spelled(spelling: str) -> None:
    record = ENTRY.record.decode()
    spelled = record.replace(record.partition('"time":"')[2].partition('"')[0], spelling)
    first = documents.read(Record, documents.document(spelled, limit_bytes=SUBMISSION_LIMIT_BYTES))
    found = again(entry(spelled)).record
    assert (found.time.isoformat(), fields(found.data)) == (first.time.isoformat(), fields(first.data))


@pytest.mark.parametrize("spell", [str.upper, lambda uid: f"urn:uuid:{uid}", lambda uid: uid.replace("-", "")])
def test_an_id_is_the_same_however_it_is_spelled(spell: Any) -> None:
    first = Record.model_validate_json(ENTRY.record)
    spelled = ENTRY.record.decode().replace(str(first.id), spell(str(first.id)))
    assert again(entry(spelled)).record.id == first.id


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"id": 3}'])
def test_what_is_no_entry_at_all_is_named_by_its_place(text: str) -> None:
    with pytest.raises(BarnabusError) as raised:
        again(entry(text))
    assert (raised.value.code, "Position 1" in str(raised.value)) == ("log.damaged", True)


@pytest.mark.parametrize("part", ["subject", "text", "signature", "stamp"])
def test_evidence_changes_with_every_part_of_an_entry(part: str) -> None:
    one = entry(ENTRY.record.decode())
    assert replace(one, **{part: getattr(one, part) + "x"}).evidence != one.evidence
    moved = replace(one, signature=one.signature + "x", stamp=one.stamp[1:])
    assert moved.evidence != one.evidence
