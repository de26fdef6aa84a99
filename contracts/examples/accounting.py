"""Examples of what institutions answer for."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import ASKED, BAD, CHILD, HANDOFF, IDENTITY, MISSING, UNKNOWN

_DUTY = {"rule": "handoff-decided", "trigger_id": HANDOFF, "trigger_by": "police", "owner": "social"}
_DUE_AT = "2026-03-12T17:00:00+01:00"
_NOTICE = {**_DUTY, "position": 17, "version": "1"}
_CREDENTIAL = "0192f3c1-7b20-7e4f-9d35-8a6b1c2d3e4f"
_BY = {"credential": _CREDENTIAL, "person": "inspector-17"}
_REPLAYED = {"what": "state", "as_known_to": "social", "as_of": "2026-03-12T17:00:00+01:00", "position": None}
_OPEN = {"position": 17, "closing_id": HANDOFF, "open": 1, "duties": [{**_DUTY, "trigger_id": ASKED}]}

VALID: Mapping[str, Mapping[str, Any]] = {
    "record.corrected": {
        "of_id": HANDOFF,
        "of_type": "child.missing",
        "reason": "typed-wrong",
        "concerns": CHILD,
        "clocks": {
            "occurred": "2026-03-10T09:00:00+01:00",
            "known": "2026-03-10T09:00:00+01:00",
            "received": None,
            "recorded": "2026-03-11T09:20:00+01:00",
        },
        "codes": [{"field": "missing_since", "value": "2026-03-10T09:00:00+01:00"}],
        "safety": None,
        "allegation": None,
        "identity": IDENTITY,
    },
    "basis.recorded": {"of_id": HANDOFF, "of_type": "referral.made", "basis": "court-order"},
    "duty.opened": {**_NOTICE, "due_at": _DUE_AT},
    "duty.due-soon": {**_NOTICE, "due_at": _DUE_AT},
    "duty.breached": {**_NOTICE, "due_at": _DUE_AT},
    "duty.escalated": {**_NOTICE, "expected_by": _DUE_AT, "after_hours": 24},
    "duty.met": {**_NOTICE, "met_by": ASKED, "on_time": True},
    "duty.withdrawn": {**_NOTICE, "withdrawn_by": ASKED},
    "case.kept-open": _OPEN,
    "duty.excused": {**_DUTY, "reason": "child-not-found"},
    "duty-failure.alleged": {"against": "police", "failure": "not-protected", "about_id": HANDOFF},
    "access.recorded": {
        "purpose": "supervision",
        "opened": [HANDOFF],
        "by": _BY,
        "replayed": _REPLAYED,
        "emergency": ASKED,
    },
    "access.emergency": {
        "ground": "danger-to-life",
        "vouched_by": {"role": "supervisor", "office": "prishtina-csw"},
        "opened": [HANDOFF],
        "by": _BY,
        "voucher": {"credential": ASKED, "person": "supervisor-3", "agency": "prosecution"},
        "until": "2026-03-12T17:00:00+01:00",
    },
    "credential.withdrawn": {"credential": _CREDENTIAL},
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "record.corrected": (
        "correction.not-possible",
        {**VALID["record.corrected"], "codes": [{"field": "handoff_id", "value": ASKED}]},
    ),
    "basis.recorded": (BAD, {**VALID["basis.recorded"], "basis": "custom"}),
    "duty.opened": (BAD, {**_NOTICE, "rule": "Article 7"}),
    "duty.due-soon": (BAD, {**_NOTICE, "owner": "keeper"}),
    "duty.breached": (MISSING, _NOTICE),
    "duty.escalated": (MISSING, {**_NOTICE, "expected_by": _DUE_AT}),
    "duty.met": (MISSING, _NOTICE),
    "duty.withdrawn": (MISSING, {**_DUTY, "withdrawn_by": ASKED}),
    "case.kept-open": (BAD, {**_OPEN, "open": 0}),
    "duty.excused": (BAD, {**_DUTY, "reason": "too busy"}),
    "duty-failure.alleged": (UNKNOWN, {**VALID["duty-failure.alleged"], "worker": "Drita"}),
    "access.recorded": (BAD, {"purpose": "curiosity", "opened": []}),
    "access.emergency": (BAD, {**VALID["access.emergency"], "by": {**_BY, "person": "Drita Hoxha"}}),
    "credential.withdrawn": (BAD, {"credential": "inspector-17"}),
}
