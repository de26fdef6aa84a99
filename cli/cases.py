"""`barnabus cases list|summary`: where cases stand and with whom, out of the read models; no child is in them."""

from typing import Annotated, Any

import typer
from sqlalchemy import Engine, case, func, select

from bus.settings import Settings
from cli import choosing, show
from projections import cases
from projections.case_fold import PHASES
from projections.cases import Cases
from projections.readmodel import PARKED
from projections.snapshot import logged_at, snapshot
from projections.view import reading

app = typer.Typer(no_args_is_help=True, help="Cases: where each stands, whose it is, and for whom it waits.")
_TABLE = Cases.table
_HELD_UP = "Held up by what is not known here (barnabus projections status), so they may have gone on"


@app.command("list")
@show.coded
def list_(
    phase: Annotated[str | None, typer.Option(help="Only where this phase began last.")] = None,
    responsible: Annotated[str | None, typer.Option(help="Only those that this agency answers for.")] = None,
    active: Annotated[str | None, typer.Option(help="Only those on which this agency works.")] = None,
    waiting_on: Annotated[str | None, typer.Option(help="Only those in which this agency has to move.")] = None,
    open_: Annotated[bool | None, typer.Option("--open/--closed", help="Only those open, or closed.")] = None,
    after: Annotated[str, typer.Option(help="From behind this case on: the last one of the page before.")] = "",
    limit: show.Limit = show.LIMIT,
    as_json: show.AsJson = False,
) -> None:
    """List cases by their references: phase, whose each is, whom it waits for; as fresh as the read models are."""
    asked = select(_TABLE.c.key, _TABLE.c.state).where(_TABLE.c.key > after).order_by(_TABLE.c.key).limit(limit)
    if phase:
        asked = asked.where(_TABLE.c.phase == choosing.one_of(list(PHASES), phase, "--phase"))
    if responsible:
        asked = asked.where(_TABLE.c.responsible == show.agency(responsible).value)
    for agency, column in ((active, _TABLE.c.active), (waiting_on, _TABLE.c.waiting_on)):
        if agency:
            asked = asked.where(column.contains(cases.listed([show.agency(agency).value])))
    if open_ is not None:
        asked = asked.where(_TABLE.c.closed.is_(not open_))
    with reading(Settings(), Cases()) as view, snapshot(view) as connection:
        states = {row.key: row.state for row in connection.execute(asked)}
        held_up = select(PARKED.c.case_ref).where(PARKED.c.case_ref.in_(states))
        behind = set(connection.execute(held_up).scalars())
    found = [cases.row(case_ref, state) | {"held_up": case_ref in behind} for case_ref, state in states.items()]
    if as_json:
        show.document({"cases": found, "limit": limit})
        return
    show.table(("case", "phase", "whose", "waits for", "missing"), map(_cells, found), empty="There are none.")
    if behind:
        show.err.print(f"{_HELD_UP}: {', '.join(sorted(behind))}.")
    show.page_ended(found, limit, "case_ref")


@app.command()
@show.coded
def summary(as_json: show.AsJson = False) -> None:
    """Show how many cases there are in each phase and with each agency, open and closed."""
    with reading(Settings(), Cases()) as view:
        found = _summary(view)
    if as_json:
        show.document(found)
        return
    names = ("phase", "responsible", "cases", "open", "closed")
    rows = ([one[name] if one[name] is not None else "none yet" for name in names] for one in found["standing"])
    show.table(("phase", "whose", "cases", "open", "closed"), rows, empty="There are none.")
    as_of = f"; as of {show.minute(found['as_of'])} (UTC)" if found["as_of"] else ""
    show.out.print(f"Cases: {found['cases']}; open: {found['open']}; closed: {found['closed']}{as_of}.")
    if found["held_up"]:
        show.err.print(f"{_HELD_UP}: {found['held_up']}.")


def _summary(view: Engine) -> dict[str, Any]:
    closed = func.sum(case((_TABLE.c.closed, 1), else_=0)).label("closed")
    stand = (_TABLE.c.phase, _TABLE.c.responsible)
    asked = select(*stand, func.count().label("cases"), closed).group_by(*stand).order_by(*stand)
    with snapshot(view) as connection:
        as_of = logged_at(connection)
        rows = [{**row, "open": row["cases"] - row["closed"]} for row in connection.execute(asked).mappings()]
        held_up = connection.execute(select(func.count(PARKED.c.case_ref.distinct()))).scalar_one()
    totals = {name: sum(row[name] for row in rows) for name in ("cases", "open", "closed")}
    return {"as_of": as_of, **totals, "held_up": held_up, "standing": rows}


def _cells(found: dict[str, Any]) -> tuple[str, ...]:
    """So that a row fits 80 columns, of several agencies one is named."""
    first, *others = found["waiting_on"] or [""]
    waits_for = f"{first} +{len(others)}" if others else first
    phase = "closed" if found["closed"] else found["phase"] or ""
    return found["case_ref"], phase, found["responsible"] or "", waits_for, str(found["missing"] or "")
