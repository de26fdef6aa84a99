"""What a case has come to, from the log alone: its phases, who answers for it, what is open, where each person stands.

Only codes stand in the log: who these persons are, and what letters said beyond codes, is not here.
"""

from collections import defaultdict
from collections.abc import Mapping
from operator import itemgetter
from types import MappingProxyType
from typing import Any

from contracts.casefile import ABOUT, Asked, CaseFile, Said, active
from contracts.vocabulary.people import PersonRole
from projections.case_fold import case_file, folded, phase, responsible
from projections.case_log import CaseLog
from projections.readmodel import State

CUSTODY: Mapping[str, str] = MappingProxyType({"suspect.arrested": "in-custody", "suspect.released": "released"})


def document(case: CaseLog, case_ref: str) -> dict[str, Any]:
    """The case with stable keys; `since` is the log's time."""
    return document_of(case_ref, folded(case.records))


def document_of(case_ref: str, state: State) -> dict[str, Any]:
    """The same, of what the case's entries were folded into."""
    return {
        "case_ref": case_ref,
        "position": state["position"],
        "logged_at": state["logged_at"],
        "phase": phase(state),
        "phases": {name: at for name, (_, at) in sorted(state["phases"].items(), key=itemgetter(1))},
        "responsible": _code(responsible(state)),
        **of_file(case_file(state), {position: at for position, at, *_ in state["said"]}),
    }


def of_file(file: CaseFile, logged_at: Mapping[int, str]) -> dict[str, Any]:
    """What the case's file tells; `logged_at` is the log's time by position."""
    around, of = (one.codes for one in file.bypasses), _by_person(file)
    return {
        "closed": file.closed,
        "active": sorted(active((one.service, one.standing) for one in file.asked)),
        "kept_out": sorted(codes["conflicted"] for codes in around if codes["office"] is None),
        "open": [_open(one) for one in file.asked if one.open],
        "children": {ref: _child(of[ref], ref, logged_at) for ref in _people(file, "concerns", PersonRole.CHILD)},
        "suspects": {ref: _suspect(of[ref], ref, logged_at) for ref in _people(file, "suspect", PersonRole.SUSPECT)},
        "linked": [{"case_ref": one.codes["other"], "reason": one.codes["reason"]} for one in file.all("case.linked")],
    }


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


def _child(file: CaseFile, ref: str, logged_at: Mapping[int, str]) -> dict[str, Any]:
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


def _suspect(file: CaseFile, ref: str, logged_at: Mapping[int, str]) -> dict[str, Any]:
    known = file.last("suspect.identified", about=ref)
    custody = file.last(*CUSTODY, "custody-status.changed", about=ref)
    measures = {said.codes["measure"]: said for said in file.all("protective-measure.changed", about=ref)}
    judged = file.last("judgment.given", about=ref)
    return {
        "age": known.codes["age"] if known else None,
        "custody": CUSTODY.get(custody.type, "changed: see the letter") if custody else None,
        "custody_since": logged_at[custody.position] if custody else None,
        "measures": {
            name: {"change": said.codes["change"], "since": said.codes["since"]} for name, said in measures.items()
        },
        "verdict": judged.codes["verdict"] if judged else None,
    }


def _by_person(file: CaseFile) -> Mapping[str, CaseFile]:
    """Of each person what was said and asked: so a case with many is not gone through for each of them."""
    said, asked = defaultdict[str, list[Said]](list), defaultdict[str, list[Asked]](list)
    for one in file.said:
        for ref in {str(who["ref"]) for name in ABOUT if (who := one.codes.get(name))}:
            said[ref].append(one)
    for handoff in file.asked:
        if handoff.concerns:
            asked[handoff.concerns].append(handoff)
    return {ref: CaseFile(tuple(words), tuple(asked.get(ref, ()))) for ref, words in said.items()}


def _people(file: CaseFile, field: str, role: PersonRole) -> list[str]:
    """Everybody of this role whom somebody spoke of, in the order of the first word."""
    named = (said.codes.get(field) or {} for said in file.said)
    return list(dict.fromkeys(one["ref"] for one in named if one.get("role") == role))


def _office(file: CaseFile, type_name: str, ref: str) -> str | None:
    last = file.last(type_name, about=ref)
    return str(last.codes["office"]) if last else None


def _first(file: CaseFile, types: tuple[str, ...], ref: str, logged_at: Mapping[int, str]) -> str | None:
    first = next(file.all(*types, about=ref), None)
    return logged_at[first.position] if first else None


def _code(code: Any) -> str | None:
    return code.value if code else None
