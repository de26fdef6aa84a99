"""Examples of erasing content, and of answers to being asked to."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import BAD, CHILD, HANDOFF, UNKNOWN

VALID: Mapping[str, Mapping[str, Any]] = {
    "content.erased": {
        "authority": "court-order",
        "types": [],
        "person": CHILD,
        "items": 0,
        "marks": [],
    },
    "erasure.asked": {
        "authority": "court-order",
        "types": [],
        "person": CHILD,
        "to": "social",
        "notified": [],
        "expires_at": None,
    },
    "erasure.done": {"handoff_id": HANDOFF, "items": 0},
    "erasure.kept": {"handoff_id": HANDOFF, "ground": "ongoing-proceedings", "until": "2030-12-31"},
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "content.erased": (BAD, {**VALID["content.erased"], "authority": "because"}),
    "erasure.asked": (BAD, {**VALID["erasure.asked"], "notified": ["police"]}),
    "erasure.done": (UNKNOWN, {**VALID["erasure.done"], "person": CHILD}),
    "erasure.kept": (BAD, {**VALID["erasure.kept"], "ground": "might be useful"}),
}
