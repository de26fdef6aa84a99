"""What travels over HTTP as CloudEvents 1.0: a command that comes in, and an item of the feed that is told.

An event's `data` is always the whole document that travels on NATS; the attributes around it say again what is in it.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field, NonNegativeInt, PositiveInt

from contracts.agencies import Agency
from contracts.catalogue import COMMANDS
from contracts.envelope import TypeName
from contracts.errors import Refused
from contracts.ids import CaseRef
from contracts.tiers import Frozen
from contracts.web import PAGE_LIMIT

_ATTRIBUTE_AT_MOST = 300
_Text = Annotated[str, Field(min_length=1, max_length=_ATTRIBUTE_AT_MOST)]


class CommandEvent(Frozen):
    """A command as a CloudEvent: `data` is the whole command; `id` is its id, `type` its word, `subject` its case.

    `source` is the system's own name for itself. Extension attributes, which anybody on the way may add, are ignored.
    """

    model_config = ConfigDict(extra="ignore")

    specversion: Literal["1.0"]
    id: _Text
    source: _Text
    type: _Text
    subject: _Text | None = None
    time: AwareDatetime | None = None
    datacontenttype: Literal["application/json"] | None = None
    dataschema: _Text | None = None
    data: dict[str, Any]


class ToldEvent(Frozen):
    """An item of the feed: a letter as told, a letter whose person was erased since, or an own act that is void.

    `id` is the same whenever it is told. `feed` is its number: ask on from there.
    """

    specversion: Literal["1.0"]
    id: UUID
    source: Annotated[str, Field(pattern=r"^/agencies/[a-z]+$")]
    type: TypeName
    subject: CaseRef
    time: AwareDatetime | None = None
    datacontenttype: Literal["application/json"]
    dataschema: str | None = None
    feed: PositiveInt
    data: dict[str, Any]


class LettersPage(Frozen):
    """A part of the feed. Ask again with `after` = `next`, which may lie further on than the last item."""

    items: tuple[ToldEvent, ...]
    next: NonNegativeInt


class FeedAsked(Frozen):
    """A system's question on NATS: what was told above this number of the feed."""

    after: NonNegativeInt = 0
    limit: Annotated[int, Field(ge=1, le=PAGE_LIMIT)] = PAGE_LIMIT


class LetterErased(Frozen):
    """There was a letter of this type, and the person whom it concerned was erased before it was asked for."""

    id: UUID
    type: TypeName
    case_ref: CaseRef
    sender: Agency
    number: PositiveInt
    position: PositiveInt
    logged_at: AwareDatetime
    received_at: AwareDatetime


class HttpProblem(Frozen):
    """Why something was not done, by RFC 9457, with the code, the place and the next step of our own."""

    type: Annotated[str, Field(pattern=r"^urn:barnabus:problem:[a-z.-]+$")]
    title: str
    status: int
    code: str
    hint: str
    field: str | None = None
    detail: str | None = None


def agrees(event: CommandEvent) -> None:
    """What the attributes say is what the command says. Raises Refused, naming the attribute."""
    said = {"id": "id", "type": "command", "subject": "case_ref"}
    for attribute, name in said.items():
        outside, inside = getattr(event, attribute), event.data.get(name)
        if outside is not None and (inside is not None or name == "case_ref") and outside != inside:
            raise Refused("field.invalid", field=attribute, detail=f"It is not the command's `{name}`.")
    entry = COMMANDS.get(event.type)
    if event.dataschema and entry and event.dataschema != command_schema(entry.type, entry.version):
        raise Refused("version.unknown", field="dataschema")


def command_schema(type_name: str, version: str) -> str:
    """The id of the schema of a type's command."""
    return f"urn:barnabus:schema:{type_name}.command:{version}"
