"""A content that passes and one that does not, for every type; exported beside this file as whole commands."""

from collections.abc import Mapping
from typing import Any

_HANDOFF = "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"
_ASKED = "0d9a5c1e-3b52-4a35-8f0e-52c3f2a7b9d4"
_TABLE = "b1c8a6d2-5f0e-4b67-9c1d-7e2f3a4b5c6d"
_CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}
_SAFETY = {
    "immediate_danger": "yes",
    "suspect_has_access": "unknown",
    "whereabouts": "relatives",
    "dangers": ["suspect-at-large"],
    "guardian_may_be_told": "unknown",
}
_ALLEGATION = {
    "kind": "sexual-abuse",
    "window": {"earliest": "2026-03-01T00:00:00+01:00", "latest": "2026-03-09T18:00:00+01:00"},
    "ongoing": "no",
}
_IDENTITY = {"full_name": "Example Child", "date_of_birth": "2015-05-17"}
_BYPASS = "3f9d2c1b-8a7e-4d56-b0c3-1e2f3a4b5c6d"

VALID: Mapping[str, Mapping[str, Any]] = {
    "referral.made": {
        "to": "social",
        "concerns": _CHILD,
        "notified": [],
        "expires_at": "2026-03-12T09:00:00+01:00",
        "service": "child-protection-assessment",
        "urgency": "urgent",
        "for_institution": None,
        "safety": _SAFETY,
        "allegation": _ALLEGATION,
        "identity": _IDENTITY,
    },
    "referral.acknowledged": {"handoff_id": _HANDOFF},
    "referral.accepted": {"handoff_id": _HANDOFF},
    "referral.declined": {"handoff_id": _HANDOFF, "reason": "not-our-area", "next_step": "refer-elsewhere"},
    "referral.started": {"handoff_id": _HANDOFF, "began_at": "2026-03-11T09:00:00+01:00"},
    "referral.completed": {"handoff_id": _HANDOFF, "outcome": "done", "not_done_reason": None},
    "referral.withdrawal-asked": {"handoff_id": _HANDOFF, "reason": "need-met"},
    "referral.withdrawal-confirmed": {"handoff_id": _HANDOFF},
    "referral.reassigned": {"handoff_id": _HANDOFF, "office": "peja-csw", "reason": "right-office"},
    "referral.superseded": {"handoff_id": _HANDOFF, "by_id": _ASKED},
    "referral.expired": {"handoff_id": _HANDOFF},
    "referral.closed": {"handoff_id": _HANDOFF, "reason": "outcome-taken-in"},
    "information.asked": {"handoff_id": _HANDOFF, "priority": "red", "questions": ["safe-contact", "suspect-access"]},
    "information.given": {
        "handoff_id": _HANDOFF,
        "asked_id": _ASKED,
        "answers": [
            {"question": "safe-contact", "answer": "yes", "ask_office": "prishtina-child-unit"},
            {"question": "suspect-access", "answer": "no", "ask_office": None},
        ],
        "identity": None,
    },
    "information.refused": {"handoff_id": _HANDOFF, "asked_id": _ASKED, "reason": "not-held"},
    "concern.reported": {
        "to": "social",
        "concerns": _CHILD,
        "notified": ["police"],
        "expires_at": None,
        "urgency": "immediate",
        "safety": _SAFETY,
        "allegation": _ALLEGATION,
        "identity": _IDENTITY,
    },
    "concern.received": {"handoff_id": _HANDOFF},
    "responsibility.accepted": {"handoff_id": _HANDOFF},
    "responsibility.declined": {"handoff_id": _HANDOFF, "reason": "not-our-area", "next_step": "refer-elsewhere"},
    "concern.screened": {"handoff_id": _HANDOFF, "outcome": "strategy-discussion"},
    "transfer.offered": {
        "to": "social",
        "concerns": _CHILD,
        "notified": [],
        "expires_at": None,
        "reason": "right-agency",
        "safety": _SAFETY,
        "allegation": None,
        "identity": _IDENTITY,
    },
    "transfer.accepted": {"handoff_id": _HANDOFF},
    "transfer.declined": {"handoff_id": _HANDOFF, "reason": "no-capacity", "next_step": "sender-keeps"},
    "roundtable.convened": {
        "to": "health",
        "concerns": _CHILD,
        "notified": [],
        "expires_at": None,
        "roundtable_id": _TABLE,
        "held_at": "2026-03-12T10:00:00+01:00",
        "safety": None,
    },
    "roundtable.decided": {
        "concerns": _CHILD,
        "roundtable_id": _TABLE,
        "actions": [{"action": "psychological-support", "owner": "health", "due_at": "2026-03-19T16:00:00+01:00"}],
    },
    "immediate-protection.taken": {
        "concerns": _CHILD,
        "began_at": "2026-03-10T22:15:00+01:00",
        "protections": ["child-taken-to-safety"],
        "safety": _SAFETY,
    },
    "safe-contact.set": {
        "concerns": _CHILD,
        "contact": "school-professional",
        "guardian_may_be_told": "no",
        "ask_office": "prishtina-csw",
    },
    "urgent-care.given": {"concerns": _CHILD, "began_at": "2026-03-11T08:40:00+01:00", "window": "inside"},
    "victim-advocate.assigned": {"concerns": _CHILD, "office": "prishtina-victim-advocates"},
    "case-manager.assigned": {"concerns": _CHILD, "office": "prishtina-csw"},
    "placement.changed": {"concerns": _CHILD, "since": "2026-03-11T18:00:00+01:00", "placement": "shelter"},
    "child.missing": {
        "concerns": _CHILD,
        "missing_since": "2026-03-11T07:30:00+01:00",
        "safety": _SAFETY,
        "identity": _IDENTITY,
    },
    "route.bypass-invoked": {
        "concerns": _CHILD,
        "conflicted": "police",
        "office": None,
        "alternate": "prosecution",
        "alternate_office": None,
        "reason": "person-suspected",
        "safety": _SAFETY,
    },
    "route.bypass-lifted": {"bypass_id": _BYPASS, "reason": "conflict-ended"},
    "case.linked": {
        "concerns": _CHILD,
        "other": "0000-0000-0000-0000",
        "other_concerns": "p-0123456789",
        "reason": "same-child",
    },
    "letter.handed-over": {
        "of_id": _HANDOFF,
        "institution": "forensics",
        "handed_at": "2026-03-11T15:00:00+01:00",
    },
    "receipt": {
        "sender": "police",
        "letters": [{"number": 1, "received_at": "2026-03-10T08:00:02+00:00", "opened": True}],
    },
    "submission.refused": {
        "refused_id": _ASKED,
        "refused_type": "information.asked",
        "code": "receiver.not-allowed",
        "handoff_id": _HANDOFF,
    },
    "store.restored": {"number": 41, "links": [{"sender": "police", "number": 17}]},
    "letter.said-again": {"of_id": _HANDOFF, "of_type": "referral.made", "lost_id": _HANDOFF},
}

