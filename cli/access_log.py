"""`barnabus access log`: who looked into which case, over all of them, out of the read models."""

from typing import Annotated, Any

import typer

from bus.settings import Settings
from cli import access_rows, choosing, show
from projections import access_log
from projections.access_log import Accesses, Choice
from projections.snapshot import snapshot
from projections.view import reading


@show.coded
def log(
    agency: Annotated[str | None, typer.Option(help="Only by people for whom this agency answers.")] = None,
    purpose: Annotated[str | None, typer.Option(help="Only for this: case-work, supervision, …")] = None,
    emergencies: Annotated[bool, typer.Option("--emergencies", help="Only emergencies, and looks by one.")] = False,
    person: Annotated[str | None, typer.Option(help="Only by this person, by their label.")] = None,
    period: choosing.Periods = None,
    after: Annotated[int | None, typer.Option(min=1, help="Older ones than the one at this position.")] = None,
    limit: show.Limit = show.LIMIT,
    as_json: show.AsJson = False,
) -> None:
    """Show who has looked into cases, the latest first, and what all looks of the period come to; for oversight.

    As fresh as the read models are. Into one case: `access list`, from the log itself.
    """
    said = {"agency": agency, "purpose": purpose, "emergencies": "yes" if emergencies else None, "period": period}
    choice = Choice.of(said | {"after": str(after) if after else None}, person=person, limit=limit, before="--")
    with reading(Settings(), Accesses()) as view, snapshot(view) as connection:
        found = access_log.read(connection, choice)
    if as_json:
        show.document(found)
        return
    _print(found)
    show.page_ended(found["accesses"], limit, "position")


def _print(found: dict[str, Any]) -> None:
    groups = ((one["agency"], one["purpose"], one["looks"], one["in_emergency"] or "") for one in found["groups"])
    show.table(("agency", "what for", "looks", "of these by emergency"), groups, empty="Nobody has looked.")
    for one in found["grounds"]:
        show.out.print(f"EMERGENCY  {one['agency']}: {one['ground']}, {one['emergencies']}", markup=False)
    if found["accesses"]:
        show.out.print()
        access_rows.print_log(found["accesses"])
    if found["held_up"]:
        show.err.print(
            f"Not among them, for their cases are held up (barnabus projections status): {found['held_up']}."
        )
