"""The description of one page's twin: its path, who sees it, what can be asked of it, and the shape of its document."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from console import paging
from console.asked import LONGEST_WORD
from console.roles import Part
from contracts.agencies import EVERYBODY
from contracts.tiers import Frozen

Shape = Frozen
"""A document is closed: a key that its shape does not name is a mistake in one of the two."""
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Word:
    """One word of an address: its name, what it says, and which values it has."""

    name: str
    says: str
    schema: Schema

    @classmethod
    def code(cls, name: str, says: str, codes: Iterable[str]) -> Self:
        return cls(name, says, {"type": "string", "enum": list(map(str, codes))})

    @classmethod
    def agency(cls, name: str, says: str) -> Self:
        return cls.code(name, says, sorted(agency.value for agency in EVERYBODY))

    @classmethod
    def yes(cls, name: str, says: str) -> Self:
        return cls.code(name, says, ("yes",))

    @classmethod
    def text(cls, name: str, says: str, **more: Any) -> Self:
        return cls(name, says, {"type": "string", "maxLength": LONGEST_WORD, **more})

    @classmethod
    def number(cls, name: str, says: str, least: int = 0, **more: Any) -> Self:
        return cls(name, says, {"type": "integer", "minimum": least, **more})


PERIOD = r"^\d{4}(-(Q[1-4]|0[1-9]|1[0-2]))?$"
IN = Word.text("period", "A year, a quarter or a month, as 2021, 2021-Q3 or 2021-03.", pattern=PERIOD)
LIMIT = Word.number("limit", "So many rows at most.", 1, maximum=paging.MOST, default=paging.PER_PAGE)


@dataclass(frozen=True, slots=True)
class Twin:
    """`path` is the page's; `words` are all that its address may say; `refusals` beside those that every twin has.

    `within` are the words in its path; `later` is the shape of the answer (503) while it is still being reckoned;
    `instead` is that of what is shown in its place where one of the words asks for another reading.
    """

    path: str
    part: Part
    says: str
    shape: type[Shape]
    words: Sequence[Word] = ()
    within: Sequence[Word] = ()
    refusals: Sequence[str] = ()
    later: type[Shape] | None = None
    instead: type[Shape] | None = None
