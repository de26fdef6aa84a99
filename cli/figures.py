"""`barnabus figures publish`: figures for the public, without what would give a case away."""

import asyncio
import contextlib
import csv
import json
import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Engine, select

from bus import directory, node
from bus.clock import wall_clock
from bus.settings import Settings
from cli import show
from cli.log import log_end
from contracts.durations import KOSOVO
from contracts.errors import BarnabusError, Refused
from projections import figures
from projections.handoffs import Handoffs
from projections.periods import Period
from projections.readmodel import META, PARKED, PROGRESS
from projections.snapshot import snapshot
from projections.view import reading

app = typer.Typer(no_args_is_help=True, help="Figures for the public: no small count, and none to be computed back.")
READ_LIMIT_S = 600.0
_WITHHELD = "·"
"""What a terminal shows of it, so that the counts stand out."""
HEAD = (
    "what",
    "period",
    "from",
    "to",
    "made_up",
    "log_began",
    "as_of",
    "position",
    "digest",
    "complete",
    "published_at",
    "withheld",
)


@app.callback()
def _named() -> None:
    """So that `publish` is a word of its own."""


@app.command()
@show.coded
def publish(
    period: Annotated[str, typer.Option(help="A year, or a quarter of one that is over: 2021 or 2021-Q3.")],
    by: Annotated[str, typer.Option(help="The rows: service, receiver, or service,receiver.")] = "service",
    out: Annotated[
        Path | None, typer.Option(help="Write them to this file (.csv or .json), and down as published.")
    ] = None,
    as_json: show.AsJson = False,
) -> None:
    """Show what would be published of a period; with --out, publish it, once and for all."""
    settings = Settings()
    asked, rows = _period(period), _rows(by)
    if out and out.suffix not in (".csv", ".json"):
        raise Refused("option.invalid", field="--out", detail="Its name ends in .csv or .json.")
    with _published(settings) as journal:
        found = journal.found(asked, rows) or asyncio.run(_counted(settings, asked, rows))
        if out:
            found = journal.write(found)
            _write(out, found)
    if as_json:
        show.document(found)
    else:
        _show(found, out)


def _period(written: str) -> Period:
    """Raises Refused `option.invalid`; a month is too small."""
    try:
        found = Period.of(written)
    except ValueError:
        found = None
    if found is None or len(found.months) == 1:
        raise Refused("option.invalid", field="--period", detail="Write it as 2021 or 2021-Q3.")
    return found


def _rows(by: str) -> tuple[str, ...]:
    """Raises Refused `option.invalid`."""
    found = tuple(by.split(","))
    if found not in figures.ROWS:
        known = "; ".join(",".join(names) for names in figures.ROWS)
        raise Refused("option.invalid", field="--by", detail=f"There are: {known}.")
    return found


async def _counted(settings: Settings, period: Period, by: tuple[str, ...]) -> dict[str, Any]:
    """Raises `figures.not-over`, `figures.before-log`, and what keeps read models or log from being asked."""
    with reading(settings, Handoffs()) as view:
        end = await log_end(settings)
        began, made_up = end.waiting_since, end.synthetic_now is not None  # seen from its start, all of it waits
        return _of_view(view, period, by, began, made_up=made_up)


def _of_view(
    view: Engine, period: Period, by: tuple[str, ...], began: datetime | None, *, made_up: bool
) -> dict[str, Any]:
    with snapshot(view, READ_LIMIT_S) as connection:
        progress = connection.execute(select(PROGRESS)).first()
        if progress is None or datetime.fromisoformat(progress.logged_at) < period.end:
            as_of = f"as of {show.minute(progress.logged_at)} (UTC)" if progress else "empty"
            raise BarnabusError("figures.not-over", detail=f"Its last day is {period.last_day}, and they are {as_of}.")
        if began is None or began >= period.end:
            since = f"It began on {began.astimezone(KOSOVO):%Y-%m-%d}." if began else "It is empty."
            raise Refused("figures.before-log", field="--period", detail=since)
        digest = connection.execute(select(META.c.digest).where(META.c.model == Handoffs.name)).scalar()
        return figures.document(
            figures.counted(connection, period, by),
            period,
            by,
            made_up=made_up,
            log_began=began.isoformat(),
            as_of=progress.logged_at,
            position=progress.position,
            digest=digest,
            complete=connection.execute(select(PARKED.c.position)).first() is None,
            published_at=None,
        )


class _Journal:
    """All that was ever published from this home, one document a line."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._all = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def found(self, period: Period, by: tuple[str, ...]) -> dict[str, Any] | None:
        """The very same, if it is published. Raises `figures.published` if another is that overlaps."""
        other = figures.standing_in_the_way(self._all, period)
        if other is None:
            return None
        if (other["period"], other["by"]) != (str(period), list(by)):
            which = f"{other['period']} by {', '.join(other['by'])}, on {other['published_at'][:10]}"
            raise Refused("figures.published", detail=f"{which}: {self._path}.")
        return dict(other)

    def write(self, document: dict[str, Any]) -> dict[str, Any]:
        """On disk before anybody has it."""
        if document["published_at"]:
            return document
        document |= {"published_at": wall_clock().isoformat()}
        with self._path.open("a") as file:
            file.write(json.dumps(document, ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
        return document


@contextlib.contextmanager
def _published(settings: Settings) -> Iterator[_Journal]:
    directory.load(settings)  # says what to do where there is no home
    folder = settings.home / "published"
    with node.locked(folder / "figures.lock", "Publishing"):
        yield _Journal(folder / "figures.jsonl")


def _write(out: Path, document: dict[str, Any]) -> None:
    """Raises `file.unwritable`; asked again, the same comes."""
    try:
        with out.open("w", newline="") as file:
            if out.suffix == ".json":
                json.dump(document, file, ensure_ascii=False, indent=2)
                file.write("\n")
                return
            file.writelines(f"# {name}: {document[name]}\n" for name in HEAD)
            table = csv.writer(file)
            table.writerow([*document["by"], *document["columns"]])
            table.writerows(_lines(document, figures.WITHHELD))
    except OSError as error:
        raise BarnabusError("file.unwritable", detail=f"{out}: {error.strerror}.") from None


def _lines(document: dict[str, Any], withheld: str) -> Iterator[list[object]]:
    by = document["by"]
    for names, counts in (
        *(([row[name] for name in by], row["counts"]) for row in document["rows"]),
        (["total", *[""] * (len(by) - 1)], document["total"]),
    ):
        yield [*names, *(withheld if count is None else count for count in counts)]


def _show(document: dict[str, Any], out: Path | None) -> None:
    show.fields({name: document[name] for name in HEAD})
    heads = (figures.SHORT.get(column, column) for column in document["columns"])
    show.table([*document["by"], *heads], _lines(document, _WITHHELD), empty="")
    show.out.print(f"{_WITHHELD}  {figures.WITHHELD}")
    if out:
        show.out.print(f"Published on {document['published_at'][:10]}, in {out}.", markup=False)
    elif document["published_at"]:
        show.err.print("These are published. Nothing else of this period can be.")
    else:
        show.err.print("Nothing is published yet: --out FILE does. Then no other table of this period can be.")
