"""What a synthetic year came to, counted from the log alone."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bus import seal
from bus.chains import RECEIPT
from bus.log import Logged
from contracts.catalogue import CATALOGUE
from projections.case_log import CaseLog, case_log


def of_log(logged: Sequence[Logged]) -> dict[str, Any]:
    """Counts by type, by what handoffs came to and by why acts are void, and the digest of what all of it comes to."""
    case = case_log(logged)
    standings = case.standings()
    types = Counter(entry.record.type for entry in logged)
    events = [entry for entry in logged if entry.record.type in CATALOGUE and CATALOGUE[entry.record.type].command]
    return {
        "references": len({entry.record.subject for entry in events}),
        "entries": len(logged),
        "events": len(events),
        "receipts": types[RECEIPT],
        "types": dict(sorted((name, count) for name, count in types.items() if name != RECEIPT)),
        "handoffs": {
            "made": len(standings),
            "open": sum(standing.open for standing in standings.values()),
            "stages": dict(sorted(Counter(standing.stage.value for standing in standings.values()).items())),
        },
        "void": dict(
            sorted(Counter(void.reason.value for standing in standings.values() for void in standing.voids).items())
        ),
        "unsigned": bool(case.unsigned()),
        "state": digest(case, events),
    }


def digest(case: CaseLog, events: Sequence[Logged]) -> str:
    """Of every handoff's standing, and of what was said in which order: the same for the same plan on any machine."""
    said: list[Mapping[str, Any]] = [
        {
            "position": entry.stamp.position,
            "logged_at": entry.stamp.logged_at.isoformat(),
            "id": str(entry.record.id),
            "sender": entry.record.sender,
            "type": entry.record.type,
            "subject": entry.record.subject,
            "data": entry.record.data.model_dump(mode="json", include={"about", "content", "withheld"}),
            "letters": [(letter.to, letter.number, letter.tiers) for letter in entry.record.data.letters],
        }
        for entry in events
    ]
    standings = {str(handoff): standing.document() for handoff, standing in sorted(case.standings().items())}
    return seal.digest(seal.dump({"said": said, "standings": standings}))
