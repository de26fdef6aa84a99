"""What the table says of one code."""

from dataclasses import dataclass
from enum import StrEnum


class Then(StrEnum):
    """What follows when a gateway refuses a submission with a code."""

    VOID = "void"  # the act can never be logged: its number is freed by `submission.refused`
    RETRY = "retry"  # the same bytes may go through later
    HALT = "halt"  # chain or keys do not fit: sending on would hide the fault, so the relay waits and alarms


@dataclass(frozen=True, slots=True)
class Code:
    """One row of the table. `http` is the status of its problem document (RFC 9457), `exit` the command's exit code."""

    message: str
    hint: str
    then: Then = Then.VOID
    http: int = 400
    exit: int = 2
