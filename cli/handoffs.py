"""`barnabus handoffs list|summary`: handoffs with their legs, and how long they take, out of the read models."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from sqlalchemy import Engine, Select, select

from bus.settings import Settings
from cli import show, telling
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from projections import latency
from projections.engine import progress
from projections.handoffs import Handoffs
from projections.view import Place

app = typer.Typer(no_args_is_help=True, help="Handoffs: what was asked, where it waits, and for how long.")
LIMIT = 100
_TABLE = Handoffs.table


@app.command("list")
@show.coded
def list_(
    open_: Annotated[bool, typer.Option("--open", help="Only those that wait for somebody.")] = False,
    agency: Annotated[str | None, typer.Option(help="Only those in which it has to move.")] = None,
    service: Annotated[str | None, typer.Option(help="Only for this service.")] = None,
    case_ref: Annotated[str | None, typer.Option("--case", help="Only of this case.")] = None,
    after: Annotated[str, typer.Option(help="From behind this id on: the last one of the page before.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=1_000)] = LIMIT,
    as_json: show.AsJson = False,
) -> None:
    """List handoffs by their ids, with legs and holders by the log's clock; as fresh as the read models are."""
    asked = select(_TABLE.c.key, _TABLE.c.state).where(_TABLE.c.key > after).order_by(_TABLE.c.key).limit(limit)
    if open_:
        asked = asked.where(_TABLE.c.open.is_(True))
    if agency:
        asked = asked.where(_TABLE.c.whose_move == show.agency(agency, list(Agency)).value)
    if service:
        asked = asked.where(_TABLE.c.service == service)
    if case_ref:
        asked = asked.where(_TABLE.c.case_ref == case_ref)
    with _view() as view:
        found = [{"id": key, **_shown(state)} for key, state in _found(view, asked)]
    if as_json:
        show.document({"handoffs": found, "limit": limit})
        return
    columns = ("id", "case", "for", "from", "to", "stage", "whose move", "since (UTC)")
    names = ("id", "case_ref", "service", "from", "to", "stage", "whose_move", "held_since")
    show.table(columns, ([one[name] for name in names] for one in found), empty="There are none.")
    if len(found) == limit:
        show.err.print(f"At most {limit} are shown; from here on: --after {found[-1]['id']}")


@app.command()
@show.coded
def summary(
    service: Annotated[str | None, typer.Option(help="Only for this service.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Show how long handoffs take, by what is asked and who asks whom; those still open are counted, not left out."""
    asked = select(_TABLE.c.key, _TABLE.c.state)
    if service:
        asked = asked.where(_TABLE.c.service == service)
    with _view() as view:
        as_of = progress(view).logged_at
        states = [state for _, state in _found(view, asked)]
    found = latency.summary(states, datetime.fromisoformat(as_of)) if as_of else []
    if as_json:
        show.document({"as_of": as_of, "ways": found})
        return
    columns = ("for", "from", "to", "count", "open", "decided: half within", "nine in ten", "completed: half within")
    rows = (
        (
            one["service"], one["from"], one["to"], one["count"], one["open"],
            _within(one["legs"]["decided"], "p50_s"), _within(one["legs"]["decided"], "p90_s"),
            _within(one["legs"]["completed"], "p50_s"),
        )
        for one in found
    )  # fmt: skip
    show.table(columns, rows, empty="There are none.")


def _within(leg: dict[str, Any], quantile: str) -> str:
    """A length; or that it is longer than all that is known, for so many are still open."""
    if leg[quantile] is not None:
        return telling.lasting(timedelta(seconds=leg[quantile]))
    return "not yet" if leg["censored"] else ""


@contextmanager
def _view() -> Iterator[Engine]:
    """Raises `projections.missing`."""
    place = Place.of(Settings())
    if not place.exists():
        raise BarnabusError("projections.missing")
    with place.opened() as engine:
        yield engine


def _found(view: Engine, asked: Select[Any]) -> list[tuple[str, dict[str, Any]]]:
    with view.connect() as connection:
        return [(row.key, row.state) for row in connection.execute(asked)]


def _shown(state: dict[str, Any]) -> dict[str, Any]:
    standing = state["standing"]
    legs = ("made_at", "acknowledged_at", "decided_at", "started_at", "completed_at", "ended_at")
    return {
        "case_ref": state["case_ref"],
        "service": state["service"],
        "urgency": state["urgency"],
        "from": standing["opener"],
        "to": standing["receiver"],
        "stage": standing["stage"],
        "whose_move": state["whose_move"],
        "responsible": state["responsible"],
        "held_since": state["held_since"],
        "held_s": {agency: us / 1_000_000 for agency, us in state["held_us"].items()},
        **{leg: state[leg] for leg in legs},
        "asked": state["asked"],
        "answered": state["answered"],
        "void": state["void"],
    }
