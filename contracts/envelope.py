"""The documents on the wire: command, record, letter, stamp, postmark, submission.

A record is CloudEvents 1.0 JSON and is kept for ever; a letter is sealed to one receiver. The models here give
shapes; `contracts.check` gives the rules between them.
"""

from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AwareDatetime, Field, NonNegativeInt, PositiveInt, model_validator

from contracts.agencies import Agency, Institution
from contracts.ids import CaseRef, Digest
from contracts.shapes import Clocks, FileNumber, Post
from contracts.tiers import Frozen, Tier
from contracts.vocabulary.people import LegalBasis

LETTER_LIMIT_BYTES = 64 * 1024
SUBMISSION_LIMIT_BYTES = 768 * 1024
COMMAND_LIMIT_BYTES = 32 * 1024
RECEIPT_LIMIT_LETTERS = 500
"""At most so many letters in one receipt; the next receipt takes the rest."""
SAID_AGAIN_LIMIT = 20
"""So often at most is one letter said again: its recipient has lost as many keys."""

TypeName = Annotated[str, Field(pattern=r"^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$", max_length=60)]
Version = Annotated[str, Field(pattern=r"^\d{1,3}\.\d{1,3}$")]


class About(Frozen):
    """What every act of an agency says besides its content. All of it is tier E."""

    clocks: Annotated[Clocks, Tier.E]
    legal_basis: Annotated[LegalBasis, Tier.E]
    post: Annotated[Post, Tier.E]
    on_behalf_of: Annotated[Institution | None, Tier.E] = None


class Command(About):
    """What an agency's own system hands its adapter. `id` is chosen by that system, and becomes the event's id.

    The same command again is answered as the first time. Without `case_ref` a new case is opened. `file_number` is the
    agency's own: it stays in the adapter's store, where it finds the case again. `version` is that of the type for
    which the system was written: it is understood after the adapter has learned a newer one; without it, today's.
    """

    command: TypeName
    version: Version | None = None
    id: UUID
    case_ref: CaseRef | None = None
    file_number: FileNumber | None = None
    data: dict[str, Any]

    def about(self) -> About:
        return About(clocks=self.clocks, legal_basis=self.legal_basis, post=self.post, on_behalf_of=self.on_behalf_of)


class LetterEntry(Frozen):
    """What a record says of one letter: to whom, which tiers, its place, its digests; never what it says."""

    to: Agency
    tiers: tuple[Tier, ...]
    number: PositiveInt
    previous: Digest  # of the sealed bytes of the letter before on this link
    sealed: Digest  # of this letter's sealed bytes
    content: Digest  # of the signed content inside: opening a field later is proven against it


class RecordData(Frozen):
    about: About | None = None  # absent on the bus's own receipts
    content: dict[str, Any]  # tiers E and O only
    letters: tuple[LetterEntry, ...] = ()
    withheld: Literal["erased"] | None = None  # the content was erased before a letter was sealed


class Record(Frozen):
    """One event in the log: CloudEvents 1.0, structured JSON. `subject`: the case reference, or `link.<from>.<to>`."""

    specversion: Literal["1.0"] = "1.0"
    id: UUID
    source: Annotated[str, Field(pattern=r"^/agencies/[a-z]+$")]
    type: TypeName
    subject: Annotated[str, Field(pattern=r"^[0-9a-z.-]{3,64}$")]
    time: AwareDatetime  # when the agency recorded it, by its own clock
    dataschema: Annotated[str, Field(pattern=r"^urn:barnabus:[a-z.-]+:\d{1,3}\.\d{1,3}$")]
    datacontenttype: Literal["application/json"] = "application/json"
    number: PositiveInt  # gapless in this sender's chain
    previous: Digest  # of the record before in this sender's chain
    correlationid: UUID | None = None
    causationid: UUID | None = None
    data: RecordData

    @property
    def sender(self) -> str:
        return self.source.removeprefix("/agencies/")

    @property
    def version(self) -> str:
        return self.dataschema.rpartition(":")[2]