_UNKNOWN, _MISSING, _BAD = "field.unknown", "field.missing", "field.invalid"

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "referral.made": (_UNKNOWN, {**VALID["referral.made"], "account_of_the_child": "never on the bus"}),
    "referral.acknowledged": (_MISSING, {}),
    "referral.accepted": (_BAD, {"handoff_id": "the one from Tuesday"}),
    "referral.declined": (_MISSING, {"handoff_id": _HANDOFF, "reason": "not-our-area"}),
    "referral.started": (_BAD, {"handoff_id": _HANDOFF, "began_at": "2026-03-11T09:00:00"}),
    "referral.completed": (_BAD, {"handoff_id": _HANDOFF, "outcome": "not-done"}),
    "referral.withdrawal-asked": (_BAD, {"handoff_id": _HANDOFF, "reason": "changed our mind"}),
    "referral.withdrawal-confirmed": (_UNKNOWN, {"handoff_id": _HANDOFF, "reason": "need-met"}),
    "referral.reassigned": (_BAD, {"handoff_id": _HANDOFF, "office": "Drita, room 4", "reason": "capacity"}),
    "referral.superseded": (_MISSING, {"handoff_id": _HANDOFF}),
    "referral.expired": (_UNKNOWN, {"handoff_id": _HANDOFF, "expires_at": "2026-03-11T09:00:00+01:00"}),
    "referral.closed": (_BAD, {"handoff_id": _HANDOFF, "reason": "tidying up"}),
    "information.asked": (_BAD, {"handoff_id": _HANDOFF, "priority": "red", "questions": []}),
    "information.given": (_MISSING, {"handoff_id": _HANDOFF, "asked_id": _ASKED}),
    "information.refused": (_BAD, {"handoff_id": _HANDOFF, "asked_id": _ASKED, "reason": "busy"}),
    "concern.reported": (_UNKNOWN, {**VALID["concern.reported"], "reported_by": "never towards the accused"}),
    "concern.received": (_MISSING, {}),
    "responsibility.accepted": (_UNKNOWN, {"handoff_id": _HANDOFF, "worker": "Drita"}),
    "responsibility.declined": (_MISSING, {"handoff_id": _HANDOFF, "reason": "not-our-area"}),
    "concern.screened": (_BAD, {"handoff_id": _HANDOFF, "outcome": "wait and see"}),
    "transfer.offered": (_MISSING, {"to": "social", "concerns": _CHILD}),
    "transfer.accepted": (_BAD, {"handoff_id": "the one from Tuesday"}),
    "transfer.declined": (_MISSING, {"handoff_id": _HANDOFF, "next_step": "sender-keeps"}),
    "roundtable.convened": (_BAD, {**VALID["roundtable.convened"], "held_at": "Thursday at ten"}),
    "roundtable.decided": (_BAD, {**VALID["roundtable.decided"], "actions": []}),
    "immediate-protection.taken": (_BAD, {**VALID["immediate-protection.taken"], "protections": []}),
    "safe-contact.set": (_UNKNOWN, {**VALID["safe-contact.set"], "telephone": "never on the bus"}),
    "urgent-care.given": (_UNKNOWN, {**VALID["urgent-care.given"], "findings": "never on the bus"}),
    "victim-advocate.assigned": (_BAD, {"concerns": _CHILD, "office": "Arta, second floor"}),
    "case-manager.assigned": (_MISSING, {"concerns": _CHILD}),
    "placement.changed": (_UNKNOWN, {**VALID["placement.changed"], "address": "never on the bus"}),
    "child.missing": (_MISSING, {"concerns": _CHILD}),
    "route.bypass-invoked": (_BAD, {**VALID["route.bypass-invoked"], "alternate": "police"}),
    "route.bypass-lifted": (_BAD, {"bypass_id": _BYPASS, "reason": "settled"}),
    "case.linked": (_BAD, {**VALID["case.linked"], "other": "0000-0000-0000-0001"}),
    "letter.handed-over": (_MISSING, {"of_id": _HANDOFF, "institution": "forensics"}),
    "receipt": (
        _BAD,
        {
            "sender": "police",
            "letters": [
                {"number": 1, "received_at": "2026-03-10T08:00:02+00:00", "opened": True},
                {"number": 3, "received_at": "2026-03-10T08:00:03+00:00", "opened": True},
            ],
        },
    ),
    "submission.refused": (_BAD, {**VALID["submission.refused"], "code": "because"}),
    "store.restored": (_BAD, {"number": 41, "links": [{"sender": "police", "number": -1}]}),
    "letter.said-again": (_MISSING, {"of_id": _HANDOFF, "of_type": "referral.made"}),
}
