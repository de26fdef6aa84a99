"""What `/accesses.json` shows."""

from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime

from console.roles import Part
from console.twins.twin import IN, LIMIT, Shape, Twin, Word
from contracts.agencies import Agency
from contracts.events.accounting import Replayed
from contracts.vocabulary.accounting import AccessPurpose, EmergencyGround
from contracts.vocabulary.people import Role


class Access(Shape):
    """One look, or one emergency, as `barnabus access list --json` has it. `person` is a label, never a name.

    Without `person` and `credential` an agency's own system has said it of its own people. `emergency` is the id of the
    emergency by which somebody looked, or of this one itself; `vouched_by` the label of who vouched for it.
    """

    position: int
    logged_at: AwareDatetime
    id: UUID
    type: Literal["access.recorded", "access.emergency"]
    person: str | None
    agency: Agency
    role: Role | None
    credential: UUID | None
    purpose: AccessPurpose | None
    ground: EmergencyGround | None
    emergency: UUID | None
    vouched_by: str | None
    until: AwareDatetime | None
    replayed: Replayed | None
    opened: list[UUID]


class AccessInto(Access):
    case_ref: str


class LookFigures(Shape):
    """`in_emergency` are among the looks."""

    agency: Agency
    purpose: AccessPurpose
    looks: int
    in_emergency: int


class EmergencyFigures(Shape):
    agency: Agency
    ground: EmergencyGround
    emergencies: int


class AccessLog(Shape):
    """As `barnabus access log --json` has it. Figures are of the period; `accesses` of all that the address says.

    `held_up` looks are not among them: into cases that the read models cannot follow.
    """

    as_of: AwareDatetime | None
    period: str | None
    looks: int
    emergencies: int
    groups: list[LookFigures]
    grounds: list[EmergencyFigures]
    held_up: int
    accesses: list[AccessInto]
    limit: int


TWIN = Twin(
    "/accesses",
    Part.ACCESSES,
    "Who looked into which case, the latest first.",
    AccessLog,
    (
        Word.agency("agency", "Only by people for whom this agency answers."),
        Word.code("purpose", "Only for this.", AccessPurpose),
        Word.yes("emergencies", "Only emergencies, and looks by one."),
        IN,
        Word.number("person_of", "Only by the person whose look stands at this position.", 1),
        Word.number("after", "Only older ones than the one at this position.", 1),
        LIMIT,
    ),
)
