"""The words in which a rule is written, beside those of the catalogue."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator

from contracts.agencies import EVERYBODY

UNVERIFIED = "none"
AT_SOURCE = "source"
LOGGED = "logged"
"""In `at`: the log's own time. So is judged what is done by being said."""


class Tag(StrEnum):
    """How far a rule's authority was looked up."""

    V = "V"  # read in the source
    V2 = "V2"  # read in a secondary source
    K = "K"  # general knowledge, unchecked: not to be taken for law
    D = "D"  # a decision of Barnabus's own


class Start(StrEnum):
    """From when a limit counts."""

    INCIDENT = "incident"  # what the trigger tells of: its clock `occurred`, or the moment that `at` names
    KNOWLEDGE = "knowledge"  # its sender learned of it: its clock `known`
    RECEIPT = "receipt"  # its owner's system has it, by its signed word or a while later; its own word, as it is logged
    STAMP = "stamp"  # it was logged


class NoLimit(StrEnum):
    """What stands where the law names no number."""

    AT_ONCE = "at-once"  # due at once: taken for missed once the alarm has passed, and that is ours (D)
    IN_LAW = "no-limit-in-law"  # never late; after the alarm it is shown as expected and not done


class Concerns(StrEnum):
    """What must be the same of a trigger and of what answers it."""

    CHILD = "child"
    SUSPECT = "suspect"
    HANDOFF = "handoff"
    CASE = "case"


class Role(StrEnum):
    """A party by what it is to the trigger, or to the duty."""

    OWNER = "owner"  # who owes the duty
    SENDER = "sender"  # who said the trigger
    RECEIVER = "receiver"  # the other party of its handoff
    NAMED = "named"  # whom its field `owner` names
    CASE_MANAGER = "case-manager"  # the agency that manages the child's case; its sender while there is none


def _party(name: str) -> str:
    if name not in {*EVERYBODY, *Role}:
        raise ValueError(f"`{name}` is no agency, and none of the roles {', '.join(Role)}")
    return name


Party = Annotated[str, AfterValidator(_party)]
"""An agency's code, or a role's."""
