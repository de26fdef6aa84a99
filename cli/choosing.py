"""The options by which handoffs are chosen, alike in all commands; a wrong value is refused with those there are."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

from cli import show
from contracts.errors import Refused
from contracts.vocabulary.asking import Service, Urgency
from projections.choice import Choice
from projections.periods import Period

Services = Annotated[str | None, typer.Option("--service", help="Only for this service.")]
Urgencies = Annotated[str | None, typer.Option("--urgency", help="Only of this urgency.")]
From = Annotated[str | None, typer.Option("--from", help="Only those that this agency asks.")]
To = Annotated[str | None, typer.Option("--to", help="Only those that this agency is asked.")]
Agencies = Annotated[str | None, typer.Option("--agency", help="Only those in which this agency is a party.")]
Periods = Annotated[str | None, typer.Option("--period", help="Only those made then: 2021, 2021-Q3 or 2021-03.")]
Since = Annotated[str | None, typer.Option("--since", help="Only those made then or later.")]
Until = Annotated[str | None, typer.Option("--until", help="Only those made then or earlier.")]
Word = TypeVar("Word", bound=StrEnum)


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
    begins = span(period or since, "--period" if period else "--since")
    ends = span(period or until, "--period" if period else "--until")
    first, last = begins.months[0] if begins else None, ends.months[-1] if ends else None
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
    return None if said is None else words(one_of(sorted(words), said, option))


def one_of(known: Sequence[str], said: str, option: str) -> str:
    """Raises Refused `option.invalid`, naming all that there are."""
    if said not in known:
        raise Refused("option.invalid", field=option, detail=f"There are: {', '.join(known)}.")
    return said


def span(said: str | None, option: str) -> Period | None:
    """Raises Refused `option.invalid`."""
    try:
        return Period.of(said) if said is not None else None
    except ValueError:
        detail = "A year is written 2021, a quarter 2021-Q3, a month 2021-03."
        raise Refused("option.invalid", field=option, detail=detail) from None
