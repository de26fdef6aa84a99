"""Looking into a case: nothing is shown until the log has it that somebody looks (docs/adr/0038).

Made-up cases are shown without: nobody writes to their log any more.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from bus import directory
from bus.clock import wall_clock
from bus.log import verify
from bus.settings import Settings
from cli import reading, recording, show
from cli.leave import Asks, Leave, leave
from cli.log import log_end, reader
from contracts import subjects
from contracts.agencies import Agency
from contracts.catalogue.accounting import WITHDRAWN_FROM
from contracts.credential import Credential
from contracts.errors import BarnabusError, Refused
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import Replay
from projections import accesses
from projections.case_log import CaseLog


@dataclass(frozen=True, slots=True)
class Look:
    """The whole case, who looks, and where the log has it that they do; of made-up cases neither."""

    case: CaseLog
    by: Leave | None = None
    position: int | None = None


def case(case_ref: str, asker: Asks, replayed: Replayed, opened: Sequence[UUID] = ()) -> CaseLog:
    """The whole case, as `look` has it; on standard error, that this was logged. Raises as `look` does."""
    found = asyncio.run(look(Settings(), case_ref, asker, replayed, opened))
    if found.by is None:
        show.err.print("Made-up cases: no credential is asked for, and who looks is in this home's journal alone.")
        return found.case
    codes_only = (
        " These are codes only: what letters said lies with the agencies; ask them with `barnabus content ask`."
        if replayed.what is not Replay.CONTENT
        else ""
    )
    who = found.by.credential.person
    show.err.print(f"Logged at position {found.position}: {who} looks, for {found.by.purpose}.{codes_only}")
    return found.case


async def look(settings: Settings, case_ref: str, asker: Asks, replayed: Replayed, opened: Sequence[UUID] = ()) -> Look:
    """The whole case, once the log has it that somebody looks, and at what these records' letters said, if at any.

    Raises Refused `purpose.missing`, `credential.*`, `vouching.*`; `purpose.unrecorded`, `access.unrecorded`,
    `case.not-found`, `log.damaged`.
    """
    reading.reference(case_ref)
    if not asker.words.strip():
        raise Refused("purpose.missing", field="--purpose")
    keyring = directory.load(settings)  # without a home there is nothing to look at, and nowhere to write who looked
    given: Leave | BarnabusError
    try:
        given = leave(asker, case_ref, keyring, wall_clock())
    except BarnabusError as error:
        given = error  # which is no matter for made-up cases
    recording.write_down(settings, case_ref, asker, given if isinstance(given, Leave) else None)
    if (await log_end(settings)).synthetic_now is not None:
        return await _made_up(settings, keyring, case_ref)
    if isinstance(given, BarnabusError):
        raise given
    # read whatever the credential names, so that no refusal comes sooner than another
    before = await reading.whole(settings, keyring, case_ref)
    _open_to(given, before, case_ref)
    if given.emergency:
        for one in (given.credential, given.emergency.voucher):
            await _not_withdrawn(settings, keyring, one)
    position = await recording.logged(settings, case_ref, given, replayed, opened)
    found = await reading.whole(settings, keyring, case_ref, before)
    _open_to(given, found, case_ref)  # a bypass may have been invoked meanwhile
    return Look(found, given, position)


async def _made_up(settings: Settings, keyring: directory.Directory, case_ref: str) -> Look:
    found = await reading.whole(settings, keyring, case_ref)
    if not found.records:
        raise BarnabusError("case.not-found")
    return Look(found)


def _open_to(given: Leave, found: CaseLog, case_ref: str) -> None:
    if not accesses.opens(given.credential, found, case_ref, emergency=given.emergency is not None):
        raise Refused("credential.not-for-case")


async def _not_withdrawn(settings: Settings, keyring: directory.Directory, whose: Credential) -> None:
    """An emergency is in a case that the credential does not name: so it is looked up in those that it does."""
    async with reader(settings) as log:
        for case_ref in whose.cases:
            subject = f"{subjects.of_case(case_ref).removesuffix('>')}{Agency.OVERSIGHT}.{WITHDRAWN_FROM}"
            async for entry in log.of(subject):
                if UUID(verify(entry, keyring).codes["credential"]) == whose.id:
                    raise Refused("credential.not-for-case")
