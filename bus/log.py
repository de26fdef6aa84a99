"""Reading the immutable log. Where it ends, its leader says: a person must never be shown what a replica lacks.

One entry is one message: the record as its payload, its signature and the gateway's stamp as headers.
"""

import asyncio
import json
from base64 import b64decode
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import NoRespondersError
from nats.errors import TimeoutError as NatsTimeoutError

from bus import batches, seal
from bus.chains import RECEIPT, receipt_of
from bus.directory import Keyring
from bus.submission import RECORD_TYP
from contracts import check, documents, subjects
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Postmark, Record, Stamp
from contracts.errors import BarnabusError
from contracts.events.post import Receipt

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

    @property
    def evidence(self) -> str:
        """A digest of all that it is: as long as that is the same, what was once verified of it holds."""
        return seal.digest("\n".join((self.subject, self.signature, self.stamp, self.text)))


@dataclass(frozen=True)
class Logged:
    """One entry whose signatures and stamp were verified. `record` is as today's version of its type reads it."""

    record: Record
    digest: str
    stamp: Stamp
    subject: str
    evidence: str = ""

    @cached_property
    def codes(self) -> dict[str, Any]:
        """Its content as every reader spells it."""
        return check.codes_of(self.record)

    @cached_property
    def receipt(self) -> Receipt | None:
        """What it says, if it is a receipt."""
        return receipt_of(self.record) if self.record.type == RECEIPT else None


def verify(entry: Entry, directory: Keyring) -> Logged:
    """Record and stamp, if both signatures hold and the stamp speaks of these bytes at this place.

    Raises `log.damaged`, naming the position.
    """
    try:
        raw = entry.text.encode()
        record = documents.read(Record, documents.document(raw, limit_bytes=SUBMISSION_LIMIT_BYTES))
        signer = directory.signer(Agency(record.sender), None)  # that it counted then, the gateway saw to
        seal.verify_detached(raw, entry.signature, signer, typ=RECORD_TYP)
        stamp = stamp_of(entry.stamp, directory)
    except (BarnabusError, ValueError) as error:
        code = error.code if isinstance(error, BarnabusError) else "field.invalid"
        raise BarnabusError("log.damaged", detail=f"Position {entry.position}: {code}.") from None
    digest = seal.digest(raw)
    fits = (stamp.position, stamp.record, stamp.record_id) == (entry.position, digest, record.id)
    if not fits or subjects.of_record(record) != entry.subject or stamp.account != record.sender:
        raise BarnabusError("log.damaged", detail=f"Position {entry.position}: the stamp is not this record's.")
    return Logged(check.current(record), digest, stamp, entry.subject, entry.evidence)


def placed(text: str, signature: str, stamp: str, directory: Keyring) -> Entry:
    """A record at the place that its stamp names. Raises a code if record or stamp is none; `verify` says the rest."""
    record = documents.read(Record, documents.document(text, limit_bytes=SUBMISSION_LIMIT_BYTES))
    return Entry(stamp_of(stamp, directory).position, subjects.of_record(record), text, signature, stamp)


def stamp_of(token: str, directory: Keyring) -> Stamp:
    """What a gateway stamped, by whichever of its keys. Raises `signature.invalid`, `key.unknown`."""
    return _signed(token, Stamp, STAMP_TYP, directory)


def postmark_of(token: str, directory: Keyring) -> Postmark:
    """What a gateway says of a letter, likewise."""
    return _signed(token, Postmark, POSTMARK_TYP, directory)


Said = TypeVar("Said", Stamp, Postmark)


def _signed(token: str, kind: type[Said], typ: str, directory: Keyring) -> Said:
    payload = seal.verify(token, directory.signer("gateway", None), typ=typ)
    try:
        return kind.model_validate_json(payload)
    except ValueError:
        raise BarnabusError("signature.invalid", detail="The gateway signed something else.") from None


def position_of(stamp: str) -> int:
    """The position that a stamp in one's own store names: it was verified before it was stored."""
    return Stamp.model_validate_json(seal.unb64(stamp.split(".")[1])).position


