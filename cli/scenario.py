"""Scenarios: JSON commands as agencies' systems would send them, step by step; `cli/player.py` plays them.

A step says what happens (`say`) and does one thing: `send` one command, send several `together`, `kill` a process,
let one die at a named point (`die_at`), `start` it again, await what is `heard`, or see that something was `not_heard`.
"""

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.tiers import Frozen


class Sent(Frozen):
    agency: Agency
    command: dict[str, Any]
    expect: str | None = None  # the code of a refusal, or the reason of a void, where that is the point


class Awaited(Frozen):
    agency: Agency
    id: str


class DieAt(Frozen):
    agency: Agency
    point: str


class Step(Frozen):
    say: str
    send: Sent | None = None
    together: tuple[Sent, ...] = ()
    kill: Agency | None = None
    die_at: DieAt | None = None
    start: Agency | None = None
    heard: Awaited | None = None
    not_heard: Awaited | None = None  # by that agency's own system, once everybody has signed for all letters


class Scenario(Frozen):
    title: str
    story: str
    steps: tuple[Step, ...]
    point: str | None = None  # what a reader sees in who holds what, after all that


def read_all(folder: Path) -> list[Scenario]:
    """The scenarios of a folder by file name. Raises `file.unreadable`, naming the file."""
    found = []
    for path in sorted(folder.glob("*.json")):
        try:
            found.append(Scenario.model_validate_json(path.read_bytes()))
        except (OSError, ValidationError) as error:
            raise Refused("file.unreadable", detail=f"{path}: {type(error).__name__}.") from None
    if not found:
        raise Refused("file.unreadable", detail=f"No scenarios in {folder}.")
    return found
