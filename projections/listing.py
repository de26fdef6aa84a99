"""Handoffs one by one out of the read models, each with the letter that asked for it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, and_, select, tuple_

from contracts.errors import BarnabusError
from projections.account import account
from projections.choice import Choice
from projections.handoffs import Handoffs
from projections.legs import us_of
from projections.letters import Letters
from projections.snapshot import logged_at, snapshot

_TABLE, _LETTER = Handoffs.table, Letters.table
_ASKED_BY = and_(
    _LETTER.c.record_id == _TABLE.c.key,
    _LETTER.c.case_ref == _TABLE.c.case_ref,
    _LETTER.c.sender == _TABLE.c.opener,
    _LETTER.c.recipient == _TABLE.c.receiver,
)


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows of those chosen, by their ids or the oldest first: `after` is the last id of the page before."""

    after: str = ""
    limit: int = 100
    oldest: bool = False
    open: bool = False
    whose_move: str | None = None
    case_ref: str | None = None


def listed(engine: Engine, choice: Choice, page: Page) -> list[dict[str, Any]]:
    """In full (`projections/account.py`). What was never made has no age, and is not among the oldest.

    Raises `handoff.not-found` for an `after` that is none, where its age is needed.
    """
    conditions = [*choice.among(_TABLE)]
    if page.open:
        conditions.append(_TABLE.c.open.is_(True))
    if page.whose_move:
        conditions.append(_TABLE.c.whose_move == page.whose_move)
    if page.case_ref:
        conditions.append(_TABLE.c.case_ref == page.case_ref)
    order = (_TABLE.c.made_us, _TABLE.c.key) if page.oldest else (_TABLE.c.key,)
    with snapshot(engine) as connection:
        conditions += _behind(connection, page)
        return _found(connection, *conditions, order=order, limit=page.limit)


def _behind(connection: Connection, page: Page) -> list[Any]:
    if not page.oldest:
        return [_TABLE.c.key > page.after]
    if not page.after:
        return [_TABLE.c.made_us.is_not(None)]
    made_us = connection.scalar(select(_TABLE.c.made_us).where(_TABLE.c.key == page.after))
    if made_us is None:
        raise BarnabusError("handoff.not-found")
    return [tuple_(_TABLE.c.made_us, _TABLE.c.key) > tuple_(made_us, page.after)]


def one(engine: Engine, handoff_id: str) -> dict[str, Any]:
    """Raises `handoff.not-found`."""
    with snapshot(engine) as connection:
        found = _found(connection, _TABLE.c.key == handoff_id, order=(_TABLE.c.key,), limit=1)
    if not found:
        raise BarnabusError("handoff.not-found")
    return found[0]


def _found(connection: Connection, *conditions: Any, order: tuple[Any, ...], limit: int) -> list[dict[str, Any]]:
    as_of = logged_at(connection)
    if as_of is None:
        return []
    as_of_us = us_of(datetime.fromisoformat(as_of))
    chosen = select(_TABLE.c.key).where(*conditions).order_by(*order).limit(limit)  # out of an index alone
    asked = (
        select(_TABLE.c.key, _TABLE.c.state, _LETTER.c.state)
        .select_from(_TABLE.outerjoin(_LETTER, _ASKED_BY))
        .where(_TABLE.c.key.in_(chosen))
        .order_by(*order)
    )
    return [account(key, state, letter, as_of_us) for key, state, letter in connection.execute(asked)]
