"""What a case has come to, from the log alone: its phases, who answers for it, what is open, where each person stands.

Only codes stand in the log: who these persons are, and what letters said beyond codes, is not here.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts import responsibility
from contracts.agencies import Agency
from contracts.casefile import Asked, CaseFile, active
from contracts.catalogue import intervention, investigation, reintegration
from contracts.standing import Standing
from contracts.vocabulary.people import PersonRole
from projections.case_log import CaseLog
from projections.holdings import kept_out

PHASES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "intervention": frozenset({entry.type for entry in intervention.ENTRIES} | {"concern.reported"}),
        "investigation": frozenset(entry.type for entry in investigation.ENTRIES),
        "reintegration": frozenset(entry.type for entry in reintegration.ENTRIES) - {reintegration.CLOSED},
    }
)
"""The types by whose first word a phase begins. Phases do not end: a child may need all three at once."""
CUSTODY: Mapping[str, str] = MappingProxyType({"suspect.arrested": "in-custody", "suspect.released": "released"})


def document(case: CaseLog, case_ref: str) -> dict[str, Any]:
    """The case with stable keys; `since` is the log's time."""
    file, last = case.file(), case.records[-1].stamp if case.records else None
    logged_at = {logged.stamp.position: logged.stamp.logged_at for logged in case.records}
    begun = {phase: said for phase, types in PHASES.items() if (said := next(file.all(*types), None))}
    return {
        "case_ref": case_ref,
        "position": last.position if last else 0,
        "logged_at": last.logged_at.isoformat() if last else None,
        "phase": max(begun, key=lambda phase: begun[phase].position) if begun else None,
        "phases": {phase: logged_at[said.position].isoformat() for phase, said in begun.items()},
        "closed": file.closed,
        "responsible": _code(responsible(case, file)),
        "active": sorted(active(one.standing for one in file.asked)),
        "kept_out": sorted(kept.conflicted for kept in kept_out(case) if kept.office is None),
        "open": [_open(one) for one in file.asked if one.open],
        "children": {ref: _child(file, ref, logged_at) for ref in _people(file, "concerns", PersonRole.CHILD)},
        "suspects": {ref: _suspect(file, ref, logged_at) for ref in _people(file, "suspect", PersonRole.SUSPECT)},
        "linked": [{"case_ref": one.codes["other"], "reason": one.codes["reason"]} for one in file.all("case.linked")],
    }


def responsible(case: CaseLog, file: CaseFile) -> Agency | None:
    """Whose the case is (docs/adr/0020)."""
    first = file.said[0] if file.said else None
    return responsibility.holder(Agency(first.by), first.id, _taken(case)) if first else None


def _taken(case: CaseLog) -> Iterable[tuple[UUID, Standing]]:
    """Handoffs that moved on acceptance, in the order of their acceptances."""
    found = []
    for steps in case.histories():
        accepted = next((step for step in steps if step.standing.moved), None)
        if accepted:  # an act can stand before the one that makes its handoff
            made = next(step for step in steps if step.standing.parties)
            found.append((accepted.logged.stamp.position, made.logged.record.id, steps[-1].standing))
    return [(handoff, standing) for _, handoff, standing in sorted(found, key=lambda one: one[0])]


def _open(one: Asked) -> dict[str, Any]:
    standing = one.standing
    return {
        "id": str(one.id),
        "service": _code(one.service),
        "concerns": one.concerns,
        "from": _code(standing.opener),
        "to": _code(standing.receiver),
        "stage": standing.stage.value,
        "whose_move": _code(standing.whose_move),
        "responsible": _code(standing.responsible),
    }


def _child(file: CaseFile, ref: str, logged_at: Mapping[int, datetime]) -> dict[str, Any]:
    contact = file.last("safe-contact.set", about=ref)
    lost = file.missing(ref)
    return {
        "safe_contact": contact.codes["found"] if contact else None,
        "missing_since": lost.codes["missing_since"] if lost else None,
        "victim_advocate": _office(file, "victim-advocate.assigned", ref),
        "case_manager": _office(file, "case-manager.assigned", ref),
        "exam": _exam(file, ref),
        "interviews": len(list(file.all("child-interview.completed", about=ref))),
        "first_protected": _first(file, ("immediate-protection.taken",), ref, logged_at),
        "first_cared_for": _first(file, ("urgent-care.given",), ref, logged_at),
    }


def _exam(file: CaseFile, ref: str) -> str | None:
    """What has become of the forensic exam; None: nobody has said a word of one."""
    ended = file.last("forensic-exam.completed", "forensic-exam.not-done", about=ref)
    if ended:
        return "completed" if ended.type == "forensic-exam.completed" else f"not-done, {ended.codes['reason']}"
    orders = file.exams_ordered(ref)
    return f"ordered, {orders[-1].standing.stage}" if orders else None


def _suspect(file: CaseFile, ref: str, logged_at: Mapping[int, datetime]) -> dict[str, Any]:
    known = file.last("suspect.identified", about=ref)
    custody = file.last(*CUSTODY, "custody-status.changed", about=ref)
    measures = {said.codes["measure"]: said for said in file.all("protective-measure.changed", about=ref)}
    judged = file.last("judgment.given", about=ref)
    return {
        "age": known.codes["age"] if known else None,
        "custody": CUSTODY.get(custody.type, "changed: see the letter") if custody else None,
        "custody_since": logged_at[custody.position].isoformat() if custody else None,
        "measures": {
            name: {"change": said.codes["change"], "since": said.codes["since"]} for name, said in measures.items()
        },
        "verdict": judged.codes["verdict"] if judged else None,
    }


def _people(file: CaseFile, field: str, role: PersonRole) -> list[str]:
    """Everybody of this role whom somebody spoke of, in the order of the first word."""
    named = (said.codes.get(field) or {} for said in file.said)
    return list(dict.fromkeys(one["ref"] for one in named if one.get("role") == role))


def _office(file: CaseFile, type_name: str, ref: str) -> str | None:
    last = file.last(type_name, about=ref)
    return str(last.codes["office"]) if last else None


def _first(file: CaseFile, types: tuple[str, ...], ref: str, logged_at: Mapping[int, datetime]) -> str | None:
    first = next(file.all(*types, about=ref), None)
    return logged_at[first.position].isoformat() if first else None


def _code(code: Any) -> str | None:
    return code.value if code else None
