"""How duties and lacking protections are shown: on a terminal of 80 columns, and as rows of a spreadsheet."""

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from cli import show, telling, times
from contracts.protocol.terms import AT_SOURCE
from projections.protections import PROTECTIONS

_PLAIN = (
    "id", "case_ref", "rule", "says", "version", "authority", "tag", "verified", "verified_by",
)  # fmt: skip
_COMES_TO = (
    "handoff_id", "owner", "holder", "state", "owed", "on_time", "missed", "absent", "past_s", "clock", "no_limit",
    "opened_at", "begun", "starts_at", "due_at", "first_due_at", "corrected_by", "expected_by", "held_up",
)  # fmt: skip
COLUMNS = (*_PLAIN, "trigger_id", "trigger_type", "trigger_by", *_COMES_TO, "ended_by", "done_at", "ended_at", "reason")
"""Of a spreadsheet of duties. `past_s`: seconds past the moment by which it was expected; less than 0 before it."""
MISSING_COLUMNS = ("case_ref", "known_at", "protected_at", "took_s", "waits_s", *PROTECTIONS, "held_up")
"""Of a spreadsheet of what is lacking: a row a child, whom nobody names."""
_LACKS_COLUMNS = 34
_ENDED = ("met", "excused", "withdrawn")
_CLOCKS = {"incident": "the incident", "knowledge": "its being known", "receipt": "its receipt", "stamp": "the log"}


def flat(found: Mapping[str, Any]) -> dict[str, Any]:
    """One duty as one row."""
    row: dict[str, Any] = {name: found[name] for name in (*_PLAIN, *_COMES_TO)}
    row |= {f"trigger_{name}": found["trigger"][name] for name in ("id", "type", "by")}
    if ending := found["ending"]:
        row |= {"ended_by": ending["by"], "done_at": ending["done_at"]}
        row |= {"ended_at": ending["logged_at"], "reason": ending["reason"]}
    return row


def print_check(found: Mapping[str, Any]) -> None:
    show.out.print(f"{found['notices']} notices of the keeper; {len(found['wrong'])} do not follow from the log.")
    for one in found["wrong"]:
        show.out.print(f"  case {one['case_ref']}  {one['type']}  {one['id']}")
    if found["unsaid"]:
        show.out.print(f"{len(found['unsaid'])} had to be said by now and were not:")
    for one in found["unsaid"]:
        show.out.print(f"  case {one['case_ref']}  {one['type']}  {one['rule'] or ''}  to {', '.join(one['tell'])}")