def dataschema(type_name: str, version: str) -> str:
    return f"urn:barnabus:{type_name}:{version}"


class Letter(Frozen):
    """An opened letter: the signed claims of its sender to this one recipient, and the fields it may see."""

    sender: Agency
    recipient: Agency
    id: UUID  # of the record
    case_ref: CaseRef
    type: TypeName
    version: Version
    number: PositiveInt
    previous: Digest
    correlation_id: UUID | None = None
    causation_id: UUID | None = None
    about: About
    content: dict[str, Any]
    withheld: Literal["erased", "notified"] | None = None  # it holds E and O alone, or what the notified may see
    # where it says again what could not be opened: the records that did so, this one's last; `id` is the first one's
    said_again: Annotated[tuple[UUID, ...], Field(max_length=SAID_AGAIN_LIMIT)] = ()


class Stamp(Frozen):
    """What the gateway states, signed, of a record: its place in the log, when it came, and which account asked."""

    position: PositiveInt
    logged_at: AwareDatetime
    account: Agency
    record_id: UUID
    record: Digest
    synthetic: bool = False


class Postmark(Frozen):
    """What the gateway states, signed, of one letter: a recipient learns its place and nothing of other recipients."""

    position: PositiveInt
    logged_at: AwareDatetime
    sender: Agency
    recipient: Agency
    record_id: UUID
    case_ref: CaseRef
    number: PositiveInt
    sealed: Digest
    synthetic: bool = False

    @classmethod
    def of(cls, record: "Record", stamp: "Stamp", to: Agency) -> Self:
        """Of the record's one letter to this agency."""
        letter = next(letter for letter in record.data.letters if letter.to is to)
        return cls(
            position=stamp.position,
            logged_at=stamp.logged_at,
            sender=stamp.account,
            recipient=to,
            record_id=record.id,
            case_ref=record.subject,
            number=letter.number,
            sealed=letter.sealed,
            synthetic=stamp.synthetic,
        )


class Sealed(Frozen):
    to: Agency
    jwe: Annotated[str, Field(max_length=LETTER_LIMIT_BYTES)]


class Submission(Frozen):
    """What leaves an agency: the exact bytes of its record as text, their detached signature, a sealed letter each."""

    record: Annotated[str, Field(max_length=LETTER_LIMIT_BYTES)]
    signature: Annotated[str, Field(max_length=1024)]
    letters: Annotated[tuple[Sealed, ...], Field(max_length=len(Agency))] = ()

    @model_validator(mode="after")
    def _one_letter_each(self) -> Self:
        if len({letter.to for letter in self.letters}) != len(self.letters):
            raise ValueError("a receiver is named twice")
        return self


class Notice(Frozen):
    """What the bus tells one agency about its own letters; it has no link number and is never receipted."""

    kind: Literal["receipt", "resend-asked"]
    record: str | None = None  # receipt: the exact record, with its signature and stamp
    signature: str | None = None
    stamp: str | None = None
    recipient: Agency | None = None  # resend-asked: who misses letters
    numbers: Annotated[tuple[PositiveInt, ...], Field(max_length=RECEIPT_LIMIT_LETTERS)] = ()


class HeadsAsked(Frozen):
    """A sender's question where its chains end. It shows its last stamp: a log that ends sooner was shortened."""

    stamp: Annotated[str, Field(max_length=2048)] | None = None


class OwnAsked(Frozen):
    """A sender's request for its own records as the log has them, above a number of its chain."""

    after: NonNegativeInt


class ReceiptsAsked(Frozen):
    """A sender's request: to be told again what this recipient has signed for, above a position of the log."""

    recipient: Agency
    after: NonNegativeInt


class ResendAsked(Frozen):
    """A recipient's request: these letters of this sender are missing here."""

    sender: Agency
    numbers: Annotated[tuple[PositiveInt, ...], Field(min_length=1, max_length=RECEIPT_LIMIT_LETTERS)]
