"""Every handoff, one row each: its legs by the log's clock, and who held it for how long.

Each moment of an open handoff has exactly one holder, the agency whose move it is, so what the holders had adds up to
the whole. What is void moves nothing.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter
from sqlalchemy import Boolean, Column, Index, String

from bus.log import Logged
from contracts.catalogue import entry_of
from contracts.handoff import step
from contracts.standing import ENDED, Act, Move, Standing
from projections.case_log import act_of, handoff_of
from projections.readmodel import State, table

_STANDING: TypeAdapter[Standing] = TypeAdapter(Standing)
MICROSECOND = timedelta(microseconds=1)
LEGS: Mapping[Move, str] = {
    Move.MAKE: "made_at",
    Move.ACKNOWLEDGE: "acknowledged_at",
    Move.ACCEPT: "decided_at",
    Move.DECLINE: "decided_at",
    Move.START: "started_at",
    Move.COMPLETE: "completed_at",
}
"""The leg that an act ends, by the act's move; questions are counted."""


class Handoffs:
    """State: `standing` as the law has it, without its voids; legs; `held_us` microseconds by holder."""

    name = "handoffs"
    version = 1
    table = table(
        "handoffs",
        Column("case_ref", String(64), nullable=False),
        Column("service", String(60)),
        Column("urgency", String(20)),
        Column("opener", String(20)),
        Column("receiver", String(20)),
        Column("stage", String(30), nullable=False),
        Column("whose_move", String(20)),
        Column("responsible", String(20)),
        Column("open", Boolean, nullable=False),
        Column("made_at", String(40)),
        Column("held_since", String(40)),
    )
    Index("handoffs_open", table.c.open, table.c.whose_move)
    Index("handoffs_case", table.c.case_ref)

    def keys(self, logged: Logged) -> Iterable[str]:
        record = logged.record
        entry = entry_of(record.type)
        if entry.move and entry.acts(record.data.content):
            yield str(handoff_of(record, record.data.content))

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record = logged.record
        entry, codes = entry_of(record.type), logged.codes
        assert entry.move
        service = entry.service_of(codes)
        act = act_of(logged, entry.move, codes, service)
        before = dict(state) if state else _unmade(record.subject)
        standing = _STANDING.validate_python(before["standing"])
        after = step(standing, act)
        if after.voids:
            return before | {"void": before["void"] + 1}
        if act.move is Move.MAKE:
            before |= {"service": service, "urgency": codes.get("urgency"), "concerns": codes["concerns"]["ref"]}
        return _held(before, standing, after, logged.stamp.logged_at) | _legs(before, act, after)

    def columns(self, state: State) -> Mapping[str, Any]:
        standing = state["standing"]
        names = ("case_ref", "service", "urgency", "whose_move", "responsible", "open", "made_at", "held_since")
        return {name: state[name] for name in names} | {
            "opener": standing["opener"],
            "receiver": standing["receiver"],
            "stage": standing["stage"],
        }


def _unmade(case_ref: str) -> dict[str, Any]:
    return {
        "case_ref": case_ref,
        "service": None,
        "urgency": None,
        "concerns": None,
        "standing": _STANDING.dump_python(Standing(), mode="json"),
        **dict.fromkeys(dict.fromkeys(LEGS.values()), None),
        "ended_at": None,
        "asked": 0,
        "answered": 0,
        "void": 0,
        "whose_move": None,
        "responsible": None,
        "open": False,
        "held_since": None,
        "held_us": {},
    }


def _held(before: Mapping[str, Any], standing: Standing, after: Standing, at: datetime) -> dict[str, Any]:
    """Until now it was with whoever had to move. A gateway's clock that went back takes nothing from anybody."""
    held, since = dict(before["held_us"]), before["held_since"]
    now = max(at, datetime.fromisoformat(since)) if since else at
    if standing.whose_move and since:
        lasted = (now - datetime.fromisoformat(since)) // MICROSECOND
        held[standing.whose_move.value] = held.get(standing.whose_move.value, 0) + lasted
    move, answers = after.whose_move, after.responsible
    return {
        **before,
        "standing": _STANDING.dump_python(after, mode="json"),
        "whose_move": move.value if move else None,
        "responsible": answers.value if answers else None,
        "open": move is not None and not after.closed,
        "held_since": now.isoformat(),
        "held_us": held,
    }


def _legs(before: Mapping[str, Any], act: Act, after: Standing) -> dict[str, Any]:
    assert act.at
    leg, at = LEGS.get(act.move), act.at.isoformat()
    found: dict[str, Any] = {leg: at} if leg else {}
    if after.stage in ENDED and before["ended_at"] is None:
        found["ended_at"] = at
    found["asked"] = before["asked"] + (act.move is Move.ASK)
    found["answered"] = before["answered"] + (act.move in (Move.GIVE, Move.REFUSE))
    return found
