"""`barnabus parked list|show|retry|set-aside AGENCY`: letters not taken in, own acts that wait, and why."""

from typing import Annotated, Any

import typer

from bus import directory
from bus.aside import Aside, Kept
from bus.settings import Settings
from cli import show
from cli.agencies import APPLICATIONS, opened
from contracts.agencies import Agency
from contracts.errors import CODES, BarnabusError, Refused

app = typer.Typer(no_args_is_help=True, help="Letters that could not be taken in, each with its reason.")
AGENCY = Annotated[str, typer.Argument(help="Whose letters: police, social.")]


def everything(settings: Settings) -> dict[str, Any]:
    """What every agency of this home has parked, with stable keys. Raises `home.missing`."""
    directory.load(settings)
    agencies, parked, own = list[dict[str, Any]](), list[dict[str, Any]](), list[dict[str, Any]]()
    for agency in APPLICATIONS:
        of = {"agency": agency.value}
        about = of | {"here": settings.has(agency), "error": None, "letters": 0, "own": 0}
        if about["here"]:
            try:
                letters, acts = _of(agency, settings)
            except BarnabusError as error:
                about["error"] = error.code
            else:
                about |= {"letters": len(letters), "own": len(acts)}
                parked += [of | row for row in letters]
                own += [of | row for row in acts]
        agencies.append(about)
    parked.sort(key=lambda row: (row["received_at"] or "", row["position"] or 0))
    return {"agencies": agencies, "parked": parked, "own": sorted(own, key=lambda row: str(row["since"]))}


def _of(agency: Agency, settings: Settings) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    with opened(agency, settings) as application:
        letters = [_document(row) for row in application.inbox.parked()]
        return letters, [_own(kept) for kept in Aside(application.store).all()]


def _document(row: dict[str, Any]) -> dict[str, Any]:
    code = CODES[row["reason"]]
    return {
        "id": row["record_id"],
        "case_ref": row["case_ref"],
        "sender": row["sender"],
        "number": row["number"],
        "position": row["position"],
        "received_at": row["received_at"],
        "code": row["reason"],
        "message": code.message,
        "next": code.hint,
    }


def _own(kept: Kept) -> dict[str, Any]:
    about = {"id": kept.record_id, "case_ref": kept.case_ref, "type": kept.type, "since": kept.since}
    return about | {"code": kept.code, "message": CODES[kept.code].message, "next": CODES[kept.code].hint}


@app.command("list")
@show.coded
def list_(
    agency: Annotated[str | None, typer.Argument(help="Whose letters; without one, of all that are here.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """List parked letters with their reasons, and own acts that wait for a gateway that knows their type."""
    if agency is None:
        found = everything(Settings())
        show.document(found) if as_json else _print(found)
        return
    rows, own = _of(show.agency(agency), Settings())
    if as_json:
        show.document({"agency": agency, "parked": rows, "own": own})
        return
    if own:
        kept = ((one["since"], one["type"], one["case_ref"], one["code"], one["id"]) for one in own)
        show.table(("recorded or tried", "own act", "case", "code", "id"), kept, empty="")
    show.table(
        ("position", "from", "case", "code", "id"),
        ((r["position"], r["sender"], r["case_ref"], r["code"], r["id"]) for r in rows),
        empty="Nothing is parked.",
    )


def _print(found: dict[str, Any]) -> None:
    rows = ((row["agency"], row["sender"], row["case_ref"], row["code"], row["id"]) for row in found["parked"])
    show.table(("at", "from", "case", "code", "id"), rows, empty="Nothing is parked.")
    if found["own"]:
        acts = ((row["agency"], row["type"], row["case_ref"], row["code"], row["id"]) for row in found["own"])
        show.table(("at", "own act", "case", "code", "id"), acts, empty="")
    for about in found["agencies"]:
        if about["error"] or not about["here"]:
            show.err.print(f"{about['agency']}: {about['error'] or 'not on this machine'}.")


@app.command("show")
@show.coded
def show_(
    agency: AGENCY, letter_id: Annotated[str, typer.Argument(help="The letter's id.")], as_json: show.AsJson = False
) -> None:
    """Show one parked letter: its place, its reason, the next step."""
    with opened(show.agency(agency), Settings()) as application:
        found = [_document(row) for row in application.inbox.parked() if row["record_id"] == letter_id]
    if not found:
        raise Refused("letter.not-found", detail="Nothing is parked under this id.")
    show.document(found[0]) if as_json else show.fields(found[0])


@app.command("set-aside")
@show.coded
def set_aside(
    agency: AGENCY, letter_id: Annotated[str, typer.Argument(help="The letter's id.")], as_json: show.AsJson = False
) -> None:
    """Keep a letter that will never be taken in from holding up its sender's later ones; named, it can be retried."""
    with opened(show.agency(agency), Settings()) as application:
        if not any(row["record_id"] == letter_id for row in application.inbox.parked()):
            raise Refused("letter.not-found", detail="Nothing is parked under this id.")
        application.store.write(application.inbox.set_aside(letter_id))
        left = len(application.inbox.parked())
    if as_json:
        show.document({"agency": agency, "set_aside": letter_id, "still_parked": left})
    else:
        show.out.print(f"Set aside. Still parked: {left}. Now: barnabus parked retry {agency}")


@app.command()
@show.coded
def retry(
    agency: AGENCY,
    letter_ids: Annotated[list[str] | None, typer.Argument(help="Which; without any, all.")] = None,
    as_json: show.AsJson = False,
) -> None:
    """Try parked letters again in the log's order; safe beside a running adapter, and safe to repeat."""
    with opened(show.agency(agency), Settings()) as application:
        done = application.retry_parked(letter_ids or ())
        left = len(application.inbox.parked())
    taken = sum(heard.state == "heard" for heard in done)
    if as_json:
        show.document({"agency": agency, "taken_in": taken, "still_parked": left})
    else:
        show.out.print(f"Taken in: {taken}. Still parked: {left}.")
    if left:
        raise typer.Exit(1)
