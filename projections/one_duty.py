"""One duty in full: what its holder's system had of the case by then, and what the keeper has said of it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from contracts.agencies import Agency
from contracts.duties.notices import OF_DUTIES, about
from contracts.errors import BarnabusError
from projections.legs import moment_of
from projections.letters import Letters
from projections.owed import Owed, row
from projections.readmodel import State
from projections.records import Records

_RECORDS, _LETTERS = Records.table, Letters.table


def one(connection: Connection, every: list[Owed], duty_id: str) -> dict[str, Any]:
    """A duty of these. Raises `duty.not-found`."""
    found = next((one for one in every if str(one.duty.id) == duty_id), None)
    if found is None:
        raise BarnabusError("duty.not-found")
    duty = found.duty
    shown = row(found)
    shown["trigger"] |= {"position": duty.position, "opened_at": duty.opened_at.isoformat()}
    notices = list(_notices(connection, found))
    of_it = {notice["position"] for notice in notices}
    letters = _letters(connection, found)
    return shown | {
        "taken_as": duty.rule.taken_as,
        "escalates": [{"from": moment.isoformat(), "to": agency.value} for moment, agency in duty.escalates],
        "notices": notices,
        "letters": [one for one in letters if one["type"] not in OF_DUTIES or one["position"] in of_it],
    }


def _letters(connection: Connection, found: Owed) -> Iterator[dict[str, Any]]:
    """Every letter of the case to the duty's holder, as of the duty's moment; a receipt counts once the log has it."""
    at, to = found.duty.as_of, found.duty.holder.value
    types = select(_RECORDS.c.position, _RECORDS.c.type).where(_RECORDS.c.case_ref == found.case_ref)
    type_of = {row.position: row.type for row in connection.execute(types)}
    for letter in _sent(connection, _LETTERS.c.case_ref == found.case_ref, _LETTERS.c.recipient == to):
        if datetime.fromisoformat(letter["logged_at"]) > at:
            continue
        signed = letter["received_at"] is not None and moment_of(letter["signed_us"]) <= at
        yield {
            "position": letter["position"],
            "type": type_of.get(letter["position"]),
            "sender": letter["sender"],
            "logged_at": letter["logged_at"],
            "received_at": letter["received_at"] if signed else None,
            "opened": letter["opened"] if signed else None,
            "receipt": letter["receipt"] if signed else None,
        }


def _notices(connection: Connection, found: Owed) -> Iterator[dict[str, Any]]:
    """What the keeper had said of it by then, and to whom."""
    own = _RECORDS.c.case_ref == found.case_ref, _RECORDS.c.sender == Agency.KEEPER.value
    asked = select(_RECORDS.c.state).where(*own).order_by(_RECORDS.c.position)
    of_it = about(found.duty).items() - {("owner", found.duty.holder.value)}  # who has to do it may have changed
    for said in connection.scalars(asked):
        if of_it <= said["content"].items() and datetime.fromisoformat(said["logged_at"]) <= found.duty.as_of:
            here = _LETTERS.c.case_ref == found.case_ref, _LETTERS.c.position == said["position"]
            letters = _sent(connection, *here)
            to = sorted(letter["recipient"] for letter in letters)
            yield {"position": said["position"], "type": said["type"], "logged_at": said["logged_at"], "to": to}


def _sent(connection: Connection, *which: Any) -> Iterator[State]:
    return iter(connection.scalars(select(_LETTERS.c.state).where(*which).order_by(_LETTERS.c.position)))
