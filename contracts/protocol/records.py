"""Which records a rule means, as data: those that set it off, and those that answer them."""

from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from contracts.agencies import Agency
from contracts.protocol import held
from contracts.protocol.terms import LOGGED, Concerns
from contracts.standing import Move
from contracts.tiers import Frozen


class Records(Frozen):
    """Which records are meant: those of these types, or the acts on a handoff that make one of these moves.

    `by` names agencies, if it is not everybody's. `when` asks for codes at dotted paths; what was not given reads as
    `unknown`, and `service` is what the handoff asks for. `at` names the field that says when it was done; without it,
    that is the clock `occurred`.
    """

    types: tuple[str, ...] = ()
    moves: tuple[Move, ...] = ()
    by: tuple[Agency, ...] = ()
    when: dict[str, Annotated[tuple[StrictBool | str, ...], Field(min_length=1)]] = {}  # noqa: RUF012  pydantic's own
    at: str | None = None

    @model_validator(mode="after")
    def _are_in_the_catalogue(self) -> Self:
        self._names_some()
        for name in self.types:
            held.type_is_known(name)
            held.senders_are(name, self.by)
            if self.at and self.at != LOGGED:
                held.moment_is_known(name, self.at)
        if self.moves and self.at and self.at != LOGGED:
            raise ValueError(f"at: of a move it can be `{LOGGED}` alone")
        for path, codes in self.when.items():
            held.codes_are_known(self.types, path, codes)
        return self

    def _names_some(self) -> None:
        if bool(self.types) is bool(self.moves):
            raise ValueError("name either `types` or `moves`")


class Answers(Records):
    """Which records answer a trigger. `on` says what is the same of both, where the rule's `concerns` does not.

    `same` names fields that must be equal, of the answer and of the trigger; `id` is the trigger's own. `by_owner`: it
    is said by who owes the duty, or by whom a bypass in force then names instead. With `received_by` the answer is that
    this agency has the trigger's letter; or oversight has, where a bypass kept that one out of it.
    """

    on: Concerns | None = None
    same: dict[str, str] = {}  # noqa: RUF012  pydantic's own
    by_owner: StrictBool = False
    received_by: Agency | None = None

    def _names_some(self) -> None:
        if self.received_by is None:
            return super()._names_some()
        if self.model_fields_set != {"received_by"}:
            raise ValueError("`received_by` stands alone")
        return None

    @model_validator(mode="after")
    def _have_the_fields(self) -> Self:
        for name in self.types:
            for field in self.same:
                held.field_is_known(name, field)
        return self

    def tie(self, concerns: Concerns) -> Concerns:
        """What must be the same: of a move always the very handoff."""
        return Concerns.HANDOFF if self.moves else self.on or concerns
