"""The other way to what a case has come to: from all that was said in it at once, by the agencies' own laws."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts import check, responsibility
from contracts.agencies import Agency
from contracts.casefile import Asked, CaseFile, Said, whom
from contracts.catalogue import entry_of
from contracts.standing import Standing
from projections import case_state
from projections.case_fold import PHASES
from projections.case_log import CaseLog, Step, case_log, handoff_of


def worked_out(entries: Iterable[Logged], case_ref: str) -> dict[str, Any]:
    """As `case_state.document`, and out of nothing that is kept from one entry to the next."""
    case = case_log(entries)
    made = [steps for steps in map(_since_made, case.histories()) if steps]
    asked = [_asked(steps) for steps in sorted(made, key=lambda steps: steps[0].logged.stamp.position)]
    file = CaseFile.of(_said(case), asked)
    times = {logged.stamp.position: logged.stamp.logged_at.isoformat() for logged in case.records}
    begun = {name: first.position for name, types in PHASES.items() if (first := next(file.all(*types), None))}
    first = file.said[0] if file.said else None
    answers = responsibility.holder(Agency(first.by), first.id, _taken(made)) if first else None
    last = case.records[-1].stamp.position if case.records else 0
    return {
        "case_ref": case_ref,
        "position": last,
        "logged_at": times.get(last),
        "phase": max(begun, key=lambda name: begun[name]) if begun else None,
        "phases": {name: times[position] for name, position in begun.items()},
        "responsible": answers,
        **case_state.of_file(file, times),
    }


def _since_made(steps: list[Step]) -> list[Step]:
    return [step for step in steps if step.standing.parties]


def _asked(steps: list[Step]) -> Asked:
    codes = check.codes_of(steps[0].logged.record)
    service = entry_of(steps[0].logged.record.type).service_of(codes)
    return Asked(steps[0].logged.record.id, service, whom(codes), steps[-1].standing)


def _taken(made: list[list[Step]]) -> list[tuple[UUID, Standing]]:
    """Those that moved on acceptance, in the order of their acceptances."""
    found = []
    for steps in made:
        accepted = next((step.logged.stamp.position for step in steps if step.standing.moved), None)
        if accepted:
            found.append((accepted, steps[0].logged.record.id, steps[-1].standing))
    return [(handoff, standing) for _, handoff, standing in sorted(found, key=lambda one: one[0])]


def _said(case: CaseLog) -> Iterable[Said]:
    standings = case.standings()
    for logged in case.records:
        record, entry = logged.record, entry_of(logged.record.type)
        if not entry.word:
            continue
        codes = check.codes_of(record)
        handoff = standings[handoff_of(record, codes)] if entry.acts(codes) else None
        if not handoff or handoff.void_of(Agency(record.sender), record.id) is None:
            yield Said(record.id, record.sender, record.type, codes, logged.stamp.position)
