"""Every handoff, one row each: what was said on it and when, and who held it. Voids are counted, and move nothing.

Each moment of an open handoff has exactly one holder, the agency whose move it is, so what the holders had adds up to
the whole. All times are the log's, in microseconds since 1970; beside them, as text, what the acting agency claims.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from re import compile as pattern
from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, Index, String, Text

from bus.log import Logged
from contracts.casefile import whom
from contracts.catalogue import entry_of
from contracts.durations import KOSOVO
from contracts.handoff import step
from contracts.standing import ENDED, Act, Move, Standing
from projections import standings
from projections.case_log import act_of, handoff_of
from projections.claims import claims
from projections.legs import ACKNOWLEDGED, COMPLETED, DECIDED, MADE, STARTED, legs, us_of
from projections.readmodel import Cell, State, Way, open_index, table
from projections.tallies import place

SAID: Mapping[Move, str] = {
    Move.MAKE: MADE,
    Move.ACKNOWLEDGE: ACKNOWLEDGED,
    Move.ACCEPT: DECIDED,
    Move.DECLINE: DECIDED,
    Move.START: STARTED,
    Move.COMPLETE: COMPLETED,
}
"""What an act is in a row, by its move; questions have a list of their own."""
_canonical = pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}").fullmatch
UNDER_WAY_COLUMNS = (*Way._fields, "open", "stage", "made_us", "decided_us")
"""All that a summary reads of what is under way, but for questions: an index holds them, so no row is touched for it.

How many questions are open is their agencies' own choice, and what an index can hold is bounded.
"""
PLACES_COLUMNS = ("year", "opener", "receiver", "opener_office", "receiver_office", "open")
"""All that is read of where handoffs lie (projections/municipal.py). An index by period would draw other questions."""
LISTED_COLUMNS = ("key", "open", "whose_move", *Way._fields)
"""By what rows are chosen and ordered: an index holds them, so only rows that are shown are touched."""


class Handoffs:
    """State: `standing` (projections/standings.py); `said` by act; `questions`; `held`: each holder and since when.

    A thing said is a pair: the log's microseconds, and the agency's claims (`claims`). `over_us` is since when it has
    ended or its file is closed. In `held`, None is nobody: it is over. Column `since_us`: since when an open one lies
    with whoever has to move.
    """

    name = "handoffs"
    version = 4
    table = table(
        "handoffs",
        Column("case_ref", String(64), nullable=False),
        Column("service", String(60)),
        Column("urgency", String(20)),
        Column("opener", String(20)),
        Column("receiver", String(20)),
        Column("period", String(7)),
        Column("stage", String(30), nullable=False),
        Column("whose_move", String(20)),
        Column("since_us", BigInteger),
        Column("responsible", String(20)),
        Column("open", Boolean, nullable=False),
        Column("made_us", BigInteger),
        Column("decided_us", BigInteger),
        Column("asked_us", Text),
        Column("year", String(4)),
        Column("opener_office", String(40)),
        Column("receiver_office", String(40)),
    )
    Index("handoffs_whose_move", table.c.whose_move)
    Index("handoffs_case", table.c.case_ref)
    Index("handoffs_made", *map(table.c.__getitem__, ("made_us", *LISTED_COLUMNS)))
    Index("handoffs_listed", *map(table.c.__getitem__, LISTED_COLUMNS))
    Index("handoffs_places", *map(table.c.__getitem__, PLACES_COLUMNS))
    open_index(
        "handoffs_held",
        table,
        ("whose_move", "made_us", "key", "open", "since_us", *Way._fields),
        table.c.open.is_(True),
    )
    open_index("handoffs_under_way", table, UNDER_WAY_COLUMNS, table.c.open.is_(True))
    open_index("handoffs_asked", table, ("key",), table.c.asked_us.is_not(None))

    def keys(self, logged: Logged) -> Iterable[str]:
        record = logged.record
        entry, content = entry_of(record.type), record.data.content
        if entry.move and entry.acts(content):
            named = content.get("handoff_id")
            return (named if named and _canonical(named) else str(handoff_of(record, content)),)
        return ()

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        record = logged.record
        entry = entry_of(record.type)
        move = entry.move
        assert move
        # of later acts the law reads codes and ids alone, and every spelling of an id is one UUID
        codes = logged.codes if move is Move.MAKE else record.data.content
        service = entry.service_of(codes)
        act = act_of(logged, move, codes, service)
        row = dict(state) if state else _unmade(record.subject)
        standing = standings.load(row["standing"])
        after = step(standing, act)
        of_another_case = MADE in row["said"] and row["case_ref"] != record.subject  # its recipients park it, too
        if after.voids or of_another_case:
            return row | {"void": row["void"] + 1}
        if move is Move.MAKE:
            row |= {"case_ref": record.subject, "service": service, "urgency": codes.get("urgency")}
            row["concerns"] = whom(codes)
            row["period"] = period_of(logged.stamp.logged_at)
        now_us = us_of(logged.stamp.logged_at)
        row |= {"standing": standings.dump(after), **_said(row, act, [now_us, claims(record)])}
        return row | _held(row, standing, after, now_us)

    def columns(self, state: State) -> Mapping[str, Any]:
        said, standing = state["said"], state["standing"]
        is_open = MADE in said and state["over_us"] is None
        opener, receiver, offices = standing.get("opener"), standing.get("receiver"), standing.get("offices") or {}
        asked = (str(one["asked"][0]) for one in state["questions"] if is_open and "answered" not in one)
        return {
            "case_ref": state["case_ref"],
            "service": state["service"],
            "urgency": state["urgency"],
            "opener": opener,
            "receiver": receiver,
            "period": state["period"],
            "stage": standing["stage"],
            "whose_move": state["whose_move"],
            "since_us": state["held"][-1][1] if is_open else None,
            "responsible": state["responsible"],
            "open": is_open,
            "made_us": said[MADE][0] if MADE in said else None,
            "decided_us": said[DECIDED][0] if DECIDED in said else None,
            "asked_us": " ".join(asked) or None,
            "year": state["period"][:4] if state["period"] else None,
            "opener_office": offices.get(opener),
            "receiver_office": offices.get(receiver),
        }

    def cells(self, state: State) -> Iterable[Cell]:
        """The handoff itself, and each of its legs that is settled."""
        if MADE not in state["said"]:
            return ()
        standing = state["standing"]
        way = Way(state["service"], standing["opener"], standing["receiver"], state["urgency"] or "", state["period"])
        settled = [leg for leg in legs(state) if leg.done or leg.over_us is not None]
        return [(way, MADE, True, 0), *((way, leg.name, leg.ended, place(leg.lasted_us())) for leg in settled)]


def period_of(moment: datetime) -> str:
    """Its month in Kosovo's calendar: `2021-03`."""
    local = moment.astimezone(KOSOVO)
    return f"{local.year:04}-{local.month:02}"


