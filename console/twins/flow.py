"""What `/flow.json` shows."""

from datetime import date
from typing import Annotated

from pydantic import AwareDatetime, Field

from console import flow
from console.roles import Part
from console.shown import CHOICE
from console.twins.twin import IN, Shape, Twin, Word
from contracts.agencies import Agency
from contracts.vocabulary.asking import Service, Urgency
from projections.choice import By
from projections.legs import LEGS


class Between(Shape):
    """A length in seconds that lies over the one and is at most the other; null: longer than any that was measured."""

    over_s: float
    most_s: float | None


class LegFigures(Shape):
    """How long one leg took: `censored` are those that had not ended, `under_way` those of them that go on."""

    ended: int
    censored: int
    under_way: int
    p50: Between | None
    p90: Between | None
    p99: Between | None


class WayFigures(Shape):
    service: Service | None
    from_: Annotated[Agency | None, Field(alias="from")]
    to: Agency | None
    urgency: Urgency | None
    period: str | None
    count: int
    open: int
    legs: dict[str, LegFigures]


class HolderFigures(Shape):
    agency: Agency
    open: int
    waiting_s: float
    oldest_since: AwareDatetime
    oldest_s: float


class Week(Shape):
    week: date
    made: int
    open: int


class Folded(Shape):
    """Up to where the log was folded."""

    position: int
    logged_at: AwareDatetime | None


class Pressing(Shape):
    overdue: int
    due_soon: Annotated[int, Field(alias="due-soon")]
    absent: int


class FlowDuties(Shape):
    """`failing`: by case reference, the code of what keeps its duties from being reckoned."""

    as_of: AwareDatetime
    folded: Folded
    by_agency: dict[Agency, Pressing]
    failing: dict[str, str]


class Proof(Shape):
    """How far the read models are. Without `log_position` the log could not be asked where it ends."""

    position: int
    logged_at: AwareDatetime | None
    parked: int
    rows: dict[str, int]
    digests: dict[str, str]
    log_position: int | None
    lag_s: float | None
    current: bool
    made_up: bool | None


class Flow(Shape):
    """The figures of `barnabus handoffs summary --by pair --json`; `duties` is null until they are reckoned."""

    as_of: AwareDatetime | None
    by: By
    groups: list[WayFigures]
    holders: list[HolderFigures]
    weeks: list[Week]
    leg: str
    duties: FlowDuties | None
    projections: Proof


class WayWithin(Shape):
    """One way within a municipality: null is withheld, so that no small count can be read or reckoned from these."""

    service: None
    from_: Annotated[Agency | None, Field(alias="from")]
    to: Agency | None
    urgency: None
    period: None
    count: int | None
    open: int | None
    legs: dict[str, LegFigures]


class FlowWithin(Shape):
    """The figures of `barnabus handoffs summary --municipality … --json`: of one municipality in one year."""

    as_of: AwareDatetime | None
    by: By
    municipality: str
    period: str | None
    withheld: str
    groups: list[WayWithin]
    projections: Proof


CHOOSING = (
    IN,
    Word.code("service", "Only for this service.", Service),
    Word.code("urgency", "Only of this urgency.", Urgency),
)
assert {word.name for word in CHOOSING} == set(CHOICE)
TWIN = Twin(
    "/flow",
    Part.FLOW,
    "Where handoffs wait, in whose hands and for how long.",
    Flow,
    (
        *CHOOSING,
        Word.code("leg", f"Of which leg the page shows lengths; else {flow.LEG}.", LEGS),
        Word.text("municipality", "Within this one, by its id in the table of places; a year alone goes with it."),
    ),
    instead=FlowWithin,
)
