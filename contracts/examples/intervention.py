"""Examples of the intervention phase, of ways around a receiver, of ties."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import BAD, BYPASS, CHILD, HANDOFF, IDENTITY, MISSING, NEVER, SAFETY, TABLE

VALID: Mapping[str, Mapping[str, Any]] = {
    "roundtable.decided": {
        "concerns": CHILD,
        "roundtable_id": TABLE,
        "actions": [{"action": "psychological-support", "owner": "health", "due_at": "2026-03-19T16:00:00+01:00"}],
    },
    "immediate-protection.taken": {
        "concerns": CHILD,
        "began_at": "2026-03-10T22:15:00+01:00",
        "protections": ["child-taken-to-safety"],
        "safety": SAFETY,
    },
    "safe-contact.set": {
        "concerns": CHILD,
        "found": True,
        "contact": "school-professional",
        "guardian_may_be_told": "no",
        "ask_office": "prishtina-csw",
    },
    "urgent-care.given": {
        "concerns": CHILD,
        "began_at": "2026-03-11T08:40:00+01:00",
        "window": "within-72-hours",
        "incident_at": "2026-03-09T18:00:00+01:00",
    },
    "victim-advocate.assigned": {"concerns": CHILD, "office": "prishtina-victim-advocates"},
    "case-manager.assigned": {"concerns": CHILD, "office": "prishtina-csw"},
    "placement.changed": {"concerns": CHILD, "since": "2026-03-11T18:00:00+01:00", "placement": "shelter"},
    "child.missing": {
        "concerns": CHILD,
        "missing_since": "2026-03-11T07:30:00+01:00",
        "safety": SAFETY,
        "identity": IDENTITY,
    },
    "route.bypass-invoked": {
        "concerns": CHILD,
        "conflicted": "police",
        "office": None,
        "alternate": "prosecution",
        "alternate_office": None,
        "reason": "person-suspected",
        "safety": SAFETY,
    },
    "route.bypass-lifted": {"bypass_id": BYPASS, "reason": "conflict-ended"},
    "case.linked": {
        "concerns": CHILD,
        "other": "0000-0000-0000-0000",
        "other_concerns": "p-0123456789",
        "reason": "same-child",
    },
    "letter.handed-over": {
        "of_id": HANDOFF,
        "institution": "forensics",
        "handed_at": "2026-03-11T15:00:00+01:00",
    },
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "roundtable.decided": (BAD, {**VALID["roundtable.decided"], "actions": []}),
    "immediate-protection.taken": (BAD, {**VALID["immediate-protection.taken"], "protections": []}),
    "safe-contact.set": (NEVER, {**VALID["safe-contact.set"], "telephone": "never on the bus"}),
    "urgent-care.given": (NEVER, {**VALID["urgent-care.given"], "findings": "never on the bus"}),
    "victim-advocate.assigned": (BAD, {"concerns": CHILD, "office": "Arta, second floor"}),
    "case-manager.assigned": (MISSING, {"concerns": CHILD}),
    "placement.changed": (NEVER, {**VALID["placement.changed"], "address": "never on the bus"}),
    "child.missing": (MISSING, {"concerns": CHILD}),
    "route.bypass-invoked": (BAD, {**VALID["route.bypass-invoked"], "alternate": "police"}),
    "route.bypass-lifted": (BAD, {"bypass_id": BYPASS, "reason": "settled"}),
    "case.linked": (BAD, {**VALID["case.linked"], "other": "0000-0000-0000-0001"}),
    "letter.handed-over": (MISSING, {"of_id": HANDOFF, "institution": "forensics"}),
}
