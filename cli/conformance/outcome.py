"""A check, and what came of it."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cli.conformance.stand import Stand


class State(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_SEEN = "not-seen"  # the system did nothing by which it could be told: never taken for passed


@dataclass(frozen=True, slots=True)
class Outcome:
    """`about` is the type, service or command that it is about, where a check looks at several."""

    state: State
    seen: str
    about: str = ""


def passed(seen: str, about: str = "") -> Outcome:
    return Outcome(State.PASSED, seen, about)


def failed(seen: str, about: str = "") -> Outcome:
    return Outcome(State.FAILED, seen, about)


def not_seen(why: str, about: str = "") -> Outcome:
    return Outcome(State.NOT_SEEN, why, about)


@dataclass(frozen=True, slots=True)
class Check:
    """`expects` is what a system that keeps to the contract does, `next` what helps where it does not.

    One that does not look `alone` needs a system that was seen to act on something.
    """

    name: str
    expects: str
    next: str
    see: str
    alone: bool
    look: "Callable[[Stand], Awaitable[Sequence[Outcome]]]"


def check(
    *, next: str, see: str = "docs/integrate.md", alone: bool = False
) -> "Callable[[Callable[[Stand], Awaitable[Sequence[Outcome]]]], Check]":
    """A function that looks becomes a check: its name is the check's, its docstring what it expects."""

    def made(look: "Callable[[Stand], Awaitable[Sequence[Outcome]]]") -> Check:
        return Check(look.__name__.replace("_", "-"), " ".join((look.__doc__ or "").split()), next, see, alone, look)

    return made
