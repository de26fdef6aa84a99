"""That somebody looks: written down in this home's journal, and logged through the adapter of their agency."""

import asyncio
import json
import os
import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from bus import seal
from bus.clock import wall_clock
from bus.settings import Settings
from bus.vouching import Emergency
from cli import submit
from cli.leave import Asks, Leave
from contracts.agencies import Agency
from contracts.credential import Credential
from contracts.errors import BarnabusError
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import AccessPurpose
from contracts.vocabulary.people import LegalBasis

LOGGED_WITHIN_S = 10.0
AGAIN_S = 0.2


def write_down(settings: Settings, case_ref: str, asker: Asks, given: Leave | None) -> None:
    """Who looked at what and why, on disk before anything is read. Raises `purpose.unrecorded`."""
    line: dict[str, Any] = {
        "at": wall_clock().isoformat(),
        "who": asker.who,
        "case_ref": case_ref,
        "purpose": asker.words,
    }
    if given:
        line |= {
            "for": given.purpose.value,
            "person": given.credential.person,
            "credential": str(given.credential.id),
            "emergency": str(given.emergency.said.id) if given.emergency else None,
        }
    path = settings.home / "reader" / "access.jsonl"
    try:
        path.parent.mkdir(exist_ok=True, mode=0o700)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600), "a") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BarnabusError("purpose.unrecorded", detail=f"{path}: {error.strerror}.") from None


async def logged(
    settings: Settings, case_ref: str, given: Leave, replayed: Replayed, opened: Sequence[UUID] = ()
) -> int:
    """Where the log has it that this person looks, and at what these records' letters said, if at any.

    Raises `access.unrecorded` if it has not, within a limit.
    """
    if given.emergency:  # its id is that of what both signed, so it is logged once however often it is shown
        await _said(settings, given.agency, _stated(case_ref, given, given.emergency))
    data = {
        "purpose": given.purpose,
        "opened": [str(record_id) for record_id in opened],
        "by": _bearer(given.credential),
        "replayed": replayed.model_dump(mode="json"),
        "emergency": str(given.emergency.said.id) if given.emergency else None,
    }
    return await _said(settings, given.agency, command("access.record", case_ref, given, data, wall_clock()))


def command(
    verb: str, case_ref: str, given: Leave, data: dict[str, Any], now: datetime, office: str | None = None
) -> dict[str, Any]:
    """A command of the person's own agency, said by the post that the credential names."""
    basis, post = _basis(given), _post(given, office)
    return submit.command(verb, case_ref, data, basis=basis, post=post, now=now)


def _stated(case_ref: str, given: Leave, emergency: Emergency) -> dict[str, Any]:
    asked_at, recorded = emergency.said.asked_at, max(emergency.said.asked_at, emergency.vouched_at)
    voucher = emergency.voucher
    data = {
        "ground": emergency.said.ground,
        "vouched_by": {"role": voucher.role},
        "by": _bearer(given.credential),
        "voucher": _bearer(voucher) | {"agency": voucher.agency},
        "until": emergency.until.isoformat(),
    }
    clocks = {"occurred": asked_at.isoformat(), "known": asked_at.isoformat(), "recorded": recorded.isoformat()}
    said = submit.command(
        "access.state-emergency",
        case_ref,
        data,
        basis=_basis(given),
        post=_post(given),
        now=recorded,
        command_id=emergency.said.id,
    )
    return said | {"clocks": clocks}


def _basis(given: Leave) -> LegalBasis:
    if given.emergency:
        return LegalBasis.VITAL_INTEREST
    return LegalBasis.COURT_ORDER if given.purpose is AccessPurpose.COURT_REQUEST else LegalBasis.PROTECTION_DUTY


def _post(given: Leave, office: str | None = None) -> dict[str, Any]:
    return {"role": given.credential.role, "office": office}


def _bearer(whose: Credential) -> dict[str, Any]:
    return {"credential": str(whose.id), "person": whose.person}


async def _said(settings: Settings, agency: Agency, command: dict[str, Any]) -> int:
    """The place that the log gave it. The same command is asked about again until it has one."""
    until = time.monotonic() + LOGGED_WITHIN_S
    try:
        while True:
            answer = await submit.ask(settings, agency, seal.dump(command))
            if "error" in answer:
                raise BarnabusError("access.unrecorded", detail=f"The adapter of {agency}: {answer['error']['code']}.")
            if answer["void"]:
                raise BarnabusError("access.unrecorded", detail=f"The log did not take it: {answer['void']}.")
            if answer["stamp"]:
                return int(answer["stamp"]["position"])
            if time.monotonic() > until:
                detail = f"The adapter of {agency} has it, and no gateway has logged it in {LOGGED_WITHIN_S:.0f} s."
                raise BarnabusError("access.unrecorded", detail=detail)
            await asyncio.sleep(AGAIN_S)
    except BarnabusError as error:
        if error.code == "access.unrecorded":
            raise
        raise BarnabusError("access.unrecorded", detail=f"{error.code}: {error.detail}") from None
