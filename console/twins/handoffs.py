"""What `/handoffs.json` and the twin of one handoff show."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from console.roles import Part
from console.twins.flow import CHOOSING
from console.twins.twin import LIMIT, PERIOD, Shape, Twin, Word
from contracts.agencies import Agency
from contracts.standing import Stage
from contracts.vocabulary.asking import Service, Urgency
from projections.legs import RECEIVED


class Claimed(Shape):
    """What the acting agency says of when it acted, by its own clocks."""

    time: AwareDatetime
    occurred: AwareDatetime | None
    known: AwareDatetime | None
    received: AwareDatetime | None
    recorded: AwareDatetime | None


class HandoffAct(Shape):
    """`at` is the log's time; `lag_s` how much later it was recorded than it was received or known."""

    act: str
    by: Agency
    at: AwareDatetime
    claims: Claimed
    lag_s: float | None
    lag_since: Literal["received", "known"] | None


class ClaimedReceipt(Shape):
    received: AwareDatetime


class HandoffReceived(Shape):
    """Its receiver's system had the letter that asked, by its own signed word."""

    act: Literal["received"]
    by: Agency
    at: AwareDatetime
    claims: ClaimedReceipt
    opened: bool


class ByThreeClocks(Shape):
    """Wall, calendar and working time; working is null where nobody knows a year's holidays."""

    wall_s: float
    calendar_days: int
    working_days: int | None
    working_s: float | None


class HandoffLeg(ByThreeClocks):
    leg: str
    state: Literal["ended", "under-way", "cut-off"]
    since: AwareDatetime
    until: AwareDatetime | None
    claimed_until: AwareDatetime | None
    claimed_s: float | None
    clocks_agree: bool
    between_s: tuple[float, float] | None


class Spell(ByThreeClocks):
    agency: Agency | Literal["nobody"]
    since: AwareDatetime
    until: AwareDatetime


class Length(Shape):
    wall_s: float | None
    working_s: float | None


class HandoffAccount(Shape):
    """One handoff, as `barnabus handoffs show --json` has it. `concerns` is a pseudonym of its case."""

    id: UUID
    case_ref: str
    service: Service | None
    urgency: Urgency | None
    period: str | None
    concerns: str | None
    from_: Annotated[Agency | None, Field(alias="from")]
    to: Agency | None
    stage: Stage
    closed: bool
    open: bool
    whose_move: Agency | None
    responsible: Agency | None
    since: AwareDatetime | None
    void: int
    as_of: AwareDatetime
    acts: list[HandoffAct | HandoffReceived]
    legs: list[HandoffLeg]
    spells: list[Spell]
    holders: dict[Agency | Literal["nobody"], Length]
    whole: Length


class Handoffs(Shape):
    """As `barnabus handoffs list --json` has it."""

    handoffs: list[HandoffAccount]
    limit: int


assert RECEIVED == "received"
TWINS = (
    Twin(
        "/handoffs",
        Part.HANDOFFS,
        "Handoffs in full, by their ids or the oldest first.",
        Handoffs,
        (
            *CHOOSING,
            Word.agency("from", "Only those that this agency asks."),
            Word.agency("to", "Only those that this agency is asked."),
            Word.agency("agency", "Only those in which this agency is a party."),
            Word.agency("whose_move", "Only those in which this agency has to move."),
            Word.text("since", "Only those made then or later.", pattern=PERIOD),
            Word.text("until", "Only those made then or earlier.", pattern=PERIOD),
            Word.yes("open", "Only those that wait for somebody."),
            Word.yes("oldest", "The oldest first."),
            Word.text("after", "Behind the handoff of this id."),
            LIMIT,
        ),
        refusals=("handoff.not-found",),
    ),
    Twin(
        "/handoffs/{id}",
        Part.HANDOFFS,
        "One handoff in full.",
        HandoffAccount,
        within=(Word.text("id", "The handoff's id."),),
        refusals=("handoff.not-found",),
    ),
)
