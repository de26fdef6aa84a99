"""Examples of the register."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import BAD, CHILD, HANDOFF, MISSING, POINTER, SUSPECT

_CONVICTED = {"ref": "p-5n1x8b3c7d", "role": "convicted"}
_NAME = {"full_name": "Example Person", "date_of_birth": "1979-02-03"}

VALID: Mapping[str, Mapping[str, Any]] = {
    "conviction.entered": {
        "concerns": _CONVICTED,
        "final_since": "2026-10-05T00:00:00+02:00",
        "adult_at_offence": True,
        "judgment": POINTER,
        "identity": _NAME,
    },
    "conviction.removed": {"of_id": HANDOFF, "reason": "quashed"},
    "clearance.asked": {
        "to": "prosecution",
        "concerns": {"ref": "p-9k2w4e6r8t", "role": "applicant"},
        "notified": [],
        "expires_at": None,
        "for_institution": "register",
        "role": "teacher",
        "identity": _NAME,
    },
    "clearance.answered": {
        "handoff_id": HANDOFF,
        "answer": "clear-as-of",
        "as_of": "2026-11-02T09:00:00+01:00",
        "expires_at": "2027-01-31T09:00:00+01:00",
    },
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "conviction.entered": (BAD, {**VALID["conviction.entered"], "concerns": SUSPECT}),
    "conviction.removed": (MISSING, {"reason": "quashed"}),
    "clearance.asked": (BAD, {**VALID["clearance.asked"], "concerns": CHILD}),
    "clearance.answered": (BAD, {**VALID["clearance.answered"], "answer": "convicted in 2014"}),
}
