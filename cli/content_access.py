"""That somebody looks is in the log before anything is shown: here for what letters said."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from bus import seal
from bus.settings import Settings
from cli import submit
from contracts.credential import Credential
from contracts.errors import BarnabusError
from contracts.vocabulary.people import LegalBasis


def command(
    who: Credential, verb: str, case_ref: str, data: dict[str, Any], now: datetime, office: str | None = None
) -> bytes:
    """A command of the person's own agency, said by the post that the credential names."""
    moment = now.isoformat()
    said = {
        "command": verb,
        "id": str(uuid4()),
        "case_ref": case_ref,
        "clocks": {"occurred": moment, "known": moment, "recorded": moment},
        "legal_basis": LegalBasis.PROTECTION_DUTY.value,
        "post": {"role": who.role.value, "office": office},
        "data": data,
    }
    return seal.dump(said)


def recorded(
    settings: Settings, who: Credential, case_ref: str, purpose: str, opened: Sequence[UUID], now: datetime
) -> None:
    """The log has it who looks, for what, and at whose content. Raises `purpose.unrecorded` unless that is so."""
    data = {"purpose": purpose, "opened": [str(record_id) for record_id in opened]}
    answer = asyncio.run(submit.ask(settings, who.agency, command(who, "access.record", case_ref, data, now)))
    if answer.get("status") != "logged" or answer["void"]:
        why = (answer.get("error") or {}).get("code") or answer.get("void") or "not logged yet"
        raise BarnabusError("purpose.unrecorded", detail=f"{why}.")
