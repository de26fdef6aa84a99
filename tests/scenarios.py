"""What the agencies' systems send in the shipped scenarios."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

SCENARIOS = Path(__file__).parents[1] / "examples" / "scenarios"


def sent(agency: str) -> dict[str, set[str]]:
    """By command, the fields that this agency's system fills in any of them, by their paths."""
    found: dict[str, set[str]] = {}
    for path in SCENARIOS.glob("*.json"):
        for command in _commands(json.loads(path.read_text()), agency):
            found.setdefault(command["command"], set()).update(_paths(command["data"]))
    return found


def _commands(value: Any, agency: str) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, dict):
        if value.get("agency") == agency and isinstance(value.get("command"), dict):
            yield value["command"]
        for inner in value.values():
            yield from _commands(inner, agency)
    elif isinstance(value, list):
        for inner in value:
            yield from _commands(inner, agency)


def _paths(value: Mapping[str, Any], before: str = "") -> Iterator[str]:
    for name, inner in value.items():
        path = f"{before}{name}"
        groups = inner if isinstance(inner, list) else [inner]
        if not any(isinstance(one, dict) for one in groups):
            yield path
        for one in groups:
            if isinstance(one, dict):
                yield from _paths(one, f"{path}{'[]' if isinstance(inner, list) else ''}.")
