"""A rule of the protocol, in the form of its data file, and held to the catalogue as it is read.

It says which records set a duty off, which acts meet it, who owes it, and by when; on whose authority, and who has
verified that it says so.
"""

from typing import Annotated, Self

from pydantic import Field, StrictInt, StringConstraints, model_validator

from contracts.catalogue import CATALOGUE
from contracts.durations import Limit, Unit
from contracts.events.accounting import RuleId
from contracts.protocol import held
from contracts.protocol.records import Answers, Records
from contracts.protocol.terms import AT_SOURCE, UNVERIFIED, Concerns, NoLimit, Party, Role, Start, Tag
from contracts.tiers import Frozen

Sentence = Annotated[str, StringConstraints(min_length=3, max_length=600, strip_whitespace=True)]
MOST_WORKING_DAYS = 1_000
"""Public holidays are not known for ever."""
MOST_HOURS = 100_000
"""Eleven years: what a limit in numbers can be, too."""
Hours = Annotated[int, Field(strict=True, ge=1, le=MOST_HOURS)]


class Length(Frozen):
    """A limit in numbers; "the same day" is 0 days."""

    count: StrictInt
    unit: Unit

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        self.limit  # noqa: B018  raises ValueError
        if self.unit is Unit.WORKING_DAYS and self.count > MOST_WORKING_DAYS:
            raise ValueError(f"no limit: more than {MOST_WORKING_DAYS} working days")
        return self

    @property
    def limit(self) -> Limit:
        return Limit(self.count, self.unit)


class Escalation(Frozen):
    """To whom a duty goes that is unanswered so long after it was expected, in wall hours."""

    after_hours: Hours
    to: Party


class Rule(Frozen):
    """One rule. Hours are wall hours; `due_soon_hours` count back from the limit, `alarm_hours` on from the start."""

    id: RuleId
    says: Sentence
    trigger: Annotated[tuple[Records, ...], Field(min_length=1)]
    concerns: Concerns
    acts: Annotated[tuple[Answers, ...], Field(min_length=1)]
    owner: Party
    start: Start
    limit: Length | None = None
    no_limit: NoLimit | None = None
    due_soon_hours: Hours | None = None
    alarm_hours: Hours | None = None
    tell: tuple[Party, ...]
    tell_of_breach: tuple[Party, ...]
    escalate: tuple[Escalation, ...] = ()
    excused_by: tuple[Answers, ...] = ()
    withdrawn_by: tuple[Answers, ...] = ()
    authority: Sentence
    taken_as: Sentence | None = None
    tag: Tag
    verified_by: Sentence

    @property
    def verified(self) -> bool:
        return self.verified_by != UNVERIFIED

    @model_validator(mode="after")
    def _limit_or_none(self) -> Self:
        if (self.limit is None) is (self.no_limit is None):
            raise ValueError("either `limit` or `no_limit` is given")
        if (self.alarm_hours is None) is not (self.no_limit is None):
            raise ValueError("`alarm_hours` is given exactly where there is no limit in numbers")
        if self.due_soon_hours and self.no_limit:
            raise ValueError("`due_soon_hours` count back from a limit, and there is none")
        return self

    @model_validator(mode="after")
    def _verified_as_far_as_it_was_read(self) -> Self:
        if self.verified_by == AT_SOURCE and self.tag is not Tag.V:
            raise ValueError(f"what is tagged {self.tag} was not read in its source: `verified_by` is `{UNVERIFIED}`")
        return self

    @model_validator(mode="after")
    def _is_owed_by_who_can_know(self) -> Self:
        if self.owner == Role.OWNER:
            raise ValueError("`owner` names an agency or another role")
        for name in (name for records in self.trigger for name in records.types):
            held.party_can_be(name, self.owner)
        return self

    @model_validator(mode="after")
    def _is_told_to_who_is_there(self) -> Self:
        told = {"tell": self.tell, "tell_of_breach": self.tell_of_breach, "escalate": [one.to for one in self.escalate]}
        for place, parties in told.items():
            for name in self.trigger_types:
                for party in parties:
                    held.role_is_there(name, party, place)
        return self

    @model_validator(mode="after")
    def _speaks_of_one_thing(self) -> Self:
        for records in self.trigger:
            for name in records.types:
                held.concerns_can_be(name, self.concerns)
        for answers in (*self.acts, *self.excused_by, *self.withdrawn_by):
            for name in answers.types:
                held.concerns_can_be(name, answers.tie(self.concerns))
            for field in answers.same.values():
                held.fields_of_triggers(self.trigger_types, field)
        return self

    @model_validator(mode="after")
    def _is_received_by_who_can_be(self) -> Self:
        for answers in (*self.excused_by, *self.withdrawn_by):
            if answers.received_by:
                raise ValueError("`received_by` meets a duty: it stands in `acts` alone")
        for agency in (answers.received_by for answers in self.acts if answers.received_by):
            for name in self.trigger_types:
                held.can_be_received(name, agency)
        return self

    @model_validator(mode="after")
    def _sets_off_no_echo(self) -> Self:
        for name in self.trigger_types:
            held.is_no_echo(name, limited=self.limit is not None)
        return self

    @model_validator(mode="after")
    def _escalates_upwards(self) -> Self:
        hours = [step.after_hours for step in self.escalate]
        if hours != sorted(set(hours)):
            raise ValueError("the hours of `escalate` rise")
        return self

    @property
    def trigger_types(self) -> tuple[str, ...]:
        """By their moves too, as the catalogue has them."""
        moves = {move for records in self.trigger for move in records.moves}
        named = tuple(name for records in self.trigger for name in records.types)
        return named + tuple(entry.type for entry in CATALOGUE.values() if entry.move in moves)
