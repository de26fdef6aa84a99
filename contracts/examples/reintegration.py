"""Examples of the reintegration phase."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import BAD, CHILD, IDENTITY, MISSING, NEVER, SAFETY, SUSPECT

VALID: Mapping[str, Mapping[str, Any]] = {
    "needs.assessed": {"concerns": CHILD, "needs": ["therapy", "schooling"]},
    "plan.reviewed": {
        "concerns": CHILD,
        "outcome": "changed",
        "actions": [{"action": "therapy", "owner": "health", "due_at": "2026-05-04T16:00:00+02:00"}],
    },
    "therapy.referred": {
        "to": "health",
        "concerns": CHILD,
        "notified": [],
        "expires_at": None,
        "for_institution": "ngo",
        "identity": IDENTITY,
    },
    "school-return.agreed": {
        "concerns": CHILD,
        "starting": "2026-04-13T08:00:00+02:00",
        "supports": ["trusted-teacher", "safe-way-to-school"],
    },
    "custody-status.changed": {
        "concerns": CHILD,
        "suspect": SUSPECT,
        "since": "2026-06-01T08:00:00+02:00",
        "change": "leave",
        "safety": SAFETY,
    },
    "case.closed": {"reason": "goals-reached"},
    "case.reopened": {"reason": "new-concern"},
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "needs.assessed": (BAD, {"concerns": CHILD, "needs": []}),
    "plan.reviewed": (BAD, {**VALID["plan.reviewed"], "outcome": "fine"}),
    "therapy.referred": (NEVER, {**VALID["therapy.referred"], "therapy_notes": "never on the bus"}),
    "school-return.agreed": (NEVER, {**VALID["school-return.agreed"], "description": "never to the school"}),
    "custody-status.changed": (MISSING, {"concerns": CHILD, "suspect": SUSPECT}),
    "case.closed": (BAD, {"reason": "tidying up"}),
    "case.reopened": (MISSING, {}),
}
