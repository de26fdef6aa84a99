"""`barnabus erasures list`: what was erased, by what right, who was asked to do the same, and what they answered."""

import asyncio
from collections.abc import Iterable
from contextlib import aclosing
from typing import Annotated, Any

import typer

from bus import directory
from bus.log import Logged, verify
from bus.settings import Settings
from cli import reading, show
from cli.log import reader
from contracts.catalogue.erasing import OF_ERASING
from projections import erasures

app = typer.Typer(no_args_is_help=True, help="Erasures: made where, asked of whom, answered how.")


@app.command("list")
@show.coded
def list_(
    case_ref: Annotated[str | None, typer.Option("--case", help="Only of this case.")] = None,
    open_: Annotated[bool, typer.Option("--open", help="Only those that somebody has not answered.")] = False,
    as_json: show.AsJson = False,
) -> None:
    """List every erasure that the log has, with each answer; a blank answer is one that is still owed."""
    case = reading.reference(case_ref) if case_ref else "*"
    rows = erasures.erasures(asyncio.run(_read(Settings(), case)))
    found = [row for row in rows if not open_ or any(ask["answer"] is None for ask in row["asked"])]
    if as_json:
        show.document({"erasures": found})
        return
    show.table(
        ("erased", "agency", "case", "authority", "records", "asked", "answer", "ground or records"),
        (cells for row in found for cells in _cells(row)),
        empty="Nothing was erased.",
    )


def _cells(row: dict[str, Any]) -> Iterable[tuple[object, ...]]:
    head = (show.minute(row["logged_at"]), row["agency"], row["case_ref"], row["authority"], row["items"])
    asked = [(ask["to"], ask["answer"], ask["ground"] or ask["items"]) for ask in row["asked"]] or [("", "", "")]
    yield (*head, *asked[0])
    yield from (("",) * 5 + one for one in asked[1:])


async def _read(settings: Settings, case: str) -> list[Logged]:
    keyring, found = directory.load(settings), list[Logged]()
    async with reader(settings) as log:
        for name in sorted(OF_ERASING):
            async with aclosing(log.of(f"case.{case}.*.{name}", quickly=True)) as entries:
                found += [verify(entry, keyring) async for entry in entries]
    return sorted(found, key=lambda one: one.stamp.position)