def _unmade(case_ref: str) -> dict[str, Any]:
    return {
        "case_ref": case_ref,
        "service": None,
        "urgency": None,
        "concerns": None,
        "period": None,
        "standing": standings.dump(Standing()),
        "whose_move": None,
        "responsible": None,
        "said": {},
        "questions": [],
        "held": [],
        "over_us": None,
        "void": 0,
    }


def _said(row: Mapping[str, Any], act: Act, thing: list[Any]) -> dict[str, Any]:
    """Nothing inside a row is changed in place: the row as it was is counted out of the tallies."""
    if name := SAID.get(act.move):
        return {"said": {**row["said"], name: thing}}
    if act.move is Move.ASK:
        return {"questions": [*row["questions"], {"id": str(act.id), "by": act.by.value, "asked": thing}]}
    if act.move in (Move.GIVE, Move.REFUSE):
        answered = {"answered": thing, "refused": act.move is Move.REFUSE}
        return {"questions": [one | answered if _asks(one, act) else one for one in row["questions"]]}
    return {}


def _asks(question: Mapping[str, Any], answer: Act) -> bool:
    """An id is its agency's own choice, so both parties may have chosen one and the same."""
    return bool(question["id"] == str(answer.asked_id) and question["by"] != answer.by)


def _held(row: Mapping[str, Any], before: Standing, after: Standing, now_us: int) -> dict[str, Any]:
    """Until now it was with whoever had to move. A gateway's clock that went back takes nothing from anybody."""
    move, answers, held = after.whose_move, after.responsible, row["held"]
    holder = None if after.closed or move is None else move.value
    if not held or held[-1][0] != holder:
        held = [*held, [holder, max(now_us, held[-1][1]) if held else now_us]]
    was_over = before.stage in ENDED or (before.closed and after.closed)
    over_us = None if holder else row["over_us"] if was_over else now_us
    return {
        "whose_move": move.value if move else None,
        "responsible": answers.value if answers else None,
        "held": held,
        "over_us": over_us,
    }
