"""What a counterpart can ask the system for, and what it has asked."""

from dataclasses import dataclass

from contracts.agencies import Agency
from contracts.vocabulary.asking import Service


@dataclass(frozen=True, slots=True)
class Asking:
    """What a counterpart can ask the agency for."""

    by: Agency
    type: str
    service: Service

    def __str__(self) -> str:
        return f"{self.type} ({self.service})"


@dataclass(frozen=True, slots=True)
class Asked:
    """One of them at work. `since` is how many lines had been said before."""

    asking: Asking
    id: str
    case_ref: str
    since: int
