"""`barnabus case show` and `case timeline`: what a case had come to at any moment, as everybody or as one knew it."""

from datetime import datetime
from typing import Annotated, Any

import typer

from cli import leave, looking, reading, show, times
from cli.leave import Asker
from contracts.agencies import Agency
from contracts.durations import KOSOVO
from contracts.errors import Refused
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import Replay
from projections import case_state, groups, knowledge
from projections import timeline as events
from projections.case_log import CaseLog

DEEPEST = 12
"""Steps to the right; a longer chain of causes goes straight down from there."""


@show.coded
def show_case(
    case_ref: reading.Reference,
    purpose: leave.Purpose = "",
    for_: leave.For = "",
    credential: leave.File = None,
    emergency: leave.ByEmergency = None,
    as_of: times.AsOf = None,
    position: Annotated[
        int | None, typer.Option(min=1, help="As of this place in the log, in place of a time.")
    ] = None,
    as_known_to: Annotated[str | None, typer.Option(help="As this agency knew it.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Show what a case has come to, or had come to at some moment, or what one agency knew of it then."""
    moment = times.moment(as_of)
    if position is not None and (as_of or as_known_to):
        raise Refused(
            "option.invalid", field="--position", detail="It stands in place of --as-of, and knows no agency."
        )
    agency = Agency(show.agency(as_known_to, list(Agency))) if as_known_to else None
    asker = Asker(purpose, for_, credential, emergency)
    what = Replayed(what=Replay.STATE, as_known_to=agency, as_of=moment, position=position)
    found = looking.case(case_ref, asker, what)
    if agency:
        document = _known(found, case_ref, agency, moment or datetime.now(KOSOVO))
    else:
        document = case_state.document(found.until(at=moment, position=position), case_ref)
    if as_json:
        show.document(document)
    else:
        _print(document)


@show.coded
def timeline(
    case_ref: reading.Reference,
    purpose: leave.Purpose = "",
    for_: leave.For = "",
    credential: leave.File = None,
    emergency: leave.ByEmergency = None,
    as_json: show.AsJson = False,
) -> None:
    """Show a case's events by cause and effect, what is void or was put right, and how long handoffs took."""
    asker = Asker(purpose, for_, credential, emergency)
    found = looking.case(case_ref, asker, Replayed(what=Replay.TIMELINE))
    nodes = list(events.downwards(events.tree(found)))
    spans = [handoff.document() for handoff in groups.handoffs(found)]
    if as_json:
        show.document({"case_ref": case_ref, "events": [node.document() for node in nodes], "handoffs": spans})
        return
    show.out.print(f"[bold]{case_ref}[/bold]")
    for node in nodes:
        show.out.print(_line(node))
    columns = ("handoff for", "from", "to", "made (UTC)", "ended (UTC)", "stage")
    rows = (
        (
            one["service"],
            one["from"],
            one["to"],
            show.minute(one["made_at"]),
            show.minute(one["ended_at"]),
            one["stage"],
        )
        for one in spans
    )
    show.table(columns, rows, empty="Nothing was asked for.")


def _known(case: CaseLog, case_ref: str, agency: Agency, at: datetime) -> dict[str, Any]:
    knew = knowledge.knowledge(case, agency, at)
    state = case_state.document(knowledge.as_known(case, knew), case_ref)
    return state | {"as_known_to": agency.value, "as_of": at.isoformat(), **knew.document()}


def _print(document: dict[str, Any]) -> None:
    lists = ("known", "waiting", "unsent", "open", "children", "suspects")
    show.fields({name: value for name, value in document.items() if name not in lists})
    show.table(
        ("asked for", "from", "to", "stage", "whose move", "answers for it"),
        (
            (one["service"], one["from"], one["to"], one["stage"], one["whose_move"], one["responsible"])
            for one in document["open"]
        ),
        empty="Nothing is open.",
    )
    for who in ("children", "suspects"):
        for ref, facts in document[who].items():
            show.out.print(f"[bold]{ref}[/bold], {'a child' if who == 'children' else 'a suspect'}")
            show.fields(facts, indent=1)
    if "known" in document:
        _print_known(document)


def _print_known(document: dict[str, Any]) -> None:
    rows = (
        (
            one["position"],
            f"{one['sender']}, its own" if one["own"] else one["sender"],
            one["type"],
            show.minute(one["held_at"]) + ("" if one["opened"] else ", not opened"),
            show.minute(one["seen_at"]) if one["seen_at"] else "nothing says so",
        )
        for one in document["known"]
    )
    columns = ("position", "from", "event", "its system had it (UTC)", "a person had seen it (UTC)")
    show.table(columns, rows, empty="It knew nothing of this case.")
    without = {"waiting": "Sent to it, and not picked up by then", "unsent": "In the log, and not sent to it"}
    for name, what in without.items():
        said = ", ".join(f"{one['type']} of {one['sender']} ({one['position']})" for one in document[name])
        show.out.print(f"{what}: {said or 'nothing'}.")


def _line(node: events.Node) -> str:
    """Below what it answered, and a step to the right of it."""
    logged = node.logged
    marks = (f"  VOID: {node.void}" if node.void else "") + (
        f"  put right at {', '.join(str(one.stamp.position) for one in node.put_right)}" if node.put_right else ""
    )
    at = f"{logged.stamp.logged_at:%d %b %Y %H:%M}"
    before = "  " * min(node.depth, DEEPEST) + ("└ " if node.depth else "")
    return f"{before}{logged.stamp.position}  {at}  {logged.record.sender}  {logged.record.type}{marks}"
