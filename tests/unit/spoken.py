"""What tests of an agency's application say to it, and what they look for in it."""

from typing import Any
from uuid import UUID

import pytest

from contracts.errors import Refused
from contracts.standing import Standing
from services.agency import AgencyApplication
from tests.builders import (
    ByHand,
    Posted,
    encoded,
    now,
    refer,
)

Make = dict[str, Any]
NO_CAPACITY = {"reason": "no-capacity", "next_step": "sender-keeps"}


def take(app: AgencyApplication, command: Make) -> UUID:
    return app.take(encoded(command), now()).id


def refusal(app: AgencyApplication, command: Make) -> Refused:
    """The refusal of a command, which leaves nothing behind."""
    before = recorded(app)
    with pytest.raises(Refused) as refused:
        app.take(encoded(command), now())
    assert recorded(app) == before
    return refused.value


def refused(app: AgencyApplication, command: Make) -> tuple[str, str | None]:
    found = refusal(app, command)
    return found.code, found.field


def recorded(app: AgencyApplication) -> tuple[int, ...]:
    """How many rows there are of everything that an agency keeps."""
    tables = ("stored_events", "commands", "vault_items", "vault_keys", "outbox", "inbox")
    return tuple(app.store.read(f"SELECT count(*) AS n FROM {table}")[0]["n"] for table in tables)


def standing(app: AgencyApplication, handoff: UUID) -> Standing:
    found = app.standing(handoff)
    assert found
    return found


def say(by_hand: ByHand, app: AgencyApplication, command: Make) -> Posted:
    """Take a command, log it, and give the one letter that it makes."""
    take(app, command)
    (letter,) = by_hand.log_next(app)
    return letter


def referred(by_hand: ByHand, police: AgencyApplication, social: AgencyApplication, **more: Any) -> UUID:
    """A referral of the police that the Centre has heard."""
    letter = say(by_hand, police, refer(**more))
    assert by_hand.deliver(social, letter).state == "heard"
    return letter.record.id


def said_by(role: str, office: str | None = "prishtina-child-unit") -> dict[str, Any]:
    return {"post": {"role": role, **({"office": office} if office else {})}}


def case_of(app: AgencyApplication, handoff: UUID) -> str:
    (row,) = app.store.read("SELECT case_ref FROM inbox WHERE record_id = ?", str(handoff))
    return str(row["case_ref"])


def parked(app: AgencyApplication) -> dict[str, str]:
    return {row["record_id"]: row["reason"] for row in app.inbox.parked()}
