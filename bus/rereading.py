"""Reading again, quickly, what was verified before: the bytes are the same, so nothing needs to be checked once more.

The shapes have the attributes of `contracts.envelope` and nothing else; tests hold the two to each other, type by type.
"""

import re
from contextlib import suppress
from datetime import datetime
from functools import cached_property
from typing import Any, Literal, cast
from uuid import UUID

import msgspec

from bus import seal
from bus.chains import RECEIPT, receipt_of
from bus.log import Entry, Logged
from contracts import check, envelope
from contracts.agencies import Agency, Institution
from contracts.catalogue import CATALOGUE
from contracts.errors import BarnabusError
from contracts.events.post import Receipt
from contracts.tiers import Tier
from contracts.vocabulary.people import LegalBasis, Role


class _Shape(msgspec.Struct, gc=False):
    """`gc=False`: these hold nothing that could hold them, and a collector that looks through a chunk takes long."""


class _Clocks(_Shape):
    occurred: datetime
    known: datetime
    recorded: datetime
    received: datetime | None = None


class _Post(_Shape):
    role: Role
    office: str | None = None


class _About(_Shape):
    clocks: _Clocks
    legal_basis: LegalBasis
    post: _Post
    on_behalf_of: Institution | None = None


class _LetterEntry(_Shape):
    to: Agency
    tiers: tuple[Tier, ...]
    number: int
    previous: str
    sealed: str
    content: str


class _Data(_Shape):
    content: dict[str, Any]
    about: _About | None = None
    letters: tuple[_LetterEntry, ...] = ()
    withheld: Literal["erased"] | None = None


class _Record(_Shape):
    id: UUID
    source: str
    type: str
    subject: str
    time: datetime
    dataschema: str
    number: int
    previous: str
    data: _Data
    specversion: str = "1.0"
    datacontenttype: str = "application/json"
    correlationid: UUID | None = None
    causationid: UUID | None = None

    @property
    def sender(self) -> str:
        return self.source[len("/agencies/") :]

    @property
    def version(self) -> str:
        return self.dataschema.rpartition(":")[2]


class _Stamp(_Shape):
    position: int
    logged_at: datetime
    account: Agency
    record_id: UUID
    record: str
    synthetic: bool = False


class _LetterReceived(_Shape):
    number: int
    received_at: datetime
    opened: bool


class _Receipt(_Shape):
    sender: Agency
    letters: tuple[_LetterReceived, ...]


class _Again(Logged):
    @cached_property
    def receipt(self) -> Receipt | None:
        if self.record.type != RECEIPT:
            return None
        try:
            return cast(Receipt, msgspec.convert(self.record.data.content, _Receipt))
        except msgspec.ValidationError:
            return receipt_of(self.record)


_FINER = re.compile(rb"\.\d{7}|\\u00")
"""A moment finer than microseconds: one decoder rounds it, and the other cuts it off. An escape could hide one."""
_RECORDS, _STAMPS = msgspec.json.Decoder(_Record), msgspec.json.Decoder(_Stamp)


def again(entry: Entry) -> Logged:
    """An entry whose signatures were verified once: its reader holds its `evidence` against what was seen then.

    Raises `log.damaged` if it is no entry at all.
    """
    raw = entry.text.encode()
    finer = _FINER.search(raw) is not None
    try:
        record = _record(raw, quickly=not finer)
        stamp = cast(envelope.Stamp, _STAMPS.decode(seal.unb64(entry.stamp.split(".", 2)[1])))
    except (msgspec.MsgspecError, ValueError, IndexError):
        raise BarnabusError("log.damaged", detail=f"Position {entry.position}: field.invalid.") from None
    logged = Logged if finer else _Again
    return logged(_current(record, raw), seal.digest(raw), stamp, entry.subject, entry.evidence)


def _current(record: envelope.Record, raw: bytes) -> envelope.Record:
    """As today's version of its type reads it; all but the rare older one is that already."""
    entry = CATALOGUE.get(record.type)
    if entry is None or record.version == entry.version:
        return record
    return check.current(envelope.Record.model_validate_json(raw))


def _record(raw: bytes, *, quickly: bool) -> envelope.Record:
    """One moment and one id have more spellings than the quick decoder takes; those are rare, and read as at first."""
    if quickly:
        with suppress(msgspec.MsgspecError):
            return cast(envelope.Record, _RECORDS.decode(raw))
    return envelope.Record.model_validate_json(raw)
