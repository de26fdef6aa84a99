"""The options by which handoffs are chosen, alike in all commands; a wrong value is refused with those there are."""

from typing import Annotated

import typer

from projections import choosing
from projections.choice import Choice
from projections.choosing import one_of, word

__all__ = [
    "Agencies",
    "From",
    "Municipalities",
    "Periods",
    "Services",
    "Since",
    "To",
    "Until",
    "Urgencies",
    "chosen",
    "one_of",
    "word",
]

Services = Annotated[str | None, typer.Option("--service", help="Only for this service.")]
Urgencies = Annotated[str | None, typer.Option("--urgency", help="Only of this urgency.")]
From = Annotated[str | None, typer.Option("--from", help="Only those that this agency asks.")]
To = Annotated[str | None, typer.Option("--to", help="Only those that this agency is asked.")]
Agencies = Annotated[str | None, typer.Option("--agency", help="Only those in which this agency is a party.")]
Periods = Annotated[str | None, typer.Option("--period", help="Only those made then: 2021, 2021-Q3 or 2021-03.")]
Since = Annotated[str | None, typer.Option("--since", help="Only those made then or later.")]
Municipalities = Annotated[
    str | None,
    typer.Option("--municipality", help="Only how many lie in it, of a year; small counts are withheld."),
]
Until = Annotated[str | None, typer.Option("--until", help="Only those made then or earlier.")]


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
    said = {"service": service, "urgency": urgency, "from": from_, "to": to, "agency": agency}
    return choosing.chosen(said | {"period": period, "since": since, "until": until}, before="--")
