"""The options by which handoffs are chosen, alike in all commands; a wrong value is refused with those there are."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from cli import show
from contracts.errors import Refused
from contracts.vocabulary.asking import Service, Urgency
from projections.choice import Choice

Services = Annotated[str | None, typer.Option("--service", help="Only for this service.")]
Urgencies = Annotated[str | None, typer.Option("--urgency", help="Only of this urgency.")]
From = Annotated[str | None, typer.Option("--from", help="Only those that this agency asks.")]
To = Annotated[str | None, typer.Option("--to", help="Only those that this agency is asked.")]
Agencies = Annotated[str | None, typer.Option("--agency", help="Only those in which this agency is a party.")]
Period = Annotated[str | None, typer.Option("--period", help="Only those made in this month or year: 2021-03, 2021.")]
Since = Annotated[str | None, typer.Option("--since", help="Only those made in this month or year, or later.")]
Until = Annotated[str | None, typer.Option("--until", help="Only those made in this month or year, or earlier.")]
Word = TypeVar("Word", bound=StrEnum)
_MONTH = re.compile(r"\d{4}(-(0[1-9]|1[0-2]))?")


def chosen(
    service: str | None,
    urgency: str | None,
    from_: str | None,
    to: str | None,
    agency: str | None,
    period: str | None,
    since: str | None,
    until: str | None,
) -> Choice:
    """Raises Refused `option.invalid`, `agency.unknown`."""
    if period and (since or until):
        raise Refused("option.invalid", field="--period", detail="Either a period, or since when and until when.")
    first, _ = _months(period or since, "--period" if period else "--since")
    _, last = _months(period or until, "--period" if period else "--until")
    if first and last and first > last:
        raise Refused("option.invalid", field="--until", detail="It ends before it begins.")
    return Choice(
        service=word(Service, service, "--service"),
        urgency=word(Urgency, urgency, "--urgency"),
        opener=show.agency(from_).value if from_ else None,
        receiver=show.agency(to).value if to else None,
        agency=show.agency(agency).value if agency else None,
        since=first,
        until=last,
    )


def word(words: type[Word], said: str | None, option: str) -> Word | None:
    """Raises Refused `option.invalid`, naming all that there are."""
    found = one_of(words, said, option)
    return words(found) if found is not None else None


def one_of(names: Iterable[str], said: str | None, option: str) -> str | None:
    """Raises Refused `option.invalid`, naming all that there are."""
    known = sorted(map(str, names))
    if said is not None and said not in known:
        raise Refused("option.invalid", field=option, detail=f"There are: {', '.join(known)}.")
    return said


def _months(said: str | None, option: str) -> tuple[str | None, str | None]:
    """The first and the last month of what is said."""
    if said is None:
        return None, None
    if not _MONTH.fullmatch(said):
        raise Refused("option.invalid", field=option, detail="A month is written 2021-03, a year 2021.")
    return (said, said) if "-" in said else (f"{said}-01", f"{said}-12")
