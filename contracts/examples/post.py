"""Examples of the bus's own types."""

from collections.abc import Mapping
from typing import Any

from contracts.examples.parts import ASKED, BAD, HANDOFF, MISSING

VALID: Mapping[str, Mapping[str, Any]] = {
    "receipt": {
        "sender": "police",
        "letters": [{"number": 1, "received_at": "2026-03-10T08:00:02+00:00", "opened": True}],
    },
    "submission.refused": {
        "refused_id": ASKED,
        "refused_type": "information.asked",
        "code": "receiver.not-allowed",
        "handoff_id": HANDOFF,
    },
    "store.restored": {"number": 41, "links": [{"sender": "police", "number": 17}]},
    "directory.adopted": {
        "before": "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU",
        "directory": "eyJhbGciOiJFZDI1NTE5In0.eyJrZXlzIjpbXX0.c2lnbmVkLWJ5LXRoZS1yb290",
    },
    "letter.said-again": {"of_id": HANDOFF, "of_type": "referral.made", "lost_id": HANDOFF},
}

INVALID: Mapping[str, tuple[str, Mapping[str, Any]]] = {
    "receipt": (
        BAD,
        {
            "sender": "police",
            "letters": [
                {"number": 1, "received_at": "2026-03-10T08:00:02+00:00", "opened": True},
                {"number": 3, "received_at": "2026-03-10T08:00:03+00:00", "opened": True},
            ],
        },
    ),
    "submission.refused": (BAD, {**VALID["submission.refused"], "code": "because"}),
    "store.restored": (BAD, {"number": 41, "links": [{"sender": "police", "number": -1}]}),
    "directory.adopted": (BAD, {**VALID["directory.adopted"], "directory": "the newest one"}),
    "letter.said-again": (MISSING, {"of_id": HANDOFF, "of_type": "referral.made"}),
}
