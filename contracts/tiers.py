"""Data tiers: what may travel, and where it may stand (docs/field.md 4).

Every field of every type bears exactly one tier, as `Annotated[..., Tier.S]`. A record in the log holds E and O
only; everything else travels in letters sealed to one receiver.
"""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Any

from pydantic import BaseModel, ConfigDict, create_model, model_validator


class Frozen(BaseModel):
    """The base of every document: immutable, and closed to fields that it does not name."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


Content = type[Frozen]
"""What a type says: the class of its fields."""


class Tier(StrEnum):
    E = "E"  # envelope
    O = "O"  # noqa: E741  outcome code; the field's own letter for it
    S = "S"  # safety facts
    A = "A"  # coded allegation and time window
    I = "I"  # noqa: E741  identity
    P = "P"  # pointer: custodian and hash, never content
    L = "L"  # law enforcement only


LOGGED = frozenset({Tier.E, Tier.O})
"""The tiers that the immutable log may hold: nothing in them can need erasing."""


@cache
def tiers_of(content: Content) -> Mapping[str, Tier]:
    """The tier of each field by name. Raises TypeError if a field bears none or several."""
    found = {}
    for name, field in content.model_fields.items():
        tiers = [mark for mark in field.metadata if isinstance(mark, Tier)]
        if len(tiers) != 1:
            raise TypeError(f"{content.__name__}.{name} bears {len(tiers)} tiers; every field bears exactly one")
        found[name] = tiers[0]
    return MappingProxyType(found)


@cache
def view(content: type[Frozen], tiers: frozenset[Tier]) -> type[Frozen]:
    """The model of what is left of `content` when only these tiers are seen; its rules between fields stay
    where E and O are seen, and read no other tier.
    """
    own = tiers_of(content)
    if set(own.values()) <= tiers:
        return content
    fields: dict[str, Any] = {
        name: (field.annotation, field) for name, field in content.model_fields.items() if own[name] in tiers
    }
    return create_model(
        f"{content.__name__}{''.join(sorted(tiers))}",
        __base__=Frozen,
        __doc__=content.__doc__,
        __validators__=_rules(content) if tiers >= LOGGED else {},
        **fields,
    )


def _rules(content: type[Frozen]) -> dict[str, Any]:
    found = content.__pydantic_decorators__.model_validators
    return {name: model_validator(mode="after")(rule.func) for name, rule in found.items()}


def cut(content: type[Frozen], values: dict[str, Any], tiers: AbstractSet[Tier]) -> dict[str, Any]:
    """The values that a holder of these tiers may see."""
    own = tiers_of(content)
    return {name: value for name, value in values.items() if own[name] in tiers}
