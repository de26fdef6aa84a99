"""The fields of a content as rows, groups inside it included: read off its JSON Schema, so that both say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from contracts.tiers import Frozen, Tier, tiers_of

_KINDS = {"uuid": "id (UUID)", "date-time": "moment with its offset", "date": "date"}
FEWEST, MOST = ("minItems", "minLength", "minimum", "exclusiveMinimum"), ("maxItems", "maxLength", "maximum")
LIMITS = (*FEWEST, *MOST, "pattern")
_TYPES = {"string": "text", "integer": "number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field by its path. `codes` are all the values that it may hold, where they are a closed list.

    `limits` are those of its value by their names in JSON Schema; of a list with `Items`, those of the list.
    """

    name: str
    tier: Tier | None
    kind: str
    required: bool
    codes: tuple[str, ...]
    limits: Mapping[str, Any] = field(default_factory=dict)
    nullable: bool = False
    default: str | int | bool | None = None  # what it is where it is left out, if that is one value

    @property
    def shown(self) -> str:
        """Its kind, with how many there may be of it."""
        fewest, most = self.limits.get("minItems", 0), self.limits.get("maxItems")
        return f"{self.kind}, {fewest} to {most}" if most else self.kind


def fields(content: type[Frozen]) -> list[FieldRow]:
    """Every field of a content; a field inside a group bears the group's tier."""
    return list(_all(content, tiers_of(content)))


def untiered(document: type[Frozen]) -> list[FieldRow]:
    """Likewise of a document around contents, whose fields bear no tier."""
    return list(_all(document, {}))


def _all(content: type[Frozen], tiers: Mapping[str, Tier]) -> Iterator[FieldRow]:
    schema = content.model_json_schema()
    for name, found in schema["properties"].items():
        yield from _rows(name, found, tiers.get(name), name in schema.get("required", ()), schema)


def _rows(
    name: str, found: Mapping[str, Any], tier: Tier | None, required: bool, whole: Mapping[str, Any]
) -> Iterator[FieldRow]:
    shape = _resolved(found, whole)
    many = shape.get("type") == "array"
    one = _resolved(shape["items"], whole) if many else shape
    null = any(choice.get("type") == "null" for choice in found.get("anyOf", ()))
    kind = f"list of {_kind(one)}" if many else _kind(one)
    yield FieldRow(
        name, tier, kind, required, _codes(one), _limits(one) | (_limits(shape) if many else {}), null, _default(found)
    )
    for inner, value in one.get("properties", {}).items():
        path = f"{name}{'[]' if many else ''}.{inner}"
        yield from _rows(path, value, tier, inner in one.get("required", ()), whole)


def _resolved(found: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands behind a reference, or beside `null` in an optional field; of several lists of codes, all of them."""
    choices = [_resolved(choice, whole) for choice in found.get("anyOf", ()) if choice.get("type") != "null"]
    if len(choices) > 1 and all("enum" in choice for choice in choices):
        return {**choices[0], "enum": [code for choice in choices for code in choice["enum"]]}
    if choices:
        return choices[0]
    if "$ref" in found:
        return _resolved(whole["$defs"][found["$ref"].rpartition("/")[2]], whole)
    return found


def _kind(shape: Mapping[str, Any]) -> str:
    if "enum" in shape or "const" in shape:
        return "code"
    if "properties" in shape:
        return "group"
    return _KINDS.get(shape.get("format", ""), "") or _TYPES.get(shape.get("type", ""), "what fits the field")


def _default(found: Mapping[str, Any]) -> str | int | bool | None:
    value = found.get("default")
    return value if isinstance(value, str | int | bool) else None


def _limits(shape: Mapping[str, Any]) -> dict[str, Any]:
    return {name: shape[name] for name in LIMITS if name in shape}


def _codes(shape: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(shape.get("enum", ())) or ((str(shape["const"]).lower(),) if "const" in shape else ())
