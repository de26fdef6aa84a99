"""A type with a made-up past: today's `child.missing` as if it were the second version, and a first one before it."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from types import MappingProxyType
from typing import Annotated, Any

import pytest
from pydantic import AwareDatetime

from contracts import catalogue, upcasts
from contracts.catalogue import CATALOGUE, COMMANDS
from contracts.entry import Entry
from contracts.shapes import Child, Identity, Safety
from contracts.tiers import Frozen, Tier
from contracts.upcasts import Upcast

TYPE = "child.missing"


class MissingAtFirst(Frozen):
    """Nobody knows where the child is. In other words than today's, in the log and in letters."""

    concerns: Annotated[Child, Tier.E]
    gone_since: Annotated[AwareDatetime, Tier.E]
    dangers: Annotated[Safety | None, Tier.S] = None
    identity: Annotated[Identity | None, Tier.I] = None


def lift(content: dict[str, Any], tiers: frozenset[Tier]) -> Mapping[str, Any]:
    """The older words in today's; nothing of a tier that its reader does not see."""
    found: dict[str, Any] = {name: content[name] for name in ("concerns", "identity") if name in content}
    found["missing_since"] = content["gone_since"]
    if Tier.S in tiers:
        found["safety"] = content["dangers"]
    return found


_NOW = CATALOGUE[TYPE]
_SAID = {name: value for name, value in _NOW.example.items() if name in ("concerns", "identity")}
SAID_AT_FIRST = _SAID | {"gone_since": _NOW.example["missing_since"], "dangers": _NOW.example["safety"]}
FIRST = replace(_NOW, version="1.0", content=MissingAtFirst, example=SAID_AT_FIRST)
SECOND = replace(_NOW, version="2.0")
UPCAST = Upcast(type=TYPE, last="1.0", next="2.0", content=MissingAtFirst, lift=lift)


@contextmanager
def as_of(entry: Entry, *lifted_by: Upcast) -> Iterator[None]:
    """While it lasts, the catalogue has this entry of its type, and these upcasts are all that there are."""
    others = {name: known for name, known in COMMANDS.items() if known.type != entry.type}
    commands = {**others, entry.command: entry} if entry.command else others
    with _holding({**CATALOGUE, entry.type: entry}, commands, lifted_by):
        yield


@contextmanager
def without(type_name: str) -> Iterator[None]:
    """As it was when there was no such type."""
    types = {name: entry for name, entry in CATALOGUE.items() if name != type_name}
    commands = {name: entry for name, entry in COMMANDS.items() if entry.type != type_name}
    with _holding(types, commands, ()):
        yield


@contextmanager
def _holding(
    types: Mapping[str, Entry], commands: Mapping[str, Entry], lifted_by: tuple[Upcast, ...]
) -> Iterator[None]:
    """Whatever holds by now, one inside another."""
    with pytest.MonkeyPatch.context() as patched:
        for name, other in (("CATALOGUE", types), ("COMMANDS", commands)):
            now, kept = vars(catalogue)[name], MappingProxyType(dict(other))
            for module in list(sys.modules.values()):
                if vars(module).get(name) is now and module.__name__ != __name__:
                    patched.setattr(module, name, kept)
        patched.setattr(upcasts, "UPCASTS", lifted_by)
        yield


@contextmanager
def at_first() -> Iterator[None]:
    """As it was when the type had its first version."""
    with as_of(FIRST):
        yield


@contextmanager
def today() -> Iterator[None]:
    """As it is now that it has its second."""
    with as_of(SECOND, UPCAST):
        yield
