"""Which office lies in which municipality: data that a country replaces, and corrects, without touching code.

Records name offices alone. So the office is what is kept, and a table that is corrected holds for what was before, too.
"""

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, StringConstraints, ValidationError, model_validator

from contracts import toml_lines
from contracts.errors import BarnabusError
from contracts.events.accounting import Label
from contracts.shapes import OfficeCode
from contracts.tiers import Frozen
from contracts.toml_lines import Misplaced

SHIPPED = Path(__file__).parent / "xk.toml"
"""The default, of Kosovo."""
MADE_UP = SHIPPED.with_name("made-up.toml")
"""Of a made-up year's towns."""
ELSEWHERE = "elsewhere"
"""Where a handoff lies of whose offices the table places none."""
Name = Annotated[str, StringConstraints(min_length=1, max_length=80, strip_whitespace=True)]
Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]


class Municipality(Frozen):
    """`names` by language, such as `sq`; offices that serve several municipalities stand in none."""

    id: Code
    names: Mapping[Code, Name] = {}
    offices: tuple[OfficeCode, ...]

    def name(self, language: str) -> str:
        """In this language, else in all that there are; else its id."""
        return self.names.get(language) or " / ".join(dict.fromkeys(self.names.values())) or self.id


class Places(Frozen):
    """Each municipality once, and each office in one of them at most."""

    jurisdiction: Label
    municipalities: Annotated[tuple[Municipality, ...], Field(alias="municipality", min_length=2)]

    @model_validator(mode="after")
    def _names_everything_once(self) -> Self:
        ids, offices = {ELSEWHERE}, dict[str, str]()
        for number, one in enumerate(self.municipalities):
            if one.id in ids:
                raise Misplaced(f"`{one.id}` stands twice, or is kept for what lies in none", "municipality", number)
            ids.add(one.id)
            for office in one.offices:
                if office in offices:
                    says = f"`{office}` stands in {offices[office]}, too"
                    raise Misplaced(says, "municipality", number, "offices")
                offices[office] = one.id
        return self

    @property
    def ids(self) -> tuple[str, ...]:
        """In the order of the table; what lies in none of them comes last."""
        return (*(one.id for one in self.municipalities), ELSEWHERE)

    @cached_property
    def _by_office(self) -> Mapping[str, str]:
        return {office: one.id for one in self.municipalities for office in one.offices}

    def of(self, opener_office: str | None, receiver_office: str | None) -> str:
        """Where a handoff lies: with the office that asks; if the table does not place it, with the one that is asked.

        The office that asks is named when a handoff is made, so that accepting moves none that is placed.
        """
        by_office = self._by_office
        return by_office.get(opener_office or "") or by_office.get(receiver_office or "") or ELSEWHERE


def read(path: Path) -> Places:
    """Raises BarnabusError `places.invalid`, with file, line, municipality and field of the first mistake."""
    text, data = toml_lines.read(path, "places.invalid")
    try:
        return Places.model_validate(data)
    except ValidationError as error:
        detail = toml_lines.mistake(path, text, data, error, "municipality")
        raise BarnabusError("places.invalid", detail=detail) from None
