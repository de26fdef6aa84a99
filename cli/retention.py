"""`barnabus retention due|carry-out|hold|lift|holds AGENCY`: what may be kept no longer, and what may not go."""

from itertools import islice
from typing import Annotated, Any
from uuid import uuid4

import typer

from bus.clock import wall_clock
from bus.settings import Settings
from cli import asking_to_erase, reading, show
from cli.agencies import opened
from contracts import retention
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.retention import Periods
from contracts.vocabulary.erasing import ErasureAuthority
from services.retaining import Due

app = typer.Typer(no_args_is_help=True, help="Periods after which content is erased, and holds that keep it.")
AGENCY = Annotated[str, typer.Argument(help="In whose store: police, social.")]
Case = Annotated[str, typer.Option("--case", help="The case's reference.")]
CASES = 20
_OVERTAKEN = frozenset({"erasure.nothing", "erasure.too-early", "erasure.held"})
"""Somebody else was quicker, or said something meanwhile."""


def _due(agency: Agency, settings: Settings, limit: int) -> tuple[Periods, list[Due]]:
    periods = retention.read(settings.retention)
    with opened(agency, settings) as application:
        return periods, list(islice(application.due(periods, wall_clock()), limit))


def _row(periods: Periods, due: Due) -> dict[str, Any]:
    by = {name: periods.of(name) for name in due.types}
    return {
        "case_ref": due.case_ref,
        "since": due.since.isoformat(),
        "types": due.types,
        "periods": {one.id: {"tag": one.tag.value, "verified_by": one.verified_by} for one in by.values()},
    }


@app.command()
@show.coded
def due(agency: AGENCY, limit: show.Limit = show.LIMIT, as_json: show.AsJson = False) -> None:
    """Show what may be kept no longer: content of closed cases in which nothing is owed, past its period."""
    periods, found = _due(show.agency(agency), Settings(), limit)
    rows = [_row(periods, one) for one in found]
    if as_json:
        show.document({"agency": agency, "due": rows, "limit": limit})
        return
    show.table(
        ("case", "since", "records", "types", "periods"),
        (
            (
                row["case_ref"],
                show.minute(row["since"]),
                sum(row["types"].values()),
                ", ".join(row["types"]),
                _names(row),
            )
            for row in rows
        ),
        empty="Nothing is due.",
    )


def _names(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} ({of['tag']}, verified by {of['verified_by']})" for name, of in row["periods"].items())


@app.command("carry-out")
@show.coded
def carry_out(
    agency: AGENCY,
    office: Annotated[str, typer.Option(help="The office of the supervisor who decides it.")],
    cases: Annotated[int, typer.Option(min=1, max=1_000, help="Of so many cases at most in one run.")] = CASES,
    as_json: show.AsJson = False,
) -> None:
    """Erase what is due, case by case; stopped at any moment, it is run again. Exit 1 while more is due.

    Recipients are not asked: each has periods of its own.
    """
    asked, settings = show.agency(agency), Settings()
    _, found = _due(asked, settings, cases + 1)
    done = [one for one in found[:cases] if _carried_out(asked, settings, office, one)]
    records, left = sum(sum(one.types.values()) for one in done), len(found) > cases
    if as_json:
        show.document({"agency": agency, "cases": [one.case_ref for one in done], "records": records, "more": left})
    else:
        more = " More is due: run it again." if left else ""
        show.out.print(f"Erased: {records} records of {len(done)} cases.{more}")
    if left:
        raise typer.Exit(1)


def _carried_out(agency: Agency, settings: Settings, office: str, one: Due) -> bool:
    data = {"authority": ErasureAuthority.RETENTION_PERIOD.value, "types": list(one.types), "person": None}
    try:
        asking_to_erase.hand_in(settings, agency, asking_to_erase.command(uuid4(), one.case_ref, office, data))
    except BarnabusError as error:
        if error.code not in _OVERTAKEN:
            raise
        return False
    return True


@app.command()
@show.coded
def hold(agency: AGENCY, case_ref: Case) -> None:
    """Keep all of a case from being erased here, by any authority, until the hold is lifted."""
    with opened(show.agency(agency), Settings()) as application:
        application.hold(reading.reference(case_ref), wall_clock())
    show.out.print(f"Held: {case_ref}. Lift it: barnabus retention lift {agency} --case {case_ref}")


@app.command()
@show.coded
def lift(agency: AGENCY, case_ref: Case) -> None:
    """End a hold."""
    with opened(show.agency(agency), Settings()) as application:
        application.lift(reading.reference(case_ref))
    show.out.print(f"Not held: {case_ref}.")


@app.command()
@show.coded
def holds(agency: AGENCY, as_json: show.AsJson = False) -> None:
    """List the cases of which nothing is erased."""
    with opened(show.agency(agency), Settings()) as application:
        found = application.holds()
    if as_json:
        show.document({"agency": agency, "holds": [{"case_ref": case, "since": since} for case, since in found]})
    else:
        show.table(("case", "since"), ((case, show.minute(since)) for case, since in found), empty="No case is held.")
