"""Examples of what institutions answer for."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import ASKED, BAD, CHILD, HANDOFF, IDENTITY, MISSING, UNKNOWN

_DUTY = {"rule": "referral-decided", "trigger_id": HANDOFF, "owner": "social"}

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
    "duty.opened": {**_DUTY, "due_at": "2026-03-12T17:00:00+01:00"},
    "duty.met": {**_DUTY, "met_by": ASKED, "on_time": True},
    "duty.breached": {**_DUTY, "due_at": "2026-03-12T17:00:00+01:00"},
    "duty.excused": {**_DUTY, "reason": "child-not-found"},
    "duty-failure.alleged": {"against": "police", "failure": "not-protected", "about_id": HANDOFF},
    "access.recorded": {"purpose": "supervision", "opened": [HANDOFF]},
    "access.emergency": {
        "ground": "danger-to-life",
        "vouched_by": {"role": "supervisor", "office": "prishtina-csw"},
        "opened": [HANDOFF],
    },
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "record.corrected": (
        "correction.not-possible",
        {**VALID["record.corrected"], "codes": [{"field": "handoff_id", "value": ASKED}]},
    ),
    "basis.recorded": (BAD, {**VALID["basis.recorded"], "basis": "custom"}),
    "duty.opened": (BAD, {**_DUTY, "rule": "Article 7"}),
    "duty.met": (MISSING, {**_DUTY, "met_by": ASKED}),
    "duty.breached": (MISSING, _DUTY),
    "duty.excused": (BAD, {**_DUTY, "reason": "too busy"}),
    "duty-failure.alleged": (UNKNOWN, {**VALID["duty-failure.alleged"], "worker": "Drita"}),
    "access.recorded": (BAD, {"purpose": "curiosity", "opened": []}),
    "access.emergency": (BAD, {**VALID["access.emergency"], "opened": []}),
}
