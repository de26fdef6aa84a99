"""What the demo prints, for a terminal of 80 columns: the story's lines, who holds what, and what it all came to."""

import textwrap
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from rich.text import Text

from cli import show
from console.roles import SEES, Role
from contracts.agencies import Agency

HEADING, NARRATOR, POINT = "", "·", "→"
"""Who says a line that no agency says."""
WHO_COLUMNS = max(map(len, Agency))
COLOURS = {"police": "cyan", "social": "magenta", "prosecution": "yellow", "health": "green", "oversight": "blue"}
HEADINGS = {"letters_received": "letters", "duplicates_refused": "duplicates"}
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def nothing(who: str, what: str) -> None:
    """With --json standard output holds the document alone."""


def line(who: str, what: str) -> None:
    """One line of a story: its heading (nobody says it), its narrator's, its point, or an agency's."""
    if who == POINT:
        show.out.print(filled(f"{POINT} {what}", indent=2), style="bold", markup=False)
    elif who == HEADING:
        show.out.print(f"\n{filled(what)}", style="bold", markup=False)
    elif who == NARRATOR:
        show.out.print(filled(what), style="dim", markup=False)
    else:
        shown = Text(filled(f"{who:>{WHO_COLUMNS}} {what}", indent=WHO_COLUMNS + 1))
        shown.stylize(COLOURS.get(who, "white"), 0, WHO_COLUMNS)
        show.out.print(shown)


def who_holds_what(found: dict[str, Any]) -> None:
    """Print what `projections.holdings.document` found."""
    letters, held, as_of = found["letters"], found["holdings"], datetime.fromisoformat(found["as_of"])
    show.out.print(f"\n[bold]Who holds what[/bold], from the log alone: case {found['case_ref']} as of {_day(as_of)}")
    show.table(
        ("asked for", "stage", "whose move", "since", "answers for it"),
        [_row(holding, as_of) for holding in held],
        empty="Nothing is open: all that was asked for has ended.",
    )
    show.out.print(f"Letters of the case: {letters['sent']}. Received and signed for: {letters['received']}.")
    for holding in held:
        if holding["course"] != "service":
            show.out.print(filled(_answered(holding, as_of)))
    for kept in found["kept_out"]:
        show.out.print(filled(_kept_out(kept)))


def filled(text: str, indent: int = 0) -> str:
    """Broken between words only, so that ids, codes and types stay whole."""
    width = show.out.width
    return textwrap.fill(text, width, subsequent_indent=" " * indent, break_on_hyphens=False, break_long_words=False)


def _row(holding: dict[str, Any], as_of: datetime) -> tuple[str, ...]:
    since = datetime.fromisoformat(holding["since"])
    move = holding["whose_move"] or "nobody's"
    what = holding["service"] if holding["course"] == "service" else f"the {holding['course']}"
    return (
        f"{what}\n  {holding['from']} → {holding['to']}",
        holding["stage"],
        f"{move}\n  kept out" if holding["kept_out"] else move,
        f"{_day(since)}\n{lasting(as_of - since)}",
        holding["responsible"],
    )


def _answered(holding: dict[str, Any], as_of: datetime) -> str:
    """Who answered for what was handed over, in turn."""
    spells = []
    for spell in holding["answered"]:
        since = datetime.fromisoformat(spell["since"])
        until = datetime.fromisoformat(spell["until"]) if spell["until"] else as_of
        so_far = "" if spell["until"] else " so far"
        spells.append(f"{spell['agency']} from {_day(since)}, {lasting(until - since)}{so_far}")
    return f"The {holding['course']} of {holding['from']} lies with: {'; then '.join(spells)}."


def _kept_out(kept: dict[str, Any]) -> str:
    whom, refused = kept["conflicted"], kept["acts_refused"]
    office = f", office {kept['office']}" if kept["office"] else ""
    return (
        f"Kept out: {whom}{office}, by {kept['invoked_by']} at position {kept['position']} ({kept['reason']}); "
        f"turned to instead: {kept['alternate']}. Letters of the case to {whom}: "
        f"{kept['letters_before']} before it, {kept['letters_since']} since; acts that the gateway refused: {refused}."
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def lasting(time: timedelta) -> str:
    """A length of time in its largest unit, rounded down."""
    for unit, one, many in ((DAY, "day", "days"), (HOUR, "hour", "hours")):
        if time >= unit:
            return f"{time // unit} {one if time // unit == 1 else many}"
    return f"{time // timedelta(minutes=1)} min"


def sum_up(summary: dict[str, Any]) -> None:
    show.out.print("\n[bold]What it came to[/bold], counted from stores, log and receipts:")
    columns = ("agency", *next(iter(summary["agencies"].values())))
    show.table(
        [HEADINGS.get(name, name) for name in columns],
        [(name, *row.values()) for name, row in summary["agencies"].items()],
        empty="",
    )
    log = summary["log"]
    verified = "all chains verified" if log["chains_verified"] else "CHAINS BROKEN"
    show.out.print(
        f"Log: {log['position']} entries, {log['events']} of them events; {verified}. "
        f"Lost: {summary['lost']}. {summary['seconds']} s."
    )
    for void in summary["void_acts"]:
        show.out.print(f"Void: {void['agency']}'s {void['move']} at position {void['position']}, {void['reason']}.")


def console(url: str, sign_ins: Mapping[Role, str], case_ref: str | None) -> None:
    """`case_ref` is of a case to look into."""
    show.out.print(f"\n[bold]The console[/bold], on this machine alone, until this ends: {url}")
    show.table(
        ("sign in as", "password", "sees"),
        [(role.value, password, ", ".join(SEES[role])) for role, password in sign_ins.items()],
        empty="",
    )
    if case_ref:
        show.out.print(f"A case to look into, as investigator or oversight: {case_ref}")


def console_of_year(url: str) -> None:
    show.out.print(filled(f"The console over that year, for whoever may sign in to the other: {url}"))


def what_to_try(home: Path, case_ref: str, credential: Path) -> None:
    """Commands for a look around, at this case."""
    show.out.print("\nNow try, in another terminal:")
    show.out.print(f"  export BARNABUS_HOME={home}")
    show.out.print(f"  export BARNABUS_CREDENTIAL={credential}")
    why = '--for inspection --purpose "a look around"'
    show.out.print(f"  .venv/bin/barnabus case log {case_ref} {why}")
    show.out.print(f"  .venv/bin/barnabus case show {case_ref} {why} --as-known-to prosecution")
    show.out.print(f"  .venv/bin/barnabus access list {case_ref} {why}")
    show.out.print("  .venv/bin/barnabus inbox social list")
