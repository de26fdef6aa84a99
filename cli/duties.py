"""`barnabus duties list|show|missing|check`: what is owed and by whom, what was never done, what a child lacks."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import Annotated, NamedTuple

import typer
from sqlalchemy import Connection

from bus.clock import wall_clock
from bus.settings import Settings
from cli import choosing, duty_rows, reading, show, times
from contracts import protocol
from projections import agreed, one_duty, owed, protections, pulse
from projections.cases import Cases
from projections.letters import Letters
from projections.owed import Among, Choice
from projections.records import Records
from projections.snapshot import snapshot
from projections.view import Place
from projections.view import reading as reading_view

app = typer.Typer(no_args_is_help=True, help="Duties: what is owed and by whom, and what was never done.")
SILENT = timedelta(seconds=10)
"""A run of the read models gives a sign of life every second."""
CaseRef = Annotated[str | None, typer.Option("--case", help="Only of this case, closed or not.")]
Closed = Annotated[bool, typer.Option("--closed", help="Of closed cases too.")]


class Asked(NamedTuple):
    """A view as of one moment, and the cases that are asked for."""

    connection: Connection
    among: Among
    folded: owed.Folded


@app.command("list")
@show.coded
def list_(
    overdue: Annotated[bool, typer.Option("--overdue", help="Owed, and past a limit.")] = False,
    absent: Annotated[
        bool, typer.Option("--absent", help="Expected and never done, in law without limit too.")
    ] = False,
    due_soon: Annotated[bool, typer.Option("--due-soon", help="Owed, and its time is near.")] = False,
    met: Annotated[bool, typer.Option("--met", help="Done, in time or late.")] = False,
    excused: Annotated[bool, typer.Option("--excused", help="Its owner has said why not.")] = False,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Its cause is gone.")] = False,
    agency: Annotated[str | None, typer.Option(help="Only those that this agency has to do.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only by this rule of the protocol.")] = None,
    case_ref: CaseRef = None,
    closed: Closed = False,
    as_of: times.AsOf = None,
    after: Annotated[str, typer.Option(help="From behind this id on: the last one of the page before.")] = "",
    limit: show.Limit = show.LIMIT,
    as_json: show.AsJson = False,
    as_csv: show.AsCsv = False,
) -> None:
    """List duties, what was expected first at the top: those that are owed, or all of which something asked holds."""
    show.one_form(json=as_json, csv=as_csv)
    rules = protocol.read(Settings().protocol)
    flags = (overdue, absent, due_soon, met, excused, withdrawn)
    standings = tuple(name for name, asked in zip(owed.STANDINGS, flags, strict=True) if asked)
    choice = Choice(standings, show.agency(agency) if agency else None, _named(rules.rule_ids, rule, "--rule"))
    with _asked(as_of, case_ref, closed) as (connection, among, folded):
        every, failing = owed.owed(connection, among, rules)
        found = owed.page(every, choice, after, limit)
        behind = owed.held_up(connection)
    rows = [owed.row(one) | {"held_up": one.case_ref in behind} for one in found]
    if as_json:
        show.document(owed.head(among.at, folded) | {"duties": rows, "limit": limit, "failing": failing})
    elif as_csv:
        show.as_csv(duty_rows.COLUMNS, map(duty_rows.flat, rows))
    else:
        duty_rows.print_list(rows, among.at)
    _say_what_may_be_behind({one["case_ref"] for one in rows if one["held_up"]})
    _say_what_fails(failing)
    show.page_ended(rows, limit, "id")


@app.command("show")
@show.coded
def show_(
    duty_id: Annotated[str, typer.Argument(metavar="ID", help="The duty's id, as `duties list` shows it.")],
    case_ref: CaseRef = None,
    as_of: times.AsOf = None,
    as_json: show.AsJson = False,
) -> None:
    """Show one duty in full: its rule and authority, what set it off and met it, what its holder had received."""
    rules = protocol.read(Settings().protocol)
    with _asked(as_of, case_ref, closed=True) as (connection, among, folded):
        every, failing = owed.owed(connection, among, rules)
        _say_what_fails(failing)
        found = one_duty.one(connection, every, duty_id)
        behind = found["case_ref"] in owed.held_up(connection)
    found = owed.head(among.at, folded) | found | {"held_up": behind}
    if as_json:
        show.document(found)
    else:
        duty_rows.print_one(found)
    _say_what_may_be_behind({found["case_ref"]} if behind else set())


@app.command()
@show.coded
def missing(
    lacking: Annotated[str | None, typer.Option(help="Only cases in which a child lacks this protection.")] = None,
    case_ref: CaseRef = None,
    as_of: times.AsOf = None,
    after: Annotated[str, typer.Option(help="From behind this case on: the last one of the page before.")] = "",
    limit: show.Limit = show.LIMIT,
    as_json: show.AsJson = False,
    as_csv: show.AsCsv = False,
) -> None:
    """Show which protections children of open cases lack, and how long the first act took that protects."""
    show.one_form(json=as_json, csv=as_csv)
    wanted = _named(tuple(protections.PROTECTIONS), lacking, "--lacking")
    with _asked(as_of, case_ref, closed=False) as (connection, among, folded):
        found, failing = protections.missing(connection, among)
        behind = owed.held_up(connection)
    among_these = [one for one in found if wanted is None or wanted in one["lacks"]]
    shown = [one for one in among_these if one["case_ref"] > after][:limit]
    shown = [one | {"held_up": one["case_ref"] in behind} for one in shown]
    counts = protections.counts(found)
    if as_json:
        show.document(
            owed.head(among.at, folded) | {"counts": counts, "cases": shown, "limit": limit, "failing": failing}
        )
    elif as_csv:
        show.as_csv(duty_rows.MISSING_COLUMNS, duty_rows.flat_missing(shown))
    else:
        duty_rows.print_missing(counts, shown, among.at)
    _say_what_may_be_behind({one["case_ref"] for one in shown if one["held_up"]})
    _say_what_fails(failing)
    show.page_ended(shown, limit, "case_ref")


@app.command()
@show.coded
def check(as_of: times.AsOf = None, as_json: show.AsJson = False) -> None:
    """Reckon again what the keeper has said, and look for what it has not: exit 1 if the two do not agree."""
    rules = protocol.read(Settings().protocol)
    with _asked(as_of, None, closed=True) as (connection, among, folded):
        found = agreed.agreed(connection, among, rules)
    if as_json:
        show.document(owed.head(among.at, folded) | found.document())
    else:
        duty_rows.print_check(found.document())
    _say_what_fails(found.failing)
    if not found.agrees:
        raise typer.Exit(1)


@contextmanager
def _asked(as_of: str | None, case_ref: str | None, closed: bool) -> Iterator[Asked]:
    """Raises `projections.missing`, `projections.stale`, Refused `field.invalid`, `option.invalid`."""
    settings, at = Settings(), times.moment(as_of)
    if case_ref:
        reading.reference(case_ref)
    with reading_view(settings, Cases(), Records(), Letters()) as view, snapshot(view) as connection:
        folded = owed.folded(connection)
        if at is None and not folded.synthetic:
            _say_if_nobody_folds(settings)
        moment = at or folded.present(wall_clock())
        yield Asked(connection, Among(moment, closed or case_ref is not None, case_ref), folded)


def _say_if_nobody_folds(settings: Settings) -> None:
    """What is done meanwhile is not in the read models, and would look as if it had not been done."""
    sign = pulse.last(Place.of(settings).folder)
    if sign is None or wall_clock() - sign.alive_at > SILENT:
        since = f" since {show.minute(sign.alive_at.isoformat())} (UTC)" if sign else ""
        show.err.print(
            f"Nobody keeps the read models up to date{since}: what was done meanwhile is not in them. "
            "See barnabus projections status."
        )


def _say_what_may_be_behind(case_refs: set[str]) -> None:
    if case_refs:
        show.err.print(
            "Held up by what is not known here (barnabus projections status), so more may have been done: "
            f"{', '.join(sorted(case_refs))}."
        )


def _say_what_fails(failing: Mapping[str, str]) -> None:
    if failing:
        cases = ", ".join(f"{case_ref} ({error})" for case_ref, error in failing.items())
        show.err.print(f"What is owed in these cases cannot be reckoned, and is not shown: {cases}.")


def _named(known: Sequence[str], said: str | None, option: str) -> str | None:
    return None if said is None else choosing.one_of(known, said, option)
