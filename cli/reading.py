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
    found = CaseLog()
    try:
        reader = LogReader(nats, api=subjects.API)
        async for entry in reader.of(subjects.of_case(case_ref)):
            found.apply(verify(entry, keyring))
        for sender, recipient in sorted(found.links()):
            first = min(logged.stamp.position for logged in found.records)
            async for entry in reader.of(subjects.link(sender, recipient), first=first):
                found.apply(verify(entry, keyring))
                if not found.unsigned():
                    break
    finally:
        await connection.close(nats)
    return found
