"""Reading the immutable log, always from its leader: replicas may be behind, and a person must never be shown that.

One entry is one message: the record as its payload, its signature and the gateway's stamp as headers.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from nats.aio.client import Client
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from bus import seal
from bus.directory import Directory
from bus.submission import RECORD_TYP
from contracts import check, subjects
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Record, Stamp
from contracts.errors import BarnabusError

STAMP_TYP = "barnabus-stamp"
POSTMARK_TYP = "barnabus-postmark"
READ_AHEAD = 128
"""At most so many entries are asked for at once."""
READ_TIMEOUT_S = 5.0
_NO_MESSAGE = 10037


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as it lies in the log, unverified."""

    position: int
    subject: str
    text: str
    signature: str
    stamp: str


@dataclass(frozen=True, slots=True)
class Logged:
    """One entry whose signatures and stamp were verified."""

    record: Record
    digest: str
    stamp: Stamp
    subject: str


def verify(entry: Entry, directory: Directory) -> Logged:
    """Record and stamp, if both signatures hold and the stamp speaks of these bytes at this place.

    Raises `log.damaged`, naming the position.
    """
    try:
        raw = entry.text.encode()
        record = check.read(Record, check.document(raw, limit_bytes=SUBMISSION_LIMIT_BYTES))
        seal.verify_detached(raw, entry.signature, directory.signer(Agency(record.sender)), typ=RECORD_TYP)
        stamp = Stamp.model_validate_json(seal.verify(entry.stamp, directory.signer("gateway"), typ=STAMP_TYP))
    except (BarnabusError, ValueError) as error:
        code = error.code if isinstance(error, BarnabusError) else "field.invalid"
        raise BarnabusError("log.damaged", detail=f"Position {entry.position}: {code}.") from None
    digest = seal.digest(raw)
    fits = (stamp.position, stamp.record, stamp.record_id) == (entry.position, digest, record.id)
    if not fits or subjects.of_record(record) != entry.subject or stamp.account != record.sender:
        raise BarnabusError("log.damaged", detail=f"Position {entry.position}: the stamp is not this record's.")
    return Logged(record, digest, stamp, entry.subject)


def placed(text: str, signature: str, stamp: str, directory: Directory) -> Entry:
    """A record at the place that its stamp names. Raises a code if record or stamp is none; `verify` says the rest."""
    record = check.read(Record, check.document(text, limit_bytes=SUBMISSION_LIMIT_BYTES))
    payload = seal.verify(stamp, directory.signer("gateway"), typ=STAMP_TYP)
    return Entry(Stamp.model_validate_json(payload).position, subjects.of_record(record), text, signature, stamp)


def position_of(stamp: str) -> int:
    """The position that a stamp in one's own store names: it was verified before it was stored."""
    return Stamp.model_validate_json(seal.unb64(stamp.split(".")[1])).position


class LogReader:
    """Reads `CASES` with the two rights that the reader's account has: its state, and one message at a time."""

    def __init__(self, nats: Client, *, api: str = "$JS.API") -> None:
        """`api` is where this account finds JetStream: the bus's own account, or the reader's import."""
        self._nats = nats
        self._api = api

    async def last(self) -> int:
        """The last position. Raises `log.unavailable`."""
        answer = await self._ask(f"{self._api}.STREAM.INFO.{subjects.CASES}", {})
        return int(answer["state"]["last_seq"])

    async def get(self, position: int) -> Entry | None:
        """The entry at a position; None if there is none."""
        return await self._get({"seq": position})

    async def entries(self, first: int, last: int) -> AsyncIterator[Entry]:
        """Every entry from `first` to `last`, in order. Raises `log.damaged` at a position that is gone."""
        for start in range(first, last + 1, READ_AHEAD):
            chunk = range(start, min(start + READ_AHEAD, last + 1))
            for position, entry in zip(chunk, await asyncio.gather(*map(self.get, chunk)), strict=True):
                if entry is None:
                    raise BarnabusError("log.damaged", detail=f"Position {position}: the entry is gone.")
                yield entry

    async def of(self, subject: str, *, first: int = 1) -> AsyncIterator[Entry]:
        """Every entry whose subject matches, in order."""
        position = first
        while entry := await self._get({"seq": position, "next_by_subj": subject}):
            yield entry
            position = entry.position + 1

    async def _get(self, which: dict[str, Any]) -> Entry | None:
        answer = await self._ask(f"{self._api}.STREAM.MSG.GET.{subjects.CASES}", which)
        if "error" in answer:
            if answer["error"].get("err_code") == _NO_MESSAGE:
                return None
            raise BarnabusError("log.unavailable", detail=str(answer["error"].get("description")))
        message = answer["message"]
        headers = _headers(b64decode(message.get("hdrs", "")).decode(errors="replace"))
        return Entry(
            position=message["seq"],
            subject=message["subject"],
            text=b64decode(message.get("data", "")).decode(errors="replace"),
            signature=headers.get(subjects.SIGNATURE, ""),
            stamp=headers.get(subjects.STAMP, ""),
        )

    async def _ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self._nats.request(subject, json.dumps(body).encode(), timeout=READ_TIMEOUT_S)
        except (NatsTimeoutError, NoRespondersError):
            raise BarnabusError("log.unavailable") from None
        found: dict[str, Any] = json.loads(answer.data)
        return found


def _headers(block: str) -> dict[str, str]:
    lines = (line.partition(":") for line in block.split("\r\n")[1:] if line)
    return {name: value.strip() for name, _, value in lines}
