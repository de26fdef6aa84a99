"""What one case has come to, folded entry by entry in the log's order; pure, and kept as JSON values.

Kept is what a case file is made of (contracts/casefile.py): of each handoff what its law goes by, and of what was said
whom it is about and the few codes that are read here. So an entry costs the same in a long case as in a short one, but
for copying. What all of it comes to, as put right since, is worked out when somebody asks.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from bus.log import Logged
from contracts import bypass, responsibility
from contracts.agencies import Agency
from contracts.casefile import ABOUT, Asked, CaseFile, Said, whom
from contracts.catalogue import entry_of, intervention, investigation, reintegration
from contracts.catalogue.accounting import CORRECTED, KEPT_OPEN
from contracts.entry import Entry
from contracts.handoff import step
from contracts.standing import Move, Stage, Standing, course_of
from contracts.vocabulary.asking import Service
from projections.case_log import act_of, handoff_of
from projections.readmodel import State

PHASES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "intervention": frozenset({entry.type for entry in intervention.ENTRIES} | {"concern.reported"}),
        "investigation": frozenset(entry.type for entry in investigation.ENTRIES),
        "reintegration": frozenset(entry.type for entry in reintegration.ENTRIES) - {reintegration.CLOSED},
    }
)
"""The types by whose first word a phase begins. Phases do not end: a child may need all three at once."""
_BEGINS = {type_name: phase for phase, types in PHASES.items() for type_name in types}
READ: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "safe-contact.set": ("found",),
        "child.missing": ("missing_since",),
        "victim-advocate.assigned": ("office",),
        "case-manager.assigned": ("office",),
        "forensic-exam.not-done": ("reason",),
        "suspect.identified": ("age",),
        "protective-measure.changed": ("measure", "change", "since"),
        "judgment.given": ("verdict",),
        "case.linked": ("other", "reason"),
        bypass.INVOKED: ("conflicted", "office", "alternate", "reason"),
        bypass.LIFTED: ("bypass_id",),
        CORRECTED: ("of_id", "of_type", "codes", "concerns"),
        reintegration.CLOSED: (),
        KEPT_OPEN: ("closing_id",),
        reintegration.REOPENED: (),
    }
)
"""By type, the codes that are read. What names a person is kept in any type, and who that is with it."""
NOTHING: State = MappingProxyType(
    {"position": 0, "logged_at": None, "phases": {}, "said": [], "handoffs": {}, "taken": []}
)
_FLAGS = ("moved", "withdrawal_asked", "closed")


def after(state: State, logged: Logged) -> State:
    """What the case has come to with this entry of it.

    `phases` has by phase position and time of its first word. `said` are the words that count and are read: position,
    time, id, by whom, type, codes. `handoffs` by id, each that was made. `taken` are those that moved on acceptance, in
    the order of their acceptances. Times are the log's.
    """
    found = dict(state)
    if entry_of(logged.record.type).word:
        found |= {"phases": {**state["phases"]}, "said": [*state["said"]]}
        found |= {"handoffs": {**state["handoffs"]}, "taken": [*state["taken"]]}
    _take(found, logged)
    return found


def folded(entries: Iterable[Logged]) -> State:
    """The same, of all of them: nobody sees what lies between, so nothing is copied."""
    found: dict[str, Any] = {**NOTHING, "phases": {}, "said": [], "handoffs": {}, "taken": []}
    for logged in entries:
        _take(found, logged)
    return found


def _take(found: dict[str, Any], logged: Logged) -> None:
    record, at = logged.record, logged.stamp.logged_at.isoformat()
    entry = entry_of(record.type)
    found |= {"position": logged.stamp.position, "logged_at": at}
    if not entry.word:
        return  # the bus's own: nobody said it
    # what is read is read as its recipients read it: one moment has many spellings
    read = entry.move is Move.MAKE or entry.type in READ
    codes = logged.codes if read else record.data.content
    if entry.acts(codes) and not _counts(found, logged, entry, codes):
        return
    phase = _BEGINS.get(entry.type)
    if phase and phase not in found["phases"]:
        found["phases"][phase] = [logged.stamp.position, at]
    about = {who: codes[who] for who in ABOUT if codes.get(who)}
    if about or entry.type in READ or not found["said"]:  # whose a case is begins with the very first word
        kept = about | {name: codes[name] for name in READ.get(entry.type, ())}
        found["said"].append([logged.stamp.position, at, str(record.id), record.sender, entry.type, kept])


def _counts(found: dict[str, Any], logged: Logged, entry: Entry, codes: Mapping[str, Any]) -> bool:
    """Take an act into the standing of its handoff. A void one changes nothing."""
    assert entry.move
    handoff_id, service = str(handoff_of(logged.record, codes)), entry.service_of(codes)
    known = found["handoffs"].get(handoff_id)
    before = standing_of(known) if known else Standing()
    standing = step(before, act_of(logged, entry.move, codes, service))
    if standing.voids:
        return False
    if not known:
        assert service
        known = {"made": logged.stamp.position, "service": service.value, "concerns": whom(codes)}
    found["handoffs"][handoff_id] = _kept(known, standing)
    if standing.moved and not before.moved:
        found["taken"].append(handoff_id)
    return True


def _kept(known: Mapping[str, Any], standing: Standing) -> dict[str, Any]:
    """What the law goes by from here on: neither whose desk it lies on, nor who is only told."""
    assert standing.opener
    assert standing.receiver
    parties = {"stage": standing.stage.value, "from": standing.opener.value, "to": standing.receiver.value}
    flags = {name: True for name in _FLAGS if getattr(standing, name)}
    kept = {**{name: known[name] for name in ("made", "service", "concerns")}, **parties, **flags}
    if standing.expires_at:
        kept["expires_at"] = standing.expires_at.isoformat()
    if standing.questions:
        kept["questions"] = [[str(question), asked.value] for question, asked in standing.questions]
    return kept


def standing_of(kept: Mapping[str, Any]) -> Standing:
    expires_at = kept.get("expires_at")
    return Standing(
        stage=Stage(kept["stage"]),
        course=course_of(Service(kept["service"])),
        opener=Agency(kept["from"]),
        receiver=Agency(kept["to"]),
        expires_at=datetime.fromisoformat(expires_at) if expires_at else None,
        questions=tuple((UUID(question), Agency(asked)) for question, asked in kept.get("questions", ())),
        moved="moved" in kept,
        withdrawal_asked="withdrawal_asked" in kept,
        closed="closed" in kept,
    )


def case_file(state: State) -> CaseFile:
    """What was said in the case and is read here, as put right since; and what was asked, in the order of asking."""
    return CaseFile.of(said(state), asked(state))


def said(state: State, *types: str) -> Iterator[Said]:
    """What was said, in these types if any are named; not put right yet."""
    for position, _, said_id, by, type_name, codes in state["said"]:
        if not types or type_name in types:
            yield Said(UUID(said_id), by, type_name, codes, position)


def asked(state: State) -> Iterator[Asked]:
    for handoff_id, kept in sorted(state["handoffs"].items(), key=lambda one: one[1]["made"]):
        yield Asked(UUID(handoff_id), Service(kept["service"]), kept["concerns"], standing_of(kept))


def responsible(state: State) -> Agency | None:
    """Whose the case is (docs/adr/0020)."""
    if not state["said"]:
        return None
    _, _, first, by, *_ = state["said"][0]
    taken = ((UUID(handoff_id), standing_of(state["handoffs"][handoff_id])) for handoff_id in state["taken"])
    return responsibility.holder(Agency(by), UUID(first), taken)


def phase(state: State) -> str | None:
    """The one that began last."""
    begun = state["phases"]
    return max(begun, key=lambda name: begun[name][0]) if begun else None
