"""What was erased, whom that was asked of, and what they answered; folded from the log's own records of it. Pure."""

from collections.abc import Iterable
from typing import Any

from bus.log import Logged
from contracts.catalogue.erasing import ASKED, DONE, ERASED

_UNANSWERED = dict.fromkeys(("answer", "items", "ground", "until", "answered_at"))


def erasures(records: Iterable[Logged]) -> list[dict[str, Any]]:
    """Every erasure in the log's order. An answer is `erased`, `kept`, or None while it is owed.

    What counts on a handoff, its law says; here an answer is its receiver's first.
    """
    found, asks = dict[tuple[str, str], dict[str, Any]](), dict[str, dict[str, Any]]()
    for logged in records:
        record, codes = logged.record, logged.codes
        if record.type == ERASED:
            found[record.sender, str(record.id)] = _made(logged)
        elif record.type == ASKED:
            ask = {"id": str(record.id), "to": codes["to"], **_UNANSWERED}
            asks.setdefault(str(record.id), ask)
            made = found.get((record.sender, str(record.causationid)))
            if made is None:  # it was asked by itself
                made = found[record.sender, str(record.id)] = _made(logged)
            made["asked"].append(ask)
        elif (ask := asks.get(codes["handoff_id"], {})).get("to") == record.sender and ask["answer"] is None:
            ask |= {"answer": "erased" if record.type == DONE else "kept", "items": codes.get("items")}
            ask |= {"ground": codes.get("ground"), "until": codes.get("until")}
            ask |= {"answered_at": logged.stamp.logged_at.isoformat()}
    return list(found.values())


def _made(logged: Logged) -> dict[str, Any]:
    record, codes = logged.record, logged.codes
    return {
        "id": str(record.id),
        "agency": record.sender,
        "case_ref": record.subject,
        "position": logged.stamp.position,
        "logged_at": logged.stamp.logged_at.isoformat(),
        "authority": codes["authority"],
        "types": codes["types"],
        "items": codes.get("items"),
        "because": str(record.causationid) if record.causationid else None,
        "asked": [],
    }
