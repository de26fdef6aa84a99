"""The small shapes that fields are made of: codes put together, and the few values that are no codes."""

from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator

from contracts.ids import PersonRef
from contracts.tiers import Frozen
from contracts.vocabulary.asking import Question
from contracts.vocabulary.investigation import EvidenceKind
from contracts.vocabulary.limit_facts import AgeBand, IncidentWindow, SuspectAge
from contracts.vocabulary.people import Known, PersonRole, Role
from contracts.vocabulary.protection import AllegationKind, Danger, Whereabouts

OfficeCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]


FileNumber = Annotated[str, StringConstraints(min_length=1, max_length=60, pattern=r"^\S(.*\S)?$")]


class Clocks(Frozen):
    """The agency's claims about time (docs/field.md 2), each with its offset; the log adds its own time in the stamp.

    `occurred`: the incident or act; `known`: a person of the agency learned of it; `received`: it reached the agency;
    `recorded`: it was typed in.
    """

    occurred: AwareDatetime
    known: AwareDatetime
    received: AwareDatetime | None = None
    recorded: AwareDatetime

    @model_validator(mode="after")
    def _nothing_is_recorded_before_it_happens(self) -> Self:
        if max(self.occurred, self.known, self.received or self.known) > self.recorded:
            raise ValueError("no other clock can be later than `recorded`")
        if self.occurred > self.known:
            raise ValueError("`known` cannot be earlier than `occurred`")
        return self


class Post(Frozen):
    """The post that acts: responsibility lies with a post, never with a named worker."""

    role: Role
    office: OfficeCode | None = None


class Person(Frozen):
    """Somebody of this case, by pseudonym and role."""

    ref: PersonRef
    role: PersonRole


class Child(Person):
    role: Literal[PersonRole.CHILD]


class Suspect(Person):
    role: Literal[PersonRole.SUSPECT]


class Convicted(Person):
    role: Literal[PersonRole.CONVICTED]


class Applicant(Person):
    role: Literal[PersonRole.APPLICANT]


class Identity(Frozen):
    """Who the person is. Travels only in sealed letters, rests only in vaults."""

    full_name: Name
    date_of_birth: date | None = None


class Safety(Frozen):
    """What a worker must know before the first contact."""

    immediate_danger: Known
    suspect_has_access: Known
    whereabouts: Whereabouts
    dangers: Annotated[tuple[Danger, ...], Field(max_length=7)] = ()
    guardian_may_be_told: Known = Known.UNKNOWN


class Window(Frozen):
    """Between which moments it happened, as far as is known; an open end is `None`."""

    earliest: AwareDatetime | None = None
    latest: AwareDatetime | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.earliest and self.latest and self.earliest > self.latest:
            raise ValueError("`earliest` is later than `latest`")
        return self


class Allegation(Frozen):
    """What is alleged, as a code. Never the child's account."""

    kind: AllegationKind
    window: Window = Window()
    ongoing: Known = Known.UNKNOWN


class Answer(Frozen):
    """One question answered by a code; whoever needs more asks the office named by its code."""

    question: Question
    answer: Known
    ask_office: OfficeCode | None = None


class LimitFacts(Frozen):
    """What the time limits of a protocol need to know, as coarse codes: these stand in the log for ever."""

    incident: IncidentWindow
    child_age: AgeBand
    suspect_age: SuspectAge = SuspectAge.UNKNOWN


class Pointer(Frozen):
    """Where something lies, and the hash by which it is known; never what it is."""

    custodian: OfficeCode
    reference: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9]([A-Za-z0-9./-]{0,58}[A-Za-z0-9])?$")]
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class EvidenceItem(Pointer):
    kind: EvidenceKind
