"""Reading one case out of the log: the purpose is written down first, and each entry is verified."""

import asyncio
import getpass
import json
import os
from typing import Annotated

import typer

from bus import connection, directory
from bus.clock import wall_clock
from bus.log import LogReader, verify
from bus.settings import Settings
from contracts import subjects
from contracts.check import read
from contracts.errors import BarnabusError, Refused
from contracts.ids import CaseRef
from contracts.tiers import Frozen
from projections.case_log import CaseLog
from projections.places import Places, places
from projections.view import Place

Reference = Annotated[str, typer.Argument(help="The case's reference, such as 7k3q-9m2x-w4td-h6rv.")]
Purpose = Annotated[str, typer.Option(help="Why you look; written down before anything is shown.")]


class Asked(Frozen):
    case_ref: CaseRef


def case(case_ref: str, purpose: str) -> CaseLog:
    """The whole case. Raises Refused `purpose.missing`, `purpose.unrecorded`, `case.not-found`, `log.damaged`."""
    settings = Settings()
    read(Asked, {"case_ref": case_ref})
    if not purpose.strip():
        raise Refused("purpose.missing", field="--purpose")
    keyring = directory.load(settings)  # without a home there is nothing to look at, and nowhere to write who looked
    _write_down(settings, case_ref, purpose)
    found = asyncio.run(_read(settings, keyring, case_ref))
    if not found.records:
        raise BarnabusError("case.not-found")
    return found


def _write_down(settings: Settings, case_ref: str, purpose: str) -> None:
    """Who looked at what and why, on disk before anything is read. Raises `purpose.unrecorded`."""
    line = {"at": wall_clock().isoformat(), "who": getpass.getuser(), "case_ref": case_ref, "purpose": purpose}
    path = settings.home / "reader" / "access.jsonl"
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BarnabusError("purpose.unrecorded", detail=f"{path}: {error.strerror}.") from None


async def _read(settings: Settings, keyring: directory.Directory, case_ref: str) -> CaseLog:
    nats = await connection.connect(settings, "reader", "reader", patient=False)
    try:
        reader = LogReader(nats, api=subjects.API)
        there = await reader.count(subjects.of_case(case_ref))
        found = await _by(_places(settings, case_ref), reader, keyring, case_ref)
        if len(found.records) < there or await _is_signed_for(found, reader, keyring):
            found = await _by(None, reader, keyring, case_ref)  # what the read models say of it is not all of it
        return found
    finally:
        await connection.close(nats)


async def _by(known: Places | None, reader: LogReader, keyring: directory.Directory, case_ref: str) -> CaseLog:
    """What is known to be the case's, and what the log got since."""
    found, upto = CaseLog(), known.upto if known else 0
    of_case = subjects.of_case(case_ref)
    async for entry in reader.at(known.records if known else ()):
        if entry.subject.startswith(of_case.removesuffix(">")):
            found.apply(verify(entry, keyring))
    async for entry in reader.of(of_case, first=upto + 1):
        found.apply(verify(entry, keyring))
    async for entry in reader.at(known.receipts if known else ()):
        found.apply(verify(entry, keyring))
    first = max(upto + 1, found.records[0].stamp.position) if found.records else 0
    for sender, recipient in sorted(found.unsigned()):
        async for entry in reader.of(subjects.link(sender, recipient), first=first):
            found.apply(verify(entry, keyring))
            if (sender, recipient) not in found.unsigned():
                break
    return found


async def _is_signed_for(found: CaseLog, reader: LogReader, keyring: directory.Directory) -> bool:
    """Has the log a receipt for a letter that seems to have none? A link's receipts are without a gap."""
    for (sender, recipient), number in found.unsigned().items():
        last = await reader.last_of(subjects.link(sender, recipient))
        receipt = verify(last, keyring).receipt if last else None
        if receipt and receipt.letters[-1].number >= number:
            return True
    return False


def _places(settings: Settings, case_ref: str) -> Places | None:
    place = Place.of(settings)
    if not place.exists():
        return None
    with place.opened() as view:
        return places(view, case_ref)
