"""`barnabus inbox AGENCY list|show|follow`: the letters that reached an agency, decoded, with their positions."""

import json
import sys
import time
from contextlib import AbstractContextManager
from typing import Annotated, Any
from uuid import UUID

import typer

from bus.settings import Settings
from cli import show
from cli.agencies import opened
from contracts.errors import Refused
from services.agency import AgencyApplication

app = typer.Typer(no_args_is_help=True, help="The letters that reached an agency, decoded, with their positions.")
_LOOK_EVERY_S = 0.3
_PAGE = 500


@app.callback()
def _whose(
    context: typer.Context, agency: Annotated[str, typer.Argument(metavar="AGENCY", help="Whose: police, social.")]
) -> None:
    context.obj = agency


def _opened(context: typer.Context) -> AbstractContextManager[AgencyApplication]:
    return opened(show.agency(context.obj), Settings())


def _row(application: AgencyApplication, row: dict[str, Any]) -> dict[str, Any]:
    letter = application.letter(row)
    return {
        "position": row["position"],
        "logged_at": row["logged_at"],
        "received_at": row["received_at"],
        "id": row["record_id"],
        "case_ref": row["case_ref"],
        "sender": row["sender"],
        "number": row["number"],
        "type": row["type"],
        "state": row["state"],
        "reason": row["reason"],
        "after_gap": bool(row["after_gap"]),
        "receipted": bool(row["receipted"]),
        "letter": letter,
    }


def _standing(application: AgencyApplication, letter: dict[str, Any] | None) -> dict[str, Any] | None:
    if letter is None:
        return None
    standing = application.standing(UUID(letter["content"].get("handoff_id", letter["id"])))
    return standing.document() if standing else None


@app.command("list")
@show.coded
def list_(
    context: typer.Context,
    after: Annotated[int, typer.Option(help="Only letters above this position.")] = 0,
    limit: Annotated[int, typer.Option(min=1, max=_PAGE, help="At most so many; 500 is the most.")] = _PAGE,
    as_json: show.AsJson = False,
) -> None:
    """List letters by position."""
    with _opened(context) as application:
        rows = [_row(application, row) for row in application.inbox.letters(after=after, limit=limit)]
    if as_json:
        show.document({"agency": context.obj, "letters": rows})
        return
    show.table(
        ("position", "received", "from", "type", "case", "state", "id"),
        (
            (
                r["position"],
                r["received_at"][:19],
                r["sender"],
                r["type"],
                r["case_ref"],
                r["reason"] or r["state"],
                r["id"],
            )
            for r in rows
        ),
        empty="No letters.",
    )


@app.command("show")
@show.coded
def show_(
    context: typer.Context,
    letter_id: Annotated[str, typer.Argument(help="The letter's id.")],
    as_json: show.AsJson = False,
) -> None:
    """Show one letter with its content, and what its handoff has come to."""
    with _opened(context) as application:
        row = application.inbox.letter(letter_id)
        if row is None:
            raise Refused("letter.not-found")
        found = _row(application, row)
        found["standing"] = _standing(application, found["letter"])
    if as_json:
        show.document(found)
    else:
        show.fields(found)


@app.command()
@show.coded
def follow(
    context: typer.Context,
    after: Annotated[int, typer.Option(help="Start above this position.")] = 0,
    as_json: show.AsJson = False,
) -> None:
    """Show letters as they arrive, until Ctrl-C; with --json one document a line."""
    with _opened(context) as application:
        seen = set[tuple[str, int]]()
        while True:
            for row in application.inbox.letters(after=after, limit=_PAGE):
                if (row["sender"], row["number"]) in seen:
                    continue
                seen.add((row["sender"], row["number"]))
                found = _row(application, row)
                if as_json:
                    sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
                else:
                    show.out.print(
                        f"{found['position']:>6}  {found['received_at'][:19]}  "
                        f"{found['sender']:<12}{found['type'] or '?':<30}"
                        f"{found['case_ref']}  {found['reason'] or found['state']}"
                    )
                sys.stdout.flush()
            time.sleep(_LOOK_EVERY_S)
