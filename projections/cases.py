"""Every case, one row each: where it stands and with whom; codes only, out of the same fold as `barnabus case show`."""

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Boolean, Column, Index, String

from bus.log import Logged
from contracts.casefile import Asked, CaseFile, active
from contracts.catalogue.accounting import KEPT_OPEN
from contracts.catalogue.reintegration import CLOSED, REOPENED
from projections import case_fold, case_state
from projections.readmodel import Cell, State, table


class Cases:
    """State: as in projections/case_fold.py. `active` and `waiting_on` hold agencies between spaces, for LIKE."""

    name = "cases"
    version = 1
    table = table(
        "cases",
        Column("phase", String(20)),
        Column("responsible", String(20)),
        Column("closed", Boolean, nullable=False),
        Column("active", String(120), nullable=False),
        Column("waiting_on", String(120), nullable=False),
    )
    Index("cases_standing", table.c.phase, table.c.responsible, table.c.closed)

    def keys(self, logged: Logged) -> Iterable[str]:
        if not logged.record.subject.startswith("link."):
            yield logged.record.subject

    def fold(self, key: str, state: State | None, logged: Logged) -> State:
        return case_fold.after(state or case_fold.NOTHING, logged)

    def columns(self, state: State) -> Mapping[str, Any]:
        asked, answers = tuple(case_fold.asked(state)), case_fold.responsible(state)
        ends = CaseFile.of(case_fold.said(state, CLOSED, REOPENED, KEPT_OPEN))
        return {
            "phase": case_fold.phase(state),
            "responsible": answers.value if answers else None,
            "closed": ends.closed,
            "active": listed(active((one.service, one.standing) for one in asked)),
            "waiting_on": listed(waiting_on(asked)),
        }

    def cells(self, state: State) -> Iterable[Cell]:
        return ()


def waiting_on(asked: Iterable[Asked]) -> frozenset[str]:
    """The agencies for which an open handoff of the case waits."""
    moves = (one.standing.whose_move for one in asked if one.open)
    return frozenset(move.value for move in moves if move)


def listed(agencies: Iterable[str]) -> str:
    """So that ` police ` is in it, if police is."""
    return f" {' '.join(sorted(agencies))} "


def row(case_ref: str, state: State) -> dict[str, Any]:
    """What operators are shown of a case: nothing by person, and nobody whom a bypass keeps out."""
    found = case_state.document_of(case_ref, state)
    children, suspects = found["children"].values(), found["suspects"].values()
    return {name: found[name] for name in ("case_ref", "phase", "phases", "closed", "responsible", "active")} | {
        "waiting_on": sorted(waiting_on(case_fold.asked(state))),
        "open": [{name: code for name, code in one.items() if name != "concerns"} for one in found["open"]],
        "children": len(children),
        "missing": sum(child["missing_since"] is not None for child in children),
        "exams": [child["exam"] for child in children],
        "interviews": sum(child["interviews"] for child in children),
        "measures": [
            {"measure": name} | change for suspect in suspects for name, change in suspect["measures"].items()
        ],
        "linked": found["linked"],
        "position": found["position"],
        "logged_at": found["logged_at"],
    }
