"""`barnabus cases list|summary`: where cases stand and with whom, out of the read models; no child is in them."""

from typing import Annotated, Any

import typer
from sqlalchemy import Engine, case, func, select

from bus.settings import Settings
from cli import show
from contracts.errors import Refused
from projections import cases
from projections.case_fold import PHASES
from projections.cases import Cases
from projections.engine import progress
from projections.readmodel import PARKED
from projections.view import reading

app = typer.Typer(no_args_is_help=True, help="Cases: where each stands, whose it is, and for whom it waits.")
LIMIT = 100
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
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = LIMIT,
    as_json: show.AsJson = False,
) -> None:
    """List cases by their references: phase, whose each is, whom it waits for; as fresh as the read models are."""
    asked = select(_TABLE.c.key, _TABLE.c.state).where(_TABLE.c.key > after).order_by(_TABLE.c.key).limit(limit)
    if phase:
        asked = asked.where(_TABLE.c.phase == _phase(phase))
    if responsible:
        asked = asked.where(_TABLE.c.responsible == show.agency(responsible).value)
    for agency, column in ((active, _TABLE.c.active), (waiting_on, _TABLE.c.waiting_on)):
        if agency:
            asked = asked.where(column.contains(cases.listed([show.agency(agency).value])))
    if open_ is not None:
        asked = asked.where(_TABLE.c.closed.is_(not open_))
    with reading(Settings(), Cases()) as view, view.connect() as connection:
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
    if len(found) == limit:
        show.err.print(f"At most {limit} are shown; from here on: --after {found[-1]['case_ref']}")


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
    show.out.print(f"{found['cases']} cases: {found['open']} open, {found['closed']} closed.")
    if found["held_up"]:
        show.err.print(f"{_HELD_UP}: {found['held_up']} cases.")


def _summary(view: Engine) -> dict[str, Any]:
    closed = func.sum(case((_TABLE.c.closed, 1), else_=0)).label("closed")
    stand = (_TABLE.c.phase, _TABLE.c.responsible)
    asked = select(*stand, func.count().label("cases"), closed).group_by(*stand).order_by(*stand)
    with view.connect() as connection:
        rows = [{**row, "open": row["cases"] - row["closed"]} for row in connection.execute(asked).mappings()]
        held_up = connection.execute(select(func.count(PARKED.c.case_ref.distinct()))).scalar_one()
    totals = {name: sum(row[name] for row in rows) for name in ("cases", "open", "closed")}
    return {"as_of": progress(view).logged_at, **totals, "held_up": held_up, "standing": rows}


def _phase(name: str) -> str:
    """Raises Refused `field.invalid`, listing those that there are."""
    if name not in PHASES:
        raise Refused("field.invalid", field="--phase", detail=f"There are: {', '.join(PHASES)}.")
    return name


def _cells(found: dict[str, Any]) -> tuple[str, ...]:
    """So that a row fits 80 columns, of several agencies one is named."""
    first, *others = found["waiting_on"] or [""]
    waits_for = f"{first} +{len(others)}" if others else first
    phase = "closed" if found["closed"] else found["phase"] or ""
    return found["case_ref"], phase, found["responsible"] or "", waits_for, str(found["missing"] or "")
