"""What `/duties.json` shows."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from console.roles import Part
from console.twins.flow import Folded
from console.twins.twin import LIMIT, Shape, Twin, Word
from contracts.agencies import Agency
from contracts.duties.duty import State
from contracts.protocol.terms import NoLimit, Start, Tag
from projections.owed import STANDINGS


class Trigger(Shape):
    id: UUID
    type: str
    by: Agency


class Ending(Shape):
    by: Agency
    record_id: UUID
    position: int
    logged_at: AwareDatetime
    done_at: AwareDatetime
    reason: str | None


class OwedDuty(Shape):
    """One duty, as `barnabus duties list --json` has it: nothing by person."""

    case_ref: str
    id: str
    rule: str
    says: str
    version: str
    authority: str
    tag: Tag
    verified_by: str
    verified: bool
    trigger: Trigger
    handoff_id: UUID | None
    owner: Agency
    holder: Agency
    state: State
    owed: bool
    on_time: bool | None
    missed: bool
    absent: bool
    clock: Start
    no_limit: NoLimit | None
    opened_at: AwareDatetime
    begun: bool
    starts_at: AwareDatetime | None
    due_at: AwareDatetime | None
    first_due_at: AwareDatetime | None
    corrected_by: UUID | None
    expected_by: AwareDatetime | None
    past_s: float | None
    ending: Ending | None
    excuse: Ending | None


class ListedDuty(OwedDuty):
    """`held_up`: its case may have gone on by what is not known here."""

    held_up: bool


class RuleCounts(Shape):
    owed: int
    overdue: int
    absent: int
    due_soon: Annotated[int, Field(alias="due-soon")]
    met: int
    excused: int
    withdrawn: int


class Duties(Shape):
    """As `barnabus duties list --json` has it, and how many there are of each rule."""

    as_of: AwareDatetime
    folded: Folded
    duties: list[ListedDuty]
    limit: int
    failing: dict[str, str]
    rules: dict[str, RuleCounts]


class Reckoning(Shape):
    """The answer (503) while what is owed is reckoned for the first time."""

    reckoning: Literal[True]


TWIN = Twin(
    "/duties",
    Part.DUTIES,
    "What is owed, overdue and was never done.",
    Duties,
    (
        Word.code("standing", "Only what has come to this.", STANDINGS),
        Word.agency("agency", "Only what this agency has to do."),
        Word.text("rule", "Only by this rule of the protocol in use."),
        Word.yes("closed", "Those of closed cases too."),
        Word.text("after", "Behind the duty of this id."),
        LIMIT,
    ),
    refusals=("duty.not-found",),
    later=Reckoning,
)
