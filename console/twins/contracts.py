"""What the twins of the contracts' pages show."""

from typing import Annotated, Any, Literal

from pydantic import Field

from console.roles import Part
from console.twins.twin import Shape, Twin, Word
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.releasing.document import Step
from contracts.releasing.rules import For
from contracts.tiers import Tier


class TypeLine(Shape):
    """A type: its version, and who may receive which tiers of it."""

    type: str
    version: str
    command: str | None
    meaning: str
    senders: list[Agency]
    receivers: dict[Agency, list[Tier]]


class Types(Shape):
    """`releases`: the versions of the contracts that were released, the first one first."""

    releases: list[str]
    types: list[TypeLine]


class ForWhom(Shape):
    """Agencies; `log` is whoever reads the log, `system` every agency's own system."""

    who: list[str]
    is_: Annotated[For, Field(alias="is")]


class ContractChange(Shape):
    """One difference between two states of the contracts; `hurts` names the declared consumers that it hurts."""

    rule: str
    part: str
    of: str
    at: str
    detail: str
    step: Step
    breaking: bool
    says: ForWhom
    hears: ForWhom
    broken_for: list[str]
    older_needs_upcast: bool
    hurts: list[str]


class ContractChanges(Shape):
    """As `barnabus contracts diff --json` has it: `step` is the one that was made, `asked` the one that it takes."""

    from_: Annotated[str, Field(alias="from")]
    to: str
    step: Step
    asked: Step
    changes: list[ContractChange]


class InRelease(Shape):
    """A release in which a type came or changed; `now` is not released. Without a version it was removed."""

    release: str
    version: str | None
    came: bool
    changes: list[ContractChange]


class TypeField(Shape):
    field: str
    tier: Tier | None
    kind: str
    required: bool
    codes: list[str]


class TypeWhole(TypeLine):
    """With its example, and the JSON Schemas that integrators have."""

    fields: list[TypeField]
    example: dict[str, Any]
    schemas: dict[Literal["command", "record", "letter", "told"], dict[str, Any]]
    releases: list[InRelease]


_STATE = "A released version, or `now`."
TWINS = (
    Twin("/contracts", Part.CONTRACTS, "Every type of act.", Types),
    Twin(
        "/contracts/changes",
        Part.CONTRACTS,
        "What differs between two releases, whom it breaks and whom it hurts.",
        ContractChanges,
        (Word.text("from", f"{_STATE} Else the last release."), Word.text("to", f"{_STATE} Else now.")),
        refusals=("release.altered",),
    ),
    Twin(
        "/contracts/{type}",
        Part.CONTRACTS,
        "One type in full.",
        TypeWhole,
        within=(Word.code("type", "Its name.", CATALOGUE),),
        refusals=("path.unknown",),
    ),
)
