"""The one table of codes, a module a subject. A code is part of the contract: never renamed and never reused."""

from collections.abc import Mapping
from types import MappingProxyType

from contracts.codes import (
    console,
    decisions,
    documents,
    erasing,
    log,
    looking,
    opening,
    policies,
    post,
    releases,
    running,
    ways,
)
from contracts.codes.code import Code

_MODULES = (documents, decisions, policies, ways, post, opening, log, looking, erasing, running, releases, console)
CODES: Mapping[str, Code] = MappingProxyType({name: code for module in _MODULES for name, code in module.CODES.items()})
assert len(CODES) == sum(len(module.CODES) for module in _MODULES), "a code stands in one place"
