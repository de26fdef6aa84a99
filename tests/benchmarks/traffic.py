"""Traffic for the benchmarks: whole referrals, as an agency's records system sends them."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from contracts.examples import VALID


def command(name: str, data: Any, **more: Any) -> bytes:
    now = datetime.now(UTC).isoformat()
    return json.dumps(
        {
            "command": name,
            "id": str(uuid4()),
            "clocks": {"occurred": now, "known": now, "recorded": now},
            "legal_basis": "protection-duty",
            "post": {"role": "supervisor", "office": "bench-office"},
            "data": data,
            **more,
        }
    ).encode()


def referral() -> bytes:
    """A referral with safety facts, allegation and identity: about 1.4 KB as a command."""
    return command("referral.make", VALID["referral.made"])
