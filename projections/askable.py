"""What an investigator can ask an agency to open: letters that it was sent, by the log alone. Pure."""

from collections.abc import Iterable, Sequence
from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.catalogue.post import SAID_AGAIN
from contracts.errors import Refused
from projections.case_log import CaseLog, handoff_of


def asking(case: CaseLog, ids: Iterable[UUID], to: Agency, fields: Sequence[str]) -> dict[str, Any]:
    """Whom it concerns and which letters, as `content.ask` says it.

    Raises Refused `content.not-held` for a record of which this agency got no letter, and `content.other-person` if
    not all concern one person.
    """
    found = [one for record_id in ids for one in _sent(case, record_id, to)]
    people = {person["ref"]: person for one in found if (person := _concerns(case, one))}
    if len(people) > 1:
        raise Refused("content.other-person", field="--record", detail=f"They concern {', '.join(sorted(people))}.")
    whom = next(iter(people.values()), None) or _anybody(case)
    if whom is None:
        raise Refused("content.not-held", field="--record", detail="The case names no person.")
    named = [{"by": one.record.sender, "id": str(one.record.id), "fields": list(fields)} for one in found]
    return {"concerns": whom, "records": named}


def _sent(case: CaseLog, record_id: UUID, to: Agency) -> list[Logged]:
    """The records of this id, of whichever sender, that brought this agency a letter."""
    found = [
        one
        for one in case.records
        if one.record.id == record_id
        and one.record.type != SAID_AGAIN
        and any(letter.to is to for letter in one.record.data.letters)
    ]
    if not found:
        raise Refused("content.not-held", field="--record", detail=f"{record_id}: {to} got no letter of it.")
    return found


def _concerns(case: CaseLog, one: Logged) -> Any | None:
    """The person whom a record names, or the handoff on which it acts."""
    if person := one.codes.get("concerns"):
        return person
    if not entry_of(one.record.type).acts(one.codes):
        return None
    handoff = handoff_of(one.record, one.codes)
    return next((made.codes.get("concerns") for made in case.records if made.record.id == handoff), None)


def _anybody(case: CaseLog) -> Any | None:
    return next((person for one in case.records if (person := one.codes.get("concerns"))), None)
