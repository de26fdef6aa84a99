"""The lines of a report for a person, and what it all came to; nothing of it is lost with `--json`."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from rich.text import Text

from cli import show, telling

_STYLES = {
    "refused": "red",
    "unanswerable": "red",
    "void": "yellow",
    "missed": "bold red",
    "counterpart-refused": "red",
}


def line(found: Mapping[str, Any]) -> None:
    """Print one: when by the sandbox's clock, who, and what."""
    who, what = _said(found)
    at = datetime.fromisoformat(found["at"]).astimezone(UTC)
    head = f"{at:%d %b %H:%M:%S} "
    shown = Text(telling.filled(f"{head}{who} {what}", indent=len(head)), style=_STYLES.get(found["what"], ""))
    show.out.print(shown)


def _said(found: Mapping[str, Any]) -> tuple[str, str]:
    match found["what"]:
        case "sent":
            return "you", f"{found['command']}: {_became(found)}"
        case "refused":
            at = f" at {found['field']}" if found.get("field") else ""
            said = " ".join(filter(None, (f"{found['code']}{at}: {found['message']}", found.get("detail"))))
            return "you", f"{found['command']}: REFUSED, {said} Next: {found['hint']} See {found['see']}"
        case "unanswerable":
            why = "at an inbox that the server brings nothing to" if found["asked"] else "nowhere"
            return "you", f"asked for the answer {why}: connect with the inbox prefix _INBOX.system and make a request"
        case "heard":
            return found["from"], f"→ you: {found['type']} (position {found['position']}){_asks(found)}"
        case "void":
            of, on = found["move"] or "word", found["handoff_id"] or found["case_ref"]
            return "you", f"VOID: your {of} on {on} counts for nothing, {found['reason']}"
        case "owed":
            return "you", f"owe by {_by(found)}: {found['says']} ({found['rule']}, {found['tag']})"
        case "due-soon":
            return "you", f"still owe by {_by(found)}, which is soon: {found['says']} ({found['rule']})"
        case "missed":
            return "you", f"NOT IN TIME, expected by {_by(found)}: {found['says']} ({found['rule']})"
        case "done":
            late = ", late" if found["on_time"] is False else ""
            return "you", f"owe no more: {found['rule']} is {found['state']}{late}"
        case "forward":
            return telling.NARRATOR, f"the clock was moved forward by {found['by']}"
    return found["who"], f"{found['command']} was refused, {found['code']}: it does no more there"


def _became(found: Mapping[str, Any]) -> str:
    where = f"logged at position {found['position']}" if found["position"] else "recorded, not yet logged"
    again = "; the same command as before, nothing is doubled" if found["repeated"] else ""
    out = f"; no letter to {', '.join(found['left_out'])}: a bypass leads around" if found["left_out"] else ""
    void = f"; VOID, {found['void']}" if found["void"] else ""
    return f"{where}{again}{out}{void}{_asks(found)}"


def _asks(found: Mapping[str, Any]) -> str:
    if found.get("of_a_duty"):
        return f" on {found['of_a_duty']}"
    if "stage" not in found:
        return ""
    stands = f"; {found['service']} is {found['stage']}"
    stands += ", a withdrawal is asked" if found["withdrawal_asked"] and found["whose_move"] else ""
    if found["expected"]:
        return f"{stands}. Yours: {', '.join(found['expected'])}"
    return f"{stands}, {found['whose_move']}'s move" if found["whose_move"] else stands


def _by(found: Mapping[str, Any]) -> str:
    return f"{show.minute(found['expected_by'])} UTC"


def status(found: Mapping[str, Any]) -> None:
    """The sandbox as it stands now, and what it came to so far."""
    ahead = f", {found['ahead_s'] / 3600:g} hours ahead" if found["ahead_s"] else ""
    show.out.print(f"You are {found['agency']}. It is {show.minute(found['now'])} (UTC){ahead}.")
    show.out.print(f"Counterparts: {_pairs(found['behaves'])}.")
    show.out.print(f"{found['url']}, {found['http']}, home {found['home']}", markup=False, soft_wrap=True)
    summary(found)


def summary(found: Mapping[str, Any]) -> None:
    """Types sent and heard, refusals by code, what is open and whose move it is."""
    for name, title in (("sent", "Sent"), ("heard", "Heard"), ("refused", "Refused"), ("void", "Void")):
        show.out.print(telling.filled(f"{title}: {_pairs(found[name]) or 'nothing'}.", indent=2), markup=False)
    show.out.print(telling.filled(f"Not in time: {_pairs(found['missed']) or 'nothing'}.", indent=2), markup=False)
    show.table(("open", "from → to", "stage", "whose move"), _open(found["open"]), empty="Nothing is open.")
    if found["owed"]:
        rows = ((one["rule"], show.minute(one["expected_by"]), one["state"]) for one in found["owed"])
        show.table(("you owe", "by (UTC)", ""), rows, empty="")


def _open(found: Iterable[Mapping[str, Any]]) -> Iterable[tuple[str, ...]]:
    return ((one["service"], f"{one['from']} → {one['to']}", one["stage"], one["whose_move"] or "") for one in found)


def _pairs(found: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in found.items())
