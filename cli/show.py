"""What a person or a script sees: a JSON document or a table on standard output, all else on standard error."""

import csv
import io
import json
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Annotated, Any, ParamSpec, TypeVar

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from contracts.agencies import EVERYBODY, Agency
from contracts.errors import BarnabusError, Refused

out = Console(soft_wrap=True, highlight=False)
err = Console(stderr=True, highlight=False)
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document on standard output.")]
AsCsv = Annotated[bool, typer.Option("--csv", help="A table for a spreadsheet on standard output: CSV in UTF-8.")]
Limit = Annotated[int, typer.Option(min=1, max=1_000, help="So many at most.")]
LIMIT = 100
WIDEST = 1_000
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What begins with one of these, a spreadsheet would reckon out."""
P = ParamSpec("P")
R = TypeVar("R")


def document(found: Any) -> None:
    """One JSON document with stable keys."""
    # the standard library indents in Python itself, and takes ten times as long
    text = json.dumps(found, ensure_ascii=False, default=str)
    sys.stdout.write(msgspec.json.format(text, indent=2) + "\n")


def as_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """A header, and a line a row (RFC 4180). Text that a spreadsheet would take for a formula gets a ' in front."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(columns)
    writer.writerows([_cell(row.get(column)) for column in columns] for row in rows)
    sys.stdout.flush()
    sys.stdout.buffer.write(text.getvalue().encode())


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value


def one_form(**forms: bool) -> None:
    """Raises Refused `option.invalid` if several are asked for."""
    wanted = [f"--{form}" for form, asked in forms.items() if asked]
    if len(wanted) > 1:
        raise Refused("option.invalid", field=wanted[1], detail=f"Give one of: {', '.join(wanted)}.")


def table(columns: Sequence[str], rows: Iterable[Sequence[object]], *, empty: str) -> None:
    """Rows under headings; a sentence if there are none. A wide row runs on, so that ids stay whole."""
    grid = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        grid.add_column(column, no_wrap=True)
    for row in rows:
        grid.add_row(*("" if cell is None else str(cell) for cell in row))
    if grid.row_count:
        wide = out.measure(grid, options=out.options.update(width=WIDEST)).maximum
        Console(highlight=False, width=max(out.width, wide)).print(grid, crop=False)
    else:
        out.print(empty)


def page_ended(rows: Sequence[Mapping[str, Any]], limit: int, key: str) -> None:
    """Where a list that is as long as it may be goes on."""
    if len(rows) == limit:
        err.print(f"At most {limit} are shown; from here on: --after {rows[-1][key]}")


def minute(moment: str | None) -> str:
    """A moment as a person reads it, in UTC; nothing for none."""
    return f"{datetime.fromisoformat(moment).astimezone(UTC):%Y-%m-%d %H:%M}" if moment else ""


def fields(found: Mapping[str, Any], indent: int = 0) -> None:
    """A nested document as indented lines."""
    for name, value in found.items():
        if isinstance(value, Mapping) and value:
            out.print(f"{'  ' * indent}[bold]{name}[/bold]")
            fields(value, indent + 1)
        else:
            shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else value
            out.print(f"{'  ' * indent}[bold]{name}[/bold]  ", end="")
            out.print("-" if shown in (None, "", {}) else str(shown), markup=False)


def problem(error: BarnabusError) -> None:
    """A failure: its code and place, what happened, and the next step."""
    where = f" at {error.field}" if error.field else ""
    said = " ".join(filter(None, (f"{where}: {error.row.message}", error.detail)))
    err.print(Text.assemble((error.code, "bold red"), said, f"\n  Next: {error.row.hint}"))


def coded(command: Callable[P, R]) -> Callable[P, R]:
    """A command whose coded failures end in one readable message and the code's exit status."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except BarnabusError as error:
            problem(error)
            raise typer.Exit(error.row.exit) from None
        except KeyboardInterrupt:
            raise typer.Exit(130) from None

    return run


def agency(name: str, known: Iterable[Agency] = EVERYBODY) -> Agency:
    """The agency of this name. Raises `agency.unknown`, listing those that there are."""
    names = sorted(agency.value for agency in known)
    if name not in names:
        raise Refused("agency.unknown", detail=f"There are: {', '.join(names)}.")
    return Agency(name)