class LogReader:
    """Reads `CASES` with the rights that the reader's account has: its state, one entry, and many at once."""

    def __init__(self, nats: Client, *, api: str = "$JS.API") -> None:
        """`api` is where this account finds JetStream: the bus's own account, or the reader's import."""
        self.nats = nats
        self._api = api

    async def last(self) -> int:
        """The last position. Raises `log.unavailable`."""
        return int((await self._state({}))["last_seq"])

    async def get(self, position: int) -> Entry | None:
        """The entry at a position; None if there is none."""
        return await self._get({"seq": position})

    async def entries(self, first: int, last: int) -> AsyncGenerator[Entry, None]:
        """Every entry from `first` to `last`, in order. Raises `log.damaged` at a position that is gone."""
        from_leader = READ_AHEAD // 2
        while first <= last:
            start = first
            async with aclosing(batches.stretch(self.nats, self._api, first, last)) as quickly:
                async for some in quickly:
                    for message in some:
                        yield _entry(first, message)
                        first += 1
            # where nobody answers quickly, that is tried ever more seldom
            from_leader = READ_AHEAD if first > start else 2 * from_leader
            until = min(first + from_leader, last + 1)
            async for entry in self.at(range(first, until)):
                if entry.position != first:
                    break
                yield entry
                first += 1
            if first < until:
                raise BarnabusError("log.damaged", detail=f"Position {first}: the entry is gone.")

    async def at(self, positions: Sequence[int]) -> AsyncGenerator[Entry, None]:
        """The entries at these positions, as far as there are any."""
        for start in range(0, len(positions), READ_AHEAD):
            for entry in await asyncio.gather(*map(self.get, positions[start : start + READ_AHEAD])):
                if entry:
                    yield entry

    async def last_of(self, subject: str) -> Entry | None:
        """The last entry on exactly this subject."""
        return await self._get({"last_by_subj": subject})

    async def count(self, subject: str) -> tuple[int, int]:
        """How many entries there are whose subject matches, and the log's last position then. Raises `log.unavailable`.

        What is appended while the server counts may be counted beyond that position.
        """
        state = await self._state({"subjects_filter": subject})
        return sum((state.get("subjects") or {}).values()), int(state["last_seq"])

    async def of(self, subject: str, *, first: int = 1, quickly: bool = False) -> AsyncGenerator[Entry, None]:
        """Every entry whose subject matches, in order.

        Quickly, some can be lacking that a replica has lost: whoever reads so has to count them.
        """
        position = first
        if quickly:
            async with aclosing(batches.matching(self.nats, self._api, subject, first)) as answers:
                async for some in answers:
                    for message in some:
                        position = batches.position(message) + 1
                        yield _entry(position - 1, message)
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

    async def _state(self, wanted: dict[str, Any]) -> dict[str, Any]:
        answer = await self._ask(f"{self._api}.STREAM.INFO.{subjects.CASES}", wanted)
        if "error" in answer:
            raise BarnabusError("log.unavailable", detail=str(answer["error"].get("description")))
        found: dict[str, Any] = answer["state"]
        return found

    async def _ask(self, subject: str, body: dict[str, Any]) -> dict[str, Any]:
        try:
            answer = await self.nats.request(subject, json.dumps(body).encode(), timeout=READ_TIMEOUT_S)
        except (NatsTimeoutError, NoRespondersError):
            raise BarnabusError("log.unavailable") from None
        found: dict[str, Any] = json.loads(answer.data)
        return found


def _entry(position: int, message: Msg) -> Entry:
    headers = message.headers or {}
    return Entry(
        position=position,
        subject=headers.get("Nats-Subject", ""),
        text=message.data.decode(errors="replace"),
        signature=headers.get(subjects.SIGNATURE, ""),
        stamp=headers.get(subjects.STAMP, ""),
    )


def _headers(block: str) -> dict[str, str]:
    lines = (line.partition(":") for line in block.split("\r\n")[1:] if line)
    return {name: value.strip() for name, _, value in lines}
