"""What `/parked.json` shows."""

from pydantic import AwareDatetime

from console.roles import Part
from console.twins.duties import Reckoning
from console.twins.twin import Shape, Twin, Word
from contracts.agencies import Agency


class Holding(Shape):
    """One agency: without its keys it is not `here`; `error` is the code of what keeps its store from being read."""

    agency: Agency
    here: bool
    error: str | None
    letters: int
    own: int


class Why(Shape):
    """A stable code, what happened, and the next step."""

    code: str
    message: str
    next: str


class ParkedLetter(Why):
    """As `barnabus parked list --json` has it; without `position` its place is not known."""

    agency: Agency
    id: str
    case_ref: str | None
    sender: Agency
    number: int
    position: int | None
    received_at: AwareDatetime | None


class OwnAct(Why):
    agency: Agency
    id: str
    case_ref: str
    type: str
    since: AwareDatetime


class ParkedEntry(Why):
    position: int
    case_ref: str
    type: str


class Counts(Shape):
    letters: int
    own: int
    entries: int


class ParkedPage(Shape):
    """`codes`: how many rows have which reason; `counts`: how many there are of what was asked for."""

    agencies: list[Holding]
    codes: dict[str, int]
    counts: Counts
    parked: list[ParkedLetter]
    own: list[OwnAct]
    entries: list[ParkedEntry]


TWIN = Twin(
    "/parked",
    Part.PARKED,
    "What could not be taken in, with its reason and the next step.",
    ParkedPage,
    (Word.agency("agency", "Only of this one."), Word.text("code", "Only for this reason, of those that there are.")),
    later=Reckoning,
)
