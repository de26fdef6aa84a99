"""Erasing as a command of an agency's own system: through its adapter, or on its store where no adapter runs."""

import asyncio
import json
from typing import Any
from uuid import UUID

from bus.clock import wall_clock
from bus.settings import Settings
from cli import submit
from cli.agencies import opened
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.catalogue.erasing import ERASED
from contracts.errors import BarnabusError
from contracts.vocabulary.erasing import ErasureAuthority
from contracts.vocabulary.people import LegalBasis, Role

NOT_THERE = frozenset({"adapter.unreachable", "nats.unreachable"})


def command(command_id: UUID, case_ref: str, office: str, data: dict[str, Any]) -> dict[str, Any]:
    """What an agency's own system would hand in. The same id again is the same erasure."""
    by_court = data["authority"] == ErasureAuthority.COURT_ORDER
    return submit.command(
        str(CATALOGUE[ERASED].command),
        case_ref,
        data,
        basis=LegalBasis.COURT_ORDER if by_court else LegalBasis.DATA_PROTECTION,
        post={"role": Role.SUPERVISOR, "office": office},
        now=wall_clock(),
        command_id=command_id,
    )


def hand_in(settings: Settings, agency: Agency, asked: dict[str, Any]) -> dict[str, Any]:
    """The adapter's answer. Raises what it refuses with; `home.in-use` if one runs that cannot be reached."""
    raw = json.dumps(asked).encode()
    try:
        answer = asyncio.run(submit.ask(settings, agency, raw))
    except BarnabusError as error:
        if error.code not in NOT_THERE:
            raise
        with opened(agency, settings, alone=True) as application:  # two at once could seal under a key just destroyed
            taken = application.take(raw, wall_clock())
        return {"status": "recorded", "id": str(taken.id), "case_ref": taken.case_ref, "stamp": None}
    return submit.taken(answer)
