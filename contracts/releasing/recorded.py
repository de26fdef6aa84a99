"""One submission of each version of each type, as it was recorded at its release, and whether today's checks read it.

It is made from the type's example: the command, the record, and what each receiver's letter holds once it is opened.
Sealed bytes are left out, for they say nothing about the contract.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts import addressing, check, documents, upcasts
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.entry import Audience, Entry
from contracts.envelope import Command, Letter, Record, dataschema
from contracts.errors import BarnabusError
from contracts.export import examples
from contracts.ids import NOTHING_BEFORE, case_ref_from
from contracts.releasing.document import FOLDER as RELEASED
from contracts.standing import Move
from contracts.tiers import LOGGED, Tier, cut, view

FOLDER = RELEASED / "recorded"
"""Below it a folder for each version that types have had, and in that a file for each type."""
_CASE = case_ref_from(b"recorded at a release")
_AT = "2026-03-11T09:20:00+01:00"


@dataclass(frozen=True, slots=True)
class Unread:
    """What of a recorded submission today's checks refuse."""

    path: str
    type: str
    version: str
    part: str
    error: BarnabusError


def submission(entry: Entry) -> dict[str, Any]:
    """The command, the record and the opened letters of a type's example."""
    sender, about = _sender(entry), _about(entry)
    codes = cut(entry.content, dict(entry.example), LOGGED)
    to = _receivers(entry, sender, codes)
    document = examples.document(entry, entry.example)
    record = {
        "specversion": "1.0",
        "id": str(uuid5(NAMESPACE_URL, f"urn:barnabus:recorded:{entry.type}:{entry.version}")),
        "source": f"/agencies/{sender}",
        "type": entry.type,
        "subject": _CASE,
        "time": _AT,
        "dataschema": dataschema(entry.type, entry.version),
        "number": 1,
        "previous": NOTHING_BEFORE,
        "data": {
            **({} if entry.by_the_bus else {"about": about}),
            "content": codes,
            "letters": [_named(receiver, tiers) for receiver, (_, tiers) in to.items()],
        },
    }
    letters = {} if entry.audience is Audience.AGAIN else to  # its letter has the earlier one's type
    return {
        "sender": str(sender),
        **({"command": document} if entry.command else {}),
        "record": record,
        "letters": {
            str(receiver): {
                "sender": str(sender),
                "recipient": str(receiver),
                "id": record["id"],
                "case_ref": _CASE,
                "type": entry.type,
                "version": entry.version,
                "number": 1,
                "previous": NOTHING_BEFORE,
                "about": about,
                "content": cut(entry.content, dict(entry.example), tiers),
                **({"withheld": withheld} if withheld else {}),
            }
            for receiver, (withheld, tiers) in letters.items()
        },
    }


def _about(entry: Entry) -> dict[str, Any]:
    document = examples.document(entry, entry.example)
    if entry.command is None:  # the bus's own, and the keeper's notices
        document = examples.document(CATALOGUE["referral.accepted"], CATALOGUE["referral.accepted"].example)
    return {name: document[name] for name in ("clocks", "legal_basis", "post", "on_behalf_of") if name in document}


def _sender(entry: Entry) -> Agency:
    """One that may send the example: not whom it is addressed to, and of a duty its owner."""
    may = entry.senders - {entry.example.get("to"), *entry.example.get("notified", ())}
    owner = entry.example.get("owner")
    return Agency(owner) if owner in may else min(may)


def _receivers(
    entry: Entry, sender: Agency, codes: Mapping[str, Any]
) -> dict[Agency, tuple[str | None, frozenset[Tier]]]:
    """Everybody who can get the example from this sender: what is withheld from each, and the tiers that it sees."""
    if entry.move is Move.MAKE:
        notified = {Agency(name) for name in codes.get("notified", ())}
        found = {Agency(codes["to"]): None} | dict.fromkeys(sorted(notified), "notified")
    elif entry.audience is Audience.AGAIN:
        found = {min(entry.receivers - {sender}): None}
    else:
        due = addressing.due(entry, sender, codes, frozenset())
        exact = due is not None and not entry.acts(codes)
        found = dict.fromkeys(sorted(due if exact and due is not None else entry.receivers - {sender}))
    return {to: (withheld, entry.left_by(withheld, to)) for to, withheld in found.items()}


def _named(receiver: Agency, tiers: frozenset[Tier]) -> dict[str, Any]:
    return {
        "to": str(receiver),
        "tiers": sorted(tiers),
        "number": 1,
        "previous": NOTHING_BEFORE,
        "sealed": NOTHING_BEFORE,
        "content": NOTHING_BEFORE,
    }


# files


def files() -> dict[str, str]:
    """What a release of today's contracts records: the text of each file by its path in a checkout."""
    return {
        (FOLDER / entry.version / f"{entry.type}.json").as_posix(): json.dumps(submission(entry), indent=1) + "\n"
        for entry in CATALOGUE.values()
    }


def replay(root: Path) -> Iterator[Unread]:
    """Everything that was ever recorded, through today's checks: what they refuse, with its file."""
    for path in sorted((root / FOLDER).glob("*/*.json")):
        found = json.loads(path.read_text(encoding="utf-8"))
        where = path.relative_to(root).as_posix()
        for part, error in refusals(found):
            yield Unread(where, path.stem, path.parent.name, part, error)


def example_refusals(entry: Entry) -> Iterator[tuple[str, BarnabusError]]:
    """What of a type's example is refused today: its content, or else what would be recorded of it."""
    wrong = list(_refused("content", partial(documents.read, entry.content, dict(entry.example))))
    yield from wrong or refusals(submission(entry))


def refusals(found: Mapping[str, Any]) -> Iterator[tuple[str, BarnabusError]]:
    """What of one recorded submission is refused today, and why.

    Of an older major version what it says has to be readable; who may say and hear it today may differ.
    """
    sender, record = Agency(found["sender"]), documents.read(Record, found["record"])
    try:
        entry = check.known(record.type, record.version)
    except BarnabusError as error:
        yield "record", error
        return
    same_major = not upcasts.steps(entry, record.version)
    if command := found.get("command"):
        yield from _refused("command", partial(_read_command, command, entry, sender if same_major else None))
    yield from _refused("record", partial(_read_record, record, whole=same_major))
    for to, said in found["letters"].items():
        letter = documents.read(Letter, said)
        if same_major:
            yield from _refused(f"letters.{to}", partial(check.letter, letter, letter.recipient))
        elif letter.recipient in entry.receivers:
            yield from _refused(f"letters.{to}", partial(_read_letter, letter, entry))


def _refused(part: str, reads: Callable[[], object]) -> Iterator[tuple[str, BarnabusError]]:
    try:
        reads()
    except BarnabusError as error:
        yield part, error


def _read_command(command: Mapping[str, Any], entry: Entry, sender: Agency | None) -> None:
    if sender:
        check.command(json.dumps(command).encode(), sender)
        return
    asked = documents.read(Command, command)
    content = check.lifted(entry, asked.version or entry.version, asked.data, frozenset(Tier), at="data")
    documents.read(entry.content, content, at="data")


def _read_record(record: Record, *, whole: bool) -> None:
    """As a gateway reads it, or as it is read out of the log."""
    if whole:
        check.record(record)
    check.codes_of(record)
    check.codes_of(check.current(record))


def _read_letter(letter: Letter, entry: Entry) -> None:
    tiers = entry.left_by(letter.withheld, letter.recipient)
    content = check.lifted(entry, letter.version, letter.content, tiers, at="content")
    documents.read(view(entry.content, tiers), content, at="content")
