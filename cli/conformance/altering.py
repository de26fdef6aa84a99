"""Letters as a newer adapter would tell them, or as large as one can be. Pure."""

from collections.abc import Mapping
from typing import Any

from contracts.envelope import COMMAND_LIMIT_BYTES

UNKNOWN_TYPE = "child.seen-from-afar"
UNKNOWN_FIELD = "not_in_your_version"
UNKNOWN_CODE = "code-of-a-newer-version"
Letter = Mapping[str, Any]


def asks(letter: Letter) -> bool:
    """Does it ask for something, rather than say what becomes of what was asked?"""
    return letter["standing"] is not None and letter["content"].get("handoff_id") is None


def newer_minor(letter: Letter) -> Letter:
    """A later 1.x: fields that nobody knew before, at every level, and a code that nobody knew."""
    if not asks(letter):
        return letter
    new = {UNKNOWN_FIELD: {"since": "1.9"}}
    content = {**letter["content"], **new}
    if "urgency" in content:
        content["urgency"] = UNKNOWN_CODE
    major = letter["version"].partition(".")[0]
    standing = {**letter["standing"], **new}
    return {**letter, **new, "version": f"{major}.9", "content": content, "standing": standing}


def newer_major(letter: Letter) -> Letter:
    """The next major version: its fields may be others."""
    if not asks(letter):
        return letter
    major = int(letter["version"].partition(".")[0])
    return {**letter, "version": f"{major + 1}.0", "content": {UNKNOWN_FIELD: {"content": letter["content"]}}}


def newer_type(letter: Letter) -> Letter:
    """A type that nobody knew."""
    if not asks(letter):
        return letter
    content = {UNKNOWN_FIELD: "2019-01-17"}
    return {**letter, "type": UNKNOWN_TYPE, "version": "1.0", "content": content, "standing": None}


def largest(letter: Letter) -> Letter:
    """With as much content as a command can hold."""
    if not asks(letter):
        return letter
    return {**letter, "content": {**letter["content"], UNKNOWN_FIELD: "x" * COMMAND_LIMIT_BYTES}}
