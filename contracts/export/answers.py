"""What an adapter says to its agency's own system, as shapes: the answer to a command, a letter as told, a void act."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field, PositiveInt

from contracts.agencies import Agency
from contracts.envelope import About, Stamp, TypeName, Version
from contracts.events.content import FieldName
from contracts.ids import CaseRef
from contracts.shapes import OfficeCode
from contracts.standing import Course, Move, Stage, Void
from contracts.tiers import Frozen

ErrorCode = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$")]


class Problem(Frozen):
    """Why something was not done: a stable code, what happened, what to do next, and the place where there is one."""

    code: ErrorCode
    message: str
    hint: str
    field: str | None = None
    detail: str | None = None


class CommandTaken(Frozen):
    """The command is in the agency's own store: `logged` with the log's stamp, `recorded` until the log has answered.

    `void` is the law's reason if the act turned out to come too late, and `status` is `void` if it was never logged.
    `left_out` are agencies that got no letter of it, though they would have had one: a bypass leads around them.
    """

    status: Literal["logged", "recorded", "void"]
    id: UUID
    case_ref: CaseRef
    repeated: bool
    stamp: Stamp | None
    void: Void | None
    left_out: tuple[Agency, ...]


class CommandRefused(Frozen):
    """Nothing was recorded."""

    error: Problem


class OpenQuestion(Frozen):
    id: UUID
    asked: Agency


class VoidActShown(Frozen):
    id: UUID
    by: Agency
    move: Move
    reason: Void


class HandoffStanding(Frozen):
    """What the handoff has come to, by all that this agency knows at this moment."""

    stage: Stage
    course: Course
    opener: Agency | None
    receiver: Agency | None
    notified: tuple[Agency, ...]
    whose_move: Agency | None
    responsible: Agency | None
    offices: dict[Agency, OfficeCode]
    expires_at: AwareDatetime | None
    withdrawal_asked: bool
    closed: bool
    open_questions: tuple[OpenQuestion, ...]
    voids: tuple[VoidActShown, ...]
    provisional: tuple[UUID, ...]


class Told(Frozen):
    """A letter as the agency's own system hears it."""

    id: UUID
    type: TypeName
    version: Version
    case_ref: CaseRef
    sender: Agency
    number: PositiveInt
    position: PositiveInt
    logged_at: AwareDatetime
    received_at: AwareDatetime
    correlation_id: UUID | None
    causation_id: UUID | None
    about: About
    content: dict[str, Any]
    withheld: Literal["erased", "notified"] | None
    not_for: tuple[OfficeCode, ...]  # own offices from which this case must be kept
    standing: HandoffStanding | None  # None for a fact: no handoff waits for it


class LetterToOpen(Frozen):
    """One letter that is asked for: `fields` are those that would be opened, or `why_not` is the code why none is."""

    by: Agency
    id: UUID
    type: TypeName | None
    position: PositiveInt | None
    fields: tuple[FieldName, ...]
    why_not: ErrorCode | None


class WouldOpen(Frozen):
    """What the adapter found of an asking: does oversight vouch for who asks, and what is here of the letters.

    It opens nothing to a credential that does not hold, whatever it is told.
    """

    holds: bool
    why_not: ErrorCode | None
    person: str | None
    role: str | None
    until: AwareDatetime | None
    letters: tuple[LetterToOpen, ...]


class ToldAsking(Told):
    """A letter as the agency's own system hears it, with what it would open."""

    opening: WouldOpen | None  # None to who is only notified, and once it is erased


class ActVoided(Frozen):
    """An act or a fact of this agency that came to nothing, and why. A fact has no handoff and no move."""

    id: UUID
    case_ref: CaseRef
    handoff_id: UUID | None
    move: Move | None
    reason: Void
