"""What the twins of the pages of a case show: the same for every reading, and rows that go with the reading."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from console.case_pages import VIEWS
from console.roles import Part
from console.twins.accesses import Access
from console.twins.duties import OwedDuty
from console.twins.twin import Shape, Twin, Word
from contracts.agencies import Agency
from contracts.envelope import About
from contracts.export.answers import Problem
from contracts.standing import Stage
from contracts.tiers import Tier
from contracts.vocabulary.accounting import AccessPurpose
from contracts.vocabulary.asking import Service


class TheLook(Shape):
    """The look by which it is shown; `until` then it is over. Of a made-up case nobody is named."""

    logged_at_position: int | None
    person: str | None
    purpose: AccessPurpose | None
    until: AwareDatetime
    made_up: bool


class OpenLook(TheLook):
    """`number` stands for the case in addresses."""

    case_ref: str
    number: int


class Looks(Shape):
    """The looks of whoever has signed in that are not over."""

    looks: list[OpenLook]
    error: Problem | None


class ReceiptShown(Shape):
    received_at: AwareDatetime | None
    opened: bool | None


class SaidAgain(ReceiptShown):
    number: int


class LetterShown(ReceiptShown):
    to: Agency
    number: int
    tiers: list[Tier]
    said_again: SaidAgain | None


class RecordHead(Shape):
    position: int
    logged_at: AwareDatetime
    sender: Agency
    type: str
    id: UUID


class EventRow(RecordHead):
    """One record, as `barnabus case log --json` has it, and the positions at which it was put right."""

    synthetic: bool
    about: About | None
    codes: dict[str, Any]
    causation_id: UUID | None
    correlation_id: UUID | None
    void: str | None
    letters: list[LetterShown]
    put_right: list[int]


class HandoffRow(Shape):
    """One handoff on a row; `acts` are positions."""

    kind: Literal["handoff"]
    id: UUID
    service: Service | None
    from_: Annotated[Agency | None, Field(alias="from")]
    to: Agency | None
    stage: Stage
    open: bool
    whose_move: Agency | None
    responsible: Agency | None
    made_at: AwareDatetime | None
    acknowledged_at: AwareDatetime | None
    decided_at: AwareDatetime | None
    started_at: AwareDatetime | None
    completed_at: AwareDatetime | None
    received_at: AwareDatetime | None
    ended_at: AwareDatetime | None
    acts: list[int]
    void: int


class FactRow(Shape):
    kind: Literal["fact"]
    position: int
    logged_at: AwareDatetime
    type: str
    sender: Agency
    to: list[Agency]


class CauseRow(RecordHead):
    """`cause` is the position of what it answered; `depth` how far below the first."""

    codes: dict[str, Any]
    void: str | None
    put_right: list[int]
    cause: int | None
    depth: int


class UnknownRow(RecordHead):
    is_: Annotated[Literal["waiting", "unsent"], Field(alias="is")]


class KnownRow(RecordHead):
    is_: Annotated[Literal["known"], Field(alias="is")]
    recorded: AwareDatetime | None
    own: bool
    held_at: AwareDatetime
    opened: bool
    tiers: list[Tier]
    seen_at: AwareDatetime | None


class OpenHandoff(Shape):
    id: UUID
    service: Service | None
    concerns: str | None
    from_: Annotated[Agency | None, Field(alias="from")]
    to: Agency | None
    stage: Stage
    whose_move: Agency | None
    responsible: Agency | None


class Child(Shape):
    """Codes and moments alone; what no word was said of is null."""

    safe_contact: bool | None
    missing_since: AwareDatetime | None
    victim_advocate: str | None
    case_manager: str | None
    exam: str | None
    interviews: int
    first_protected: AwareDatetime | None
    first_cared_for: AwareDatetime | None


class Measure(Shape):
    change: str
    since: AwareDatetime


class Suspect(Shape):
    age: str | None
    custody: str | None
    custody_since: AwareDatetime | None
    measures: dict[str, Measure]
    verdict: str | None


class LinkedCase(Shape):
    case_ref: str
    reason: str


class CaseStateShown(Shape):
    """What it had come to, as `barnabus case show --json` has it; persons by their pseudonyms."""

    case_ref: str
    position: int | None
    logged_at: AwareDatetime | None
    phase: str | None
    phases: dict[str, AwareDatetime]
    responsible: Agency | None
    closed: bool
    active: list[Agency]
    kept_out: list[Agency]
    open: list[OpenHandoff]
    children: dict[str, Child]
    suspects: dict[str, Suspect]
    linked: list[LinkedCase]


class CaseStateKnown(CaseStateShown):
    as_known_to: Agency
    as_of: AwareDatetime


class KnewCounts(Shape):
    known: int
    waiting: int
    unsent: int


class CasePage(Shape):
    """One reading of a case; `rows` go with `view`, and are the part from `after` on of so many as `of` says."""

    case_ref: str
    look: TheLook
    as_of: AwareDatetime | None
    as_known_to: Agency | None
    event: int
    events: int
    state: CaseStateShown | CaseStateKnown
    knew: KnewCounts | None
    view: Literal["handoffs", "lanes", "records", "causes", "knowledge", "duties", "accesses"]
    rows: (
        list[HandoffRow | FactRow]
        | list[EventRow]
        | list[CauseRow]
        | list[KnownRow | UnknownRow]
        | list[OwedDuty]
        | list[Access]
    )
    of: int
    after: int


class Check(Shape):
    """`ok` is null where it is neither held nor broken."""

    check: str
    ok: bool | None
    said: str


class RecordMissing(Shape):
    position: int
    held: Literal[False]
    checks: list[Check]


class RecordProof(Shape):
    """Fetched from the log anew: the exact bytes as `record`, with what signs for them."""

    position: int
    held: bool
    checks: list[Check]
    subject: str
    digest: str
    signature: str
    stamp: str
    record: str


class RecordPage(EventRow):
    """One record in full; `event` is its number in the case; `proof` only if the address asks for it."""

    case_ref: str
    look: TheLook
    event: int
    proof: RecordProof | RecordMissing | None


_NUMBER = Word.number("number", "What stands for the case in addresses: the position of its first record.", 1)
TWINS = (
    Twin(
        "/cases",
        Part.CASES,
        "The looks of yours that are not over. A look begins with the page's form.",
        Looks,
        (Word.text("next", "Where to go after a look began.", maxLength=2_000),),
    ),
    Twin(
        "/cases/{number}",
        Part.CASES,
        "A case into which you have looked, replayed.",
        CasePage,
        (
            Word.number("event", "As of the event of this number in the case.", 1),
            Word.text("as_of", "As of this moment, as 2019-03-12T14:00; Kosovo's time unless it says an offset."),
            Word.agency("as_known_to", "As this agency knew it then."),
            Word.code("view", "Which reading; `knowledge` goes with `as_known_to`.", VIEWS),
            Word.number("after", "From behind this row on."),
            Word.text("handoff", "With `records`: only those of this handoff.", format="uuid"),
        ),
        within=(_NUMBER,),
        refusals=("look.missing", "handoff.not-found", "case.unreadable"),
    ),
    Twin(
        "/cases/{number}/records/{position}",
        Part.CASES,
        "One record of a case in full; on demand proven against the log.",
        RecordPage,
        (Word.yes("verify", "Fetch it anew, and hold every signature."),),
        within=(_NUMBER, Word.number("position", "The record's place in the log.", 1)),
        refusals=("look.missing", "record.not-found"),
    ),
)
