"""The table "who holds what" of one case, for a terminal of 80 columns."""

from datetime import datetime, timedelta
from typing import Any

from cli import show

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def table(found: dict[str, Any]) -> None:
    """Print what `projections.holdings.document` found."""
    letters, held, out = found["letters"], found["holdings"], found["kept_out"]
    as_of = datetime.fromisoformat(found["as_of"])
    show.out.print(f"\n[bold]Who holds what[/bold] in case {found['case_ref']}, from the log alone:", soft_wrap=False)
    show.table(
        ("asked for", "stage", "whose move", "since", "answers for it"),
        [_row(holding, as_of) for holding in held],
        empty="  Nothing is open: all that was asked for has ended.",
    )
    show.out.print(f"Letters of the case: {letters['sent']}. Received and signed for: {letters['received']}.")
    for holding in held:
        if holding["course"] != "service":
            show.out.print(_answered(holding, as_of), soft_wrap=False)
    for kept in out:
        show.out.print(_kept_out(kept), soft_wrap=False)


def _row(holding: dict[str, Any], as_of: datetime) -> tuple[str, ...]:
    since = datetime.fromisoformat(holding["since"])
    move = holding["whose_move"] or "nobody's"
    return (
        f"{holding['service']}\n  {holding['from']} → {holding['to']}",
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
    whom = kept["conflicted"] + (f", office {kept['office']}" if kept["office"] else "")
    return (
        f"Kept out: {whom}, since position {kept['position']} ({kept['invoked_by']}: {kept['reason']}); "
        f"the way leads to {kept['alternate']}. Letters to {kept['conflicted']}: "
        f"{kept['letters_before']} before, {kept['letters_since']} since; acts refused: {kept['acts_refused']}."
    )


def _day(moment: datetime) -> str:
    return f"{moment.day} {moment:%b}"


def lasting(time: timedelta) -> str:
    """A length of time in its largest unit, rounded down."""
    for unit, one, many in ((DAY, "day", "days"), (HOUR, "hour", "hours")):
        if time >= unit:
            return f"{time // unit} {one if time // unit == 1 else many}"
    minutes = time // timedelta(minutes=1)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"
