"""The pages of one case, for whoever has looked into it: handoffs, lanes, every record, causes, duties, who knew what.

Each is a reading of one replay (console/replay.py); nothing is fetched for it but what is owed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bus.log import Logged
from console import drawing
from console.asked import Asked, link
from console.lanes import lanes
from console.looks import Look
from console.pages import Page
from console.replay import ASKED, Chosen, Replay, replay
from contracts.agencies import FIELD
from contracts.errors import BarnabusError, Refused
from projections import choosing
from projections.accesses import accesses
from projections.groups import Handoff
from projections.knowledge import Known

VIEWS: Mapping[str, int] = {
    "handoffs": 60, "lanes": 80, "records": 20, "causes": 100, "knowledge": 100, "duties": 100, "accesses": 100,
}  # fmt: skip
"""By reading, how many rows a page has."""
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of a reading: its rows as the twin has them, of so many in all, and what its template needs beside."""

    rows: Rows
    of: int
    more: Mapping[str, Any]


Owed = Callable[[Replay], Sequence[Mapping[str, Any]]]


def case(asked: Asked, look: Look, owed: Owed) -> Page:
    """To be called in a thread: of a long case it can take long.

    Raises Refused `option.invalid`, `agency.unknown`; `handoff.not-found`, and what `owed` raises.
    """
    said = asked.query(*ASKED, "view", "after", "handoff")
    view = choosing.one_of(list(VIEWS), said.get("view", "handoffs"), "view")
    found = replay(look, Chosen.of(said))
    if view == "knowledge" and found.knew is None:
        if asked.twin:
            raise Refused("option.invalid", field="view", detail="Say as_known_to whom.")
        view = "handoffs"  # the form keeps its reading while somebody asks for another agency, or for none
    after = number(said.get("after", "0"))
    shown = _READINGS[view](found, said, after) if view != "duties" else _duties(found, owed, after)
    size, chosen = VIEWS[view], {name: said[name] for name in ASKED if name in said}
    kept = chosen | {name: said[name] for name in ("view", "handoff") if name in said}
    knew = found.knew
    document = {
        "case_ref": look.case_ref,
        "look": look.document(),
        "as_of": found.at.isoformat() if found.at else None,
        "as_known_to": found.chosen.as_known_to,
        "event": found.event,
        "events": len(found.whole.records),
        "state": found.state,
        "knew": {name: len(getattr(knew, name)) for name in ("known", "waiting", "unsent")} if knew else None,
        "view": view,
        "rows": shown.rows,
        "of": shown.of,
        "after": after,
    }
    more = {
        "said": said,
        "chosen": chosen,
        "kept": kept,
        "views": [name for name in VIEWS if name != "knowledge" or knew],
        "field": [agency.value for agency in FIELD],
        "before": link(asked.path, kept, after=max(after - size, 0) or None) if after else None,
        "next": link(asked.path, kept, after=after + size) if after + size < shown.of else None,
        "step": _steps(asked.path, found, said),
        "replay": found,
        **shown.more,
    }
    return Page("case.html", document, more)


def record(asked: Asked, look: Look, proof: Mapping[str, Any] | None) -> Page:
    """One record in full. Raises `record.not-found`."""
    asked.query("verify")
    found = replay(look, Chosen())
    position = number(str(asked.request.path_params["position"]))
    place = next((n for n, one in enumerate(look.seen.case.records) if one.stamp.position == position), None)
    if place is None:
        raise BarnabusError("record.not-found")
    one = look.seen.case.records[place]
    cause = next((node.cause for node in found.causes if node.logged is one), None)
    document = {
        "case_ref": look.case_ref,
        "look": look.document(),
        "event": place + 1,
        **_event(found, one),
        "proof": proof,
    }
    more = {"logged": one, "cause": cause.logged if cause else None, "number": look.number}
    return Page("record.html", document, more)


