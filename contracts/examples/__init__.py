"""A content that passes and one that does not, for every type; exported beside this file as whole commands."""

from collections.abc import Mapping
from typing import Any

_HANDOFF = "6f0c6f0e-6a4e-4d0a-9a55-0f6a3b6d7c11"
_ASKED = "0d9a5c1e-3b52-4a35-8f0e-52c3f2a7b9d4"

VALID: Mapping[str, Mapping[str, Any]] = {
    "referral.made": {
        "to": "social",
        "service": "child-protection-assessment",
        "urgency": "urgent",
        "concerns": {"ref": "p-7k3q9m2xw4", "role": "child"},
        "notified": [],
        "expires_at": "2026-03-12T09:00:00+01:00",
        "safety": {
            "immediate_danger": "yes",
            "suspect_has_access": "unknown",
            "whereabouts": "relatives",
            "dangers": ["suspect-at-large"],
            "guardian_may_be_told": "unknown",
        },
        "allegation": {
            "kind": "sexual-abuse",
            "window": {"earliest": "2026-03-01T00:00:00+01:00", "latest": "2026-03-09T18:00:00+01:00"},
            "ongoing": "no",
        },
        "identity": {"full_name": "Example Child", "date_of_birth": "2015-05-17"},
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
}
