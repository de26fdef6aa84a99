"""What an agency, a post or a gateway holds of the log: records with their signature and stamp, postmarks, places.

None of it is believed for whose it is: every record, stamp and postmark bears the signature by which it is judged.
No letter is part of it, and nothing that the log would not hold.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from nats.js import JetStreamContext
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError

from bus import ledger
from bus.inbox import Inbox
from bus.log import Entry
from bus.outbox import Outbox
from contracts import subjects
from contracts.agencies import Agency
from contracts.envelope import Notice, Submission
from contracts.errors import BarnabusError

VERSION = 1
"""Of an evidence file."""


@dataclass(frozen=True, slots=True)
class Held:
    """One record as somebody holds it, unverified; no stamp if no answer of the gateway was stored."""

    text: str
    signature: str
    stamp: str | None


@dataclass(frozen=True, slots=True)
class Evidence:
    """What one holder has. `agency` is set if this is all that this agency's own store holds."""

    holder: str
    agency: Agency | None = None
    records: tuple[Held, ...] = ()
    postmarks: tuple[str, ...] = ()
    places: tuple[ledger.Place, ...] = ()


def of_store(agency: Agency, outbox: Outbox, inbox: Inbox) -> Evidence:
    """An agency's own records, the receipts that it was given, and the postmarks of what it received."""
    records = []
    for body, stamp in outbox.everything():
        sent = Submission.model_validate_json(body)
        records.append(Held(sent.record, sent.signature, stamp))
    records += [Held(*receipt) for receipt in outbox.receipts()]
    return Evidence(f"the store of {agency}", agency, tuple(records), tuple(inbox.postmarks()))


def of_ledger(path: Path) -> Evidence:
    """A gateway's own file: which digest it saw at which position."""
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
            return Evidence(f"the ledger of gateway {path.stem}", places=ledger.places(db))
    except sqlite3.Error as error:
        raise BarnabusError("file.unreadable", detail=f"{path}: {error}.") from None


async def of_post(js: JetStreamContext, agency: Agency) -> Evidence:
    """What still waits in an agency's post: postmarks of letters, and receipts on their way to the sender."""
    stream, marks, records = subjects.post_stream(agency), list[str](), list[Held]()
    sequence = 1
    while found := await _next(js, stream, sequence):
        sequence = (found.seq or sequence) + 1
        mark = (found.headers or {}).get(subjects.POSTMARK)
        if mark:
            marks.append(mark)
        elif found.subject == subjects.post_notices(agency):
            told = Notice.model_validate_json(found.data or b"")
            if told.record and told.signature:
                records.append(Held(told.record, told.signature, told.stamp))
    return Evidence(f"the post of {agency}", None, tuple(records), tuple(marks))


async def _next(js: JetStreamContext, stream: str, sequence: int) -> RawStreamMsg | None:
    try:
        return await js.get_msg(stream, sequence, subject=">", next=True)
    except NotFoundError:
        return None


def of_entries(holder: str, entries: Iterable[Entry]) -> Evidence:
    """What could be read of a log."""
    return Evidence(holder, records=tuple(Held(entry.text, entry.signature, entry.stamp or None) for entry in entries))


def lines(found: Evidence) -> Iterator[str]:
    """The evidence as a file, one JSON document a line; the first line says how many follow."""
    yield json.dumps(
        {
            "evidence": VERSION,
            "holder": found.holder,
            "agency": found.agency,
            "records": len(found.records),
            "postmarks": len(found.postmarks),
        }
    )
    for held in found.records:
        yield json.dumps({"record": held.text, "signature": held.signature, "stamp": held.stamp}, ensure_ascii=False)
    for mark in found.postmarks:
        yield json.dumps({"postmark": mark})


def read(path: Path) -> Evidence:
    """Evidence out of a file. Raises `file.unreadable` if it is none, or was cut off."""
    try:
        head, *rest = (json.loads(line) for line in path.read_text().splitlines() if line)
        records = tuple(Held(row["record"], row["signature"], row["stamp"]) for row in rest if "record" in row)
        marks = tuple(str(row["postmark"]) for row in rest if "postmark" in row)
        if (head["evidence"], head["records"], head["postmarks"]) != (VERSION, len(records), len(marks)):
            raise BarnabusError("file.unreadable", detail=f"{path} is not whole.")
        agency = Agency(head["agency"]) if head["agency"] else None
        return Evidence(str(head["holder"]), agency, records, marks)
    except OSError as error:
        raise BarnabusError("file.unreadable", detail=f"{path}: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError):
        raise BarnabusError("file.unreadable", detail=f"{path} holds no evidence.") from None
