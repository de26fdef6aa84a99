"""What a change of the contracts breaks, and for whom: the one table, from which docs/contracts.md is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from contracts.releasing.document import Step


class For(StrEnum):
    """What a change is for one side."""

    BREAKING = "breaking"
    COMPATIBLE = "compatible"


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of change: what it is for who says it and for who hears it, and why.

    `older`: what was said before may not be readable as it is, so an upcast has to lead to it.
    """

    what: str
    says: For
    hears: For
    why: str
    older: bool = False
    words: bool = False  # nothing but words has changed

    @property
    def step(self) -> Step:
        if self.words:
            return Step.PATCH
        return Step.MAJOR if For.BREAKING in (self.says, self.hears) or self.older else Step.MINOR


_B, _C = For.BREAKING, For.COMPATIBLE
RULES: Mapping[str, Rule] = MappingProxyType(
    {
        # types
        "type-added": Rule("a type is added", _C, _C, "A system shows a type that it does not know, or leaves it be."),
        "type-removed": Rule("a type is removed", _B, _B, "The log holds it for ever.", older=True),
        "meaning-changed": Rule("a type's meaning is put in other words", _C, _C, "Nothing else is.", words=True),
        "command-added": Rule("a type gets a command", _C, _C, "Nobody had one."),
        "command-removed": Rule("a command is removed or renamed", _B, _C, "It is refused with `type.unknown`."),
        "course-changed": Rule(
            "move, service or services of a type change", _B, _B, "It does something else to a handoff.", older=True
        ),
        "audience-changed": Rule("by which rule a type finds its audience changes", _B, _B, "Others hear it."),
        # who says it, who hears it
        "sender-added": Rule("an agency may send a type", _C, _C, "One more may say it."),
        "sender-removed": Rule("an agency may no longer send a type", _B, _C, "It is refused."),
        "receiver-added": Rule(
            "an agency may receive a type", _C, _C, "Nobody sees less. Who says it has to know who hears it."
        ),
        "receiver-removed": Rule("an agency may no longer receive a type", _B, _B, "It waits for what never comes."),
        "tier-given": Rule("a receiver sees one more tier", _C, _C, "Its letters hold more."),
        "tier-taken": Rule("a receiver no longer sees a tier", _C, _B, "Fields that it reads are gone."),
        "told-added": Rule(
            "an agency must hear a type", _B, _C, "An act that makes a handoff has to name it among its parties."
        ),
        "told-removed": Rule("an agency need no longer hear a type", _C, _B, "It relied on being told."),
        "asked-added": Rule("one more agency can be asked", _C, _C, "Nothing else changes."),
        "asked-removed": Rule("an agency can no longer be asked", _B, _C, "It is refused.", older=True),
        "shown-given": Rule("the notified see one more tier", _C, _C, "Their letters hold more."),
        "shown-taken": Rule("the notified no longer see a tier", _C, _B, "Fields that they read are gone."),
        "sponsor-added": Rule("one more agency may speak for an institution", _C, _C, "One more may say it."),
        "sponsor-removed": Rule(
            "an agency may no longer speak for an institution", _B, _C, "It is refused with `sponsor.not-allowed`."
        ),
        "speaker-changed": Rule("whose word a type is changes", _B, _B, "It is another's word."),
        # fields
        "field-added": Rule(
            "an optional field is added", _C, _C,
            "Who does not fill it says what it said; who does not read it loses nothing.",
        ),
        "field-required": Rule(
            "a required field is added, or a field becomes required", _B, _C, "A command without it is refused.",
            older=True,
        ),
        "field-removed": Rule(
            "a field is removed or renamed", _B, _B, "It is refused as unknown, and who reads it finds nothing.",
            older=True,
        ),
        "field-optional": Rule(
            "a required field becomes optional, or may be null", _C, _B, "Who reads it may find nothing."
        ),
        "field-not-null": Rule("a field may no longer be null", _B, _C, "A null is refused.", older=True),
        "default-changed": Rule(
            "what a field says where it is left out changes", _B, _C, "Who leaves it out says something else.",
            older=True,
        ),
        "kind-changed": Rule("what a field holds changes", _B, _B, "It is read as something else.", older=True),
        "tier-changed": Rule(
            "a field's tier changes", _C, _B, "Others see it, and the log may hold what it did not.", older=True
        ),
        "code-added": Rule(
            "a closed list gets a code", _C, _C,
            "A system shows a code that it does not know as it stands, and never drops what bears it. Who declares "
            "which codes it knows is named as hurt.",
        ),
        "code-removed": Rule("a closed list loses a code", _B, _C, "A command with it is refused.", older=True),
        "limit-widened": Rule(
            "a limit is widened or lifted", _C, _C, "A limit says what is refused; nobody is promised that less comes."
        ),
        "limit-narrowed": Rule("a limit is narrowed or set", _B, _C, "What fitted is refused.", older=True),
        "pattern-changed": Rule(
            "a pattern changes", _B, _C, "Nothing can say whether all that fitted still does.", older=True
        ),
        "rule-added": Rule("a rule between fields is added", _B, _C, "What passed may be refused.", older=True),
        "rule-removed": Rule("a rule between fields is removed", _C, _B, "Who reads them relied on it."),
        # around them
        "service-added": Rule("a service can be asked for, or of one more agency", _C, _C, "Nothing else changes."),
        "service-removed": Rule(
            "a service can no longer be asked for, or of an agency", _B, _C, "It is refused.",
            older=True,
        ),
        "consent-changed": Rule(
            "whether a service rests on consent changes", _B, _B, "The legal basis that was right is refused.",
            older=True,
        ),
        "error-added": Rule("an error code is added", _C, _C, "Who does not know a code goes by its HTTP status."),
        "error-removed": Rule("an error code is removed or renamed", _B, _B, "Who waits for it never meets it."),
        "error-changed": Rule(
            "an error's HTTP status, exit code or relay's step changes", _B, _B, "Who acts by it does something else."
        ),
        "subject-added": Rule("a subject is added", _C, _C, "Nobody used it."),
        "subject-changed": Rule("a subject is removed or renamed", _B, _B, "Nobody is there any more."),
        "envelope-added": Rule("a document around contents is added", _C, _C, "Nobody sent or got it."),
        "envelope-removed": Rule("a document around contents is removed", _B, _B, "Who sends or reads it has nothing."),
    }
)  # fmt: skip