def number(text: str) -> int:
    """Raises `path.unknown`."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 12):
        raise BarnabusError("path.unknown")
    return int(text)


def _handoffs(found: Replay, said: Mapping[str, str], after: int) -> Shown:
    every = found.groups
    some = every[after : after + VIEWS["handoffs"]]
    kinds = ["handoff" if isinstance(row, Handoff) else "fact" for row in some]
    rows = [{"kind": kind, **row.document()} for kind, row in zip(kinds, some, strict=True)]
    return Shown(rows, len(every), {"spans": drawing.spans(rows, found.present)})


def _lanes(found: Replay, said: Mapping[str, str], after: int) -> Shown:
    every = found.case.records
    some = every[after : after + VIEWS["lanes"]]
    voids = {one.stamp.position: why for one in some if (why := _void(found, one))}
    picture = lanes(found.case, some, voids, found.at)
    return Shown([_event(found, one) for one in some], len(every), {"picture": picture})


def _records(found: Replay, said: Mapping[str, str], after: int) -> Shown:
    every = found.case.records
    if "handoff" in said:
        own = (row for row in found.groups if isinstance(row, Handoff) and str(row.made.record.id) == said["handoff"])
        if (handoff := next(own, None)) is None:
            raise BarnabusError("handoff.not-found")
        every = [step.logged for step in handoff.steps]
    some = every[after : after + VIEWS["records"]]
    return Shown([_event(found, one) for one in some], len(every), {"logged": some})


def _causes(found: Replay, said: Mapping[str, str], after: int) -> Shown:
    some = found.causes[after : after + VIEWS["causes"]]
    return Shown([node.document() for node in some], len(found.causes), {})


def _knowledge(found: Replay, said: Mapping[str, str], after: int) -> Shown:
    """All that was there by then, in the log's order, each with whether it was known."""
    assert found.knew
    lists = {name: getattr(found.knew, name) for name in ("known", "waiting", "unsent")}
    every = [(name, one) for name, some in lists.items() for one in some]
    every.sort(key=lambda row: (row[1].logged if isinstance(row[1], Known) else row[1]).stamp.position)
    some = every[after : after + VIEWS["knowledge"]]
    return Shown([{"is": name, **_known(one)} for name, one in some], len(every), {})


def _known(one: Known | Logged) -> dict[str, Any]:
    if isinstance(one, Known):
        return one.document()
    record, stamp = one.record, one.stamp
    return {
        "position": stamp.position,
        "logged_at": stamp.logged_at.isoformat(),
        "sender": record.sender,
        "type": record.type,
        "id": str(record.id),
    }


def _accesses(found: Replay, said: Mapping[str, str], after: int) -> Shown:
    every = accesses(found.case)
    return Shown(every[after : after + VIEWS["accesses"]], len(every), {})


def _duties(found: Replay, owed: Owed, after: int) -> Shown:
    every = owed(found)
    return Shown(every[after : after + VIEWS["duties"]], len(every), {})


_READINGS: Mapping[str, Callable[[Replay, Mapping[str, str], int], Shown]] = {
    "handoffs": _handoffs,
    "lanes": _lanes,
    "records": _records,
    "causes": _causes,
    "knowledge": _knowledge,
    "accesses": _accesses,
}


def _event(found: Replay, one: Logged) -> dict[str, Any]:
    """As `barnabus case log --json` has it, and where it was put right."""
    put_right = found.put_right.get(one.stamp.position, [])
    return found.case.event(one, _void(found, one)) | {"put_right": put_right}


def _void(found: Replay, one: Logged) -> str | None:
    return found.voids.get((one.record.sender, one.record.id))


def _steps(path: str, found: Replay, said: Mapping[str, str]) -> Mapping[str, str | None]:
    """One event earlier or later, with all else as it is."""
    kept = {name: said[name] for name in ("as_known_to", "view", "handoff") if name in said}
    last, here = len(found.whole.records), found.event
    return {
        "first": link(path, kept, event=1) if here > 1 else None,
        "earlier": link(path, kept, event=here - 1) if here > 1 else None,
        "later": link(path, kept, event=here + 1) if here < last else None,
        "last": link(path, kept) if here < last or found.chosen.event or found.chosen.as_of else None,
    }