def flat_missing(found: Sequence[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for case in found:
        for child in case["children"]:
            lacks = {name: "lacking" if name in child["lacks"] else "" for name in PROTECTIONS}
            yield {"case_ref": case["case_ref"], **child, **lacks, "held_up": case["held_up"]}


def print_list(found: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Four lines a duty; then of each rule by whose authority it is, and whether anybody has verified that."""
    if not found:
        show.out.print("There are none.")
        return
    rows = (
        (
            f"{one['id']}\n  case {one['case_ref']}\n  {one['rule']}\n  after {one['trigger']['type']}",
            f"{_who(one)}\n{one['tag']}\n{_verified(one)}",
            f"{standing(one)}\n{_due(one)}\n{_since(one)}",
        )
        for one in found
    )
    show.table(("duty", "owed by", f"as of {show.minute(at.isoformat())} (UTC)"), rows, empty="")
    show.out.print()
    for one in {one["rule"]: one for one in found}.values():
        said = f"{one['rule']} ({one['tag']}, {_verified(one)}): {one['authority']}"
        show.out.print(telling.filled(said, indent=2), markup=False)


def standing(found: Mapping[str, Any]) -> str:
    """What it has come to and by how much. What the law gives no limit is never late."""
    state, past_s = found["state"], found["past_s"]
    if state in _ENDED:
        late = found["missed"] if state != "met" else found["on_time"] is False
        in_time = " in time" if found["on_time"] else ""
        return f"{state}, {times.length(past_s)} late" if late else state + in_time
    if past_s is None:
        return "its clock has not begun"
    if past_s > 0:
        return f"{'overdue' if found['due_at'] else 'absent'} by {times.length(past_s)}"
    what = "alarm" if found["no_limit"] else "due"
    return f"{'at once; ' if found['no_limit'] == 'at-once' else ''}{what} in {times.length(-past_s)}"


def _due(found: Mapping[str, Any]) -> str:
    if found["expected_by"] is None:
        return ""
    moved = ", moved" if found["corrected_by"] else ""
    return f"{'alarm' if found['no_limit'] else 'due'} {show.minute(found['expected_by'])}{moved}"


def _since(found: Mapping[str, Any]) -> str:
    if found["starts_at"] is None:
        return ""
    latest = "" if found["begun"] else ", or earlier"
    return f"from {show.minute(found['starts_at'])}{latest}\nby {_CLOCKS[found['clock']]}"


def _who(found: Mapping[str, Any]) -> str:
    owner, holder = found["owner"], found["holder"]
    return str(owner) if owner == holder else f"{owner} → {holder}"


def _verified(found: Mapping[str, Any]) -> str:
    """`source`: we read it there ourselves, and no institution has said so."""
    if not found["verified"]:
        return "UNVERIFIED"
    return AT_SOURCE if found["verified_by"] == AT_SOURCE else "verified"


def print_one(found: Mapping[str, Any]) -> None:
    trigger, until = found["trigger"], show.minute(found["as_of"])
    _line(f"{found['rule']}, version {found['version']}: {found['says']}", style="bold")
    _line(f"duty {found['id']} of case {found['case_ref']}, as of {until} (UTC)")
    _line(f"authority ({found['tag']}): {found['authority']}")
    by = found["verified_by"] if found["verified"] else "nobody: UNVERIFIED"
    _line(f"verified by: {by}")
    if found["taken_as"]:
        _line(f"taken here as: {found['taken_as']}")
    show.out.print()
    _line(f"owed by: {found['owner']}; to be done by: {found['holder']}")
    _line(f"set off by: {trigger['type']} of {trigger['by']}, position {trigger['position']} ({trigger['id']})")
    starts = show.minute(found["starts_at"]) or "not begun"
    awaited = found["starts_at"] and not found["begun"]
    latest = " at the latest, since nobody has signed for its letter" if awaited else ""
    _line(f"starts: {starts}{latest}, by {_CLOCKS[found['clock']]}; logged {show.minute(trigger['opened_at'])}")
    _line(f"stands: {standing(found)}; {_due(found) or 'nothing says when'}")
    if found["corrected_by"]:
        first = show.minute(found["first_due_at"]) or "not to be said"
        _line(f"put right by {found['corrected_by']}: first due {first}, now {show.minute(found['due_at'])}")
    for name, what in (("ending", "ended by"), ("excuse", "excused by")):
        if (end := found[name]) and not (name == "excuse" and end == found["ending"]):
            why = f" ({end['reason']})" if end["reason"] else ""
            done = f"done {show.minute(end['done_at'])}, logged {show.minute(end['logged_at'])}"
            _line(f"{what}: {end['by']}, position {end['position']}{why}; {done}")
    if found["owed"]:
        for step in found["escalates"]:
            _line(f"unanswered it goes to: {step['to']}, from {show.minute(step['from'])}")
    for notice in found["notices"]:
        to = ", ".join(notice["to"]) or "nobody"
        when = f"{show.minute(notice['logged_at'])}, position {notice['position']}"
        _line(f"the keeper said {notice['type']} to {to}: {when}")
    show.out.print()
    _line(f"What {found['holder']} was sent of the case by then, and when its system had it (UTC):")
    rows = (
        (
            f"{letter['position']}{' *' if letter['position'] == trigger['position'] else ''}",
            f"{letter['type']}\n  of {letter['sender']}, {show.minute(letter['logged_at'])}",
            _received(letter),
        )
        for letter in found["letters"]
    )
    show.table(("position", "letter", "its system had it"), rows, empty="Nothing.")
    if any(letter["position"] == trigger["position"] for letter in found["letters"]):
        _line("* This set the duty off.")


def _received(letter: Mapping[str, Any]) -> str:
    if letter["received_at"] is None:
        return "no receipt"
    opened = "" if letter["opened"] else "\nnot opened"
    return f"{show.minute(letter['received_at'])}{opened}"


def print_missing(counts: Mapping[str, Any], found: Sequence[Mapping[str, Any]], at: datetime) -> None:
    """Counts of all that were asked for, then case by case; `2 of 3` are children of the case."""
    if not counts["cases"]:
        show.out.print("There are none.")
        return
    _line(f"{counts['children']} children in {counts['cases']} cases, as of {show.minute(at.isoformat())} (UTC)")
    lacking = ", ".join(f"{name} {count}" for name, count in counts["lacking"].items())
    _line(f"lacking: {lacking}")
    within = ", ".join(f"{name} {count}" for name, count in counts["protected_within"].items())
    _line(f"first act that protects, from when the first agency knew, within: {within}")
    _line(f"nothing protects yet: {counts['not_protected_yet']}\n")
    rows = ((case["case_ref"], *_case(case)) for case in found)
    show.table(("case", "first protected", "lacking"), rows, empty="None lacks that.")


def _case(case: Mapping[str, Any]) -> tuple[str, str]:
    children = case["children"]
    of = f" of {len(children)}" if len(children) > 1 else ""
    lacks = ", ".join(f"{name}{f' ({count}{of})' if of else ''}" for name, count in case["lacks"].items())
    wrapped = textwrap.fill(lacks, _LACKS_COLUMNS, break_on_hyphens=False) or "nothing"
    return "\n".join(map(_first, children)), wrapped


def _first(child: Mapping[str, Any]) -> str:
    if child["took_s"] is None:
        return f"not yet, {times.length(child['waits_s'])}"
    return f"after {times.length(child['took_s'])}"


def _line(text: str, style: str | None = None) -> None:
    show.out.print(telling.filled(text, indent=2), style=style, markup=False)
