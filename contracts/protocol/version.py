"""One version of a jurisdiction's protocol: from when it applies, by which calendar it counts, and its rules."""

from datetime import UTC, date, datetime, time
from functools import cached_property
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, model_validator

from contracts.durations import Office
from contracts.events.accounting import Label
from contracts.protocol.rules import Rule
from contracts.tiers import Frozen
from contracts.toml_lines import Misplaced
from contracts.workdays import WEEKDAYS, WorkingDays

ALL_DAYS = frozenset(range(7))


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError(f"no time zone `{name}`") from None
    return name


class Version(Frozen):
    """`applies_from` is the first day, in its own zone. `holidays` is a country's ISO code; without it no day is free.

    `weekdays` are those that are worked, Monday 0 to Sunday 6. `taken_for_received_hours` are wall hours: where a limit
    counts from a receipt, it counts from so long after the letter was logged if nobody has signed for it earlier.
    """

    jurisdiction: Label
    version: Label
    applies_from: date
    zone: Annotated[str, AfterValidator(_zone)]
    holidays: str | None = None
    weekdays: frozenset[int] = WEEKDAYS
    taken_for_received_hours: Annotated[int, Field(strict=True, ge=1, le=720)] = 4
    rules: Annotated[tuple[Rule, ...], Field(alias="rule")]

    @model_validator(mode="after")
    def _knows_its_days(self) -> Self:
        try:
            self.office.days.includes(self.applies_from)
            self.begins  # noqa: B018
        except NotImplementedError:
            raise Misplaced(f"those of `{self.holidays}` are not known", "holidays") from None
        except OverflowError:
            raise Misplaced("no moment on that day can be reckoned with", "applies_from") from None
        except ValueError as error:
            raise Misplaced(
                str(error), "weekdays" if self.weekdays - ALL_DAYS or not self.weekdays else "holidays"
            ) from None
        return self

    @model_validator(mode="after")
    def _names_a_rule_once(self) -> Self:
        ids = [rule.id for rule in self.rules]
        if not ids:
            raise ValueError("no rule stands in it")
        for number, rule_id in enumerate(ids):
            if rule_id in ids[:number]:
                raise Misplaced(f"a rule stands twice: {rule_id}", "rule", number, "id")
        return self

    @cached_property
    def office(self) -> Office:
        """By whose days its limits count; a limit in days ends with its last day, whenever an office closes."""
        return Office(days=WorkingDays(self.weekdays, self.holidays), zone=ZoneInfo(self.zone))

    @cached_property
    def begins(self) -> datetime:
        """The first moment at which it is in force."""
        return datetime.combine(self.applies_from, time.min, ZoneInfo(self.zone)).astimezone(UTC)

    def rule(self, rule_id: str) -> Rule | None:
        return self._by_id.get(rule_id)

    @cached_property
    def _by_id(self) -> dict[str, Rule]:
        return {rule.id: rule for rule in self.rules}
