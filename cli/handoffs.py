"""`barnabus handoffs list|show|summary`: handoffs with their legs, and how long they take, out of the read models."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from typing import Annotated

import typer
from sqlalchemy import Engine

from bus.settings import Settings
from cli import choosing, handoff_rows, municipal_rows, show
from cli.reading import reference
from contracts import places
from projections import latency, listing, municipal
from projections.choice import By
from projections.handoffs import Handoffs
from projections.letters import Letters
from projections.records import Records
from projections.snapshot import snapshot
from projections.view import reading

app = typer.Typer(no_args_is_help=True, help="Handoffs: what was asked, where it waits, and for how long.")


@app.command("list")
@show.coded
def list_(
    service: choosing.Services = None,
    urgency: choosing.Urgencies = None,
    from_: choosing.From = None,
    to: choosing.To = None,
    agency: choosing.Agencies = None,
    period: choosing.Periods = None,
    since: choosing.Since = None,
    until: choosing.Until = None,
    oldest: Annotated[bool, typer.Option("--oldest", help="The oldest first, and not by their ids.")] = False,
    open_: Annotated[bool, typer.Option("--open", help="Only those that wait for somebody.")] = False,
    whose_move: Annotated[str | None, typer.Option(help="Only those in which this agency has to move.")] = None,
    case_ref: Annotated[str | None, typer.Option("--case", help="Only of this case.")] = None,
    after: Annotated[str, typer.Option(help="From behind this id on: the last one of the page before.")] = "",
    limit: show.Limit = show.LIMIT,
    as_json: show.AsJson = False,
    as_csv: show.AsCsv = False,
) -> None:
    """List handoffs, with legs and holders by the log's clock; as fresh as the read models are."""
    show.one_form(json=as_json, csv=as_csv)
    choice = choosing.chosen(service, urgency, from_, to, agency, period, since, until)
    move = show.agency(whose_move).value if whose_move else None
    page = listing.Page(after, limit, oldest, open_, move, reference(case_ref) if case_ref else None)
    with _view() as view:
        found = listing.listed(view, choice, page)
    if as_json:
        show.document({"handoffs": found, "limit": limit})
    elif as_csv:
        show.as_csv(handoff_rows.COLUMNS, map(handoff_rows.flat, found))
    else:
        handoff_rows.print_list(found)
    show.page_ended(found, limit, "id")


@app.command("show")
@show.coded
def show_(
    handoff_id: Annotated[str, typer.Argument(metavar="ID", help="The handoff's id, as `handoffs list` shows it.")],
    as_json: show.AsJson = False,
) -> None:
    """Show one handoff in full: its acts by whose clock, its legs, and who held it for how long."""
    with _view() as view:
        found = listing.one(view, handoff_id)
    if as_json:
        show.document(found)
    else:
        handoff_rows.print_one(found)


@app.command()
@show.coded
def summary(
    service: choosing.Services = None,
    urgency: choosing.Urgencies = None,
    from_: choosing.From = None,
    to: choosing.To = None,
    agency: choosing.Agencies = None,
    period: choosing.Periods = None,
    since: choosing.Since = None,
    until: choosing.Until = None,
    municipality: choosing.Municipalities = None,
    by: Annotated[
        str | None, typer.Option(help="What a row is of: service (unless said), pair, way (both), urgency, period.")
    ] = None,
    as_json: show.AsJson = False,
    as_csv: show.AsCsv = False,
) -> None:
    """Show how long each leg of handoffs takes; those that are under way are counted, not left out."""
    show.one_form(json=as_json, csv=as_csv)
    choice = choosing.chosen(service, urgency, from_, to, agency, period, since, until)
    divided = choosing.word(By, by, "--by")
    if municipality is not None:
        others = {"service": service, "urgency": urgency, "from": from_, "to": to, "agency": agency}
        others |= {"since": since, "until": until, "by": divided if divided is not By.PAIR else None}
        _municipal(others | {"municipality": municipality, "period": period}, as_json=as_json, as_csv=as_csv)
        return
    with _view() as view:
        found = latency.summary(view, choice, divided or By.SERVICE).document()
    if as_json:
        show.document(found)
    elif as_csv:
        show.as_csv(handoff_rows.SUMMARY_COLUMNS, handoff_rows.flat_summary(found))
    else:
        handoff_rows.print_summary(found)


def _municipal(said: Mapping[str, str | None], *, as_json: bool, as_csv: bool) -> None:
    settings = Settings()
    named = places.read(settings.places) if settings.places else None
    with reading(settings, Handoffs(), Records()) as view, snapshot(view) as connection:
        table = municipal.table_of(connection, named)
        found = municipal.summed(connection, municipal.asked(said, table, "--"), table)
    if as_json:
        show.document(found)
    elif as_csv:
        show.as_csv(municipal_rows.COLUMNS, municipal_rows.flat(found))
    else:
        municipal_rows.print_summary(found)


def _view() -> AbstractContextManager[Engine]:
    """Raises `projections.missing`, `projections.stale`."""
    return reading(Settings(), Handoffs(), Letters())
