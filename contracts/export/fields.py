"""The fields of a content as rows, groups inside it included: read off its JSON Schema, so that both say the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.tiers import Frozen, Tier, tiers_of

_KINDS = {"uuid": "id (UUID)", "date-time": "moment with its offset", "date": "date"}
_TYPES = {"string": "text", "integer": "number", "boolean": "true or false"}


@dataclass(frozen=True, slots=True)
class FieldRow:
    """One field by its path. `codes` are all the values that it may hold, where they are a closed list."""

    name: str
    tier: Tier
    kind: str
    required: bool
    codes: tuple[str, ...]


def fields(content: type[Frozen]) -> list[FieldRow]:
    """Every field of a content; a field inside a group bears the group's tier."""
    schema = content.model_json_schema()
    tiers = tiers_of(content)
    return [
        row
        for name in schema["properties"]
        for row in _rows(name, schema["properties"][name], tiers[name], name in schema.get("required", ()), schema)
    ]


def _rows(
    name: str, found: Mapping[str, Any], tier: Tier, required: bool, whole: Mapping[str, Any]
) -> Iterator[FieldRow]:
    shape = _resolved(found, whole)
    many = shape.get("type") == "array"
    one = _resolved(shape["items"], whole) if many else shape
    yield FieldRow(name, tier, f"list of {_kind(one)}{_count(shape)}" if many else _kind(one), required, _codes(one))
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


def _count(shape: Mapping[str, Any]) -> str:
    fewest, most = shape.get("minItems", 0), shape.get("maxItems")
    return f", {fewest} to {most}" if most else ""


def _codes(shape: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(shape.get("enum", ())) or ((str(shape["const"]).lower(),) if "const" in shape else ())
