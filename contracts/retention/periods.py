"""A period: which types it is for, from when it counts, how long it is, and by what authority."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, Self

from pydantic import Field, StringConstraints, model_validator

from contracts.catalogue import CATALOGUE
from contracts.events.accounting import Label, RuleId
from contracts.protocol.terms import AT_SOURCE, UNVERIFIED, Tag
from contracts.tiers import Frozen
from contracts.toml_lines import Misplaced

ALL_OTHERS = "*"
MOST = 36_500
"""So many days or years at most."""
Sentence = Annotated[str, StringConstraints(min_length=1, max_length=400, strip_whitespace=True)]


class Start(StrEnum):
    CASE_CLOSED = "case-closed"
    LAST_ACT = "last-act"  # the last that was said in the case, its closing or a later one


@dataclass(frozen=True, slots=True)
class Ending:
    """Of a case that is closed and in which nothing is owed: when it was closed, and when the last was said in it."""

    closed_at: datetime
    last_act_at: datetime


class Length(Frozen):
    count: Annotated[int, Field(strict=True, ge=1, le=MOST)]
    unit: Literal["days", "years"]

    def after(self, start: datetime) -> datetime:
        """The 29th of February ends with the first of March: nothing goes a day too early."""
        if self.unit == "days":
            return start + timedelta(days=self.count)
        try:
            return start.replace(year=start.year + self.count)
        except ValueError:
            return start.replace(year=start.year + self.count, month=3, day=1)


class Period(Frozen):
    """`tag` and `verified_by` are the protocol's: how far its authority was looked up, and who has reviewed it."""

    id: RuleId
    says: Sentence
    types: Annotated[tuple[str, ...], Field(min_length=1)]
    start: Start
    keep: Length
    authority: Sentence
    tag: Tag
    verified_by: Sentence

    @model_validator(mode="after")
    def _names_types_that_there_are(self) -> Self:
        for name in self.types:
            if name != ALL_OTHERS and name not in CATALOGUE:
                raise Misplaced(f"`{name}` is not in the catalogue", "types")
        return self

    @model_validator(mode="after")
    def _verified_as_far_as_it_was_read(self) -> Self:
        if self.verified_by == AT_SOURCE and self.tag is not Tag.V:
            says = f"what is tagged {self.tag} was not read in its source: `verified_by` is `{UNVERIFIED}`"
            raise Misplaced(says, "verified_by")
        return self

    def ends(self, ending: Ending) -> datetime:
        """From then on what it is for may be kept no longer."""
        return self.keep.after(ending.closed_at if self.start is Start.CASE_CLOSED else ending.last_act_at)


class Periods(Frozen):
    """Every type has one: its own, or that of all others."""

    jurisdiction: Label
    version: Label
    periods: Annotated[tuple[Period, ...], Field(alias="period", min_length=1)]

    @model_validator(mode="after")
    def _names_a_type_once(self) -> Self:
        seen = set[str]()
        for number, period in enumerate(self.periods):
            for name in period.types:
                if name in seen:
                    raise Misplaced(f"`{name}` stands twice", "period", number, "types")
                seen.add(name)
        if ALL_OTHERS not in seen:
            raise ValueError(f"no period is for all others: `{ALL_OTHERS}`")
        return self

    @cached_property
    def _by_type(self) -> dict[str, Period]:
        return {name: period for period in self.periods for name in period.types}

    def of(self, type_name: str) -> Period:
        return self._by_type.get(type_name) or self._by_type[ALL_OTHERS]

    def due(self, types: Iterable[str], ending: Ending, now: datetime) -> dict[str, datetime]:
        """Of these types those whose period is over, and since when."""
        ends = {name: self.of(name).ends(ending) for name in set(types)}
        return {name: ends[name] for name in sorted(ends) if ends[name] <= now}
