"""How what was said in an older version of a type is read by today's: the bytes stay, only what is read is lifted.

Within one major version nothing is to be done, for a minor step only adds what may be absent (docs/contracts.md). From
one major version to the next leads one upcast; several in a row lead from the first to today's.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.entry import Entry
from contracts.errors import Refused
from contracts.tiers import Content, Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class Upcast:
    """From the last version of one major to a version of the next.

    `content` is the class of fields as that last version had it: what is lifted is checked by it first, so `lift` meets
    nothing that the older contract would not have let through. `lift` is pure: it gets all fields of the tiers that its
    reader sees, as JSON spells them, and those tiers; it gives fields of these tiers alone.
    """

    type: str
    last: str
    next: str
    content: Content
    lift: Callable[[dict[str, Any], frozenset[Tier]], Mapping[str, Any]]


UPCASTS: tuple[Upcast, ...] = ()
"""None yet: no type has had another version than its first."""


def steps(entry: Entry, version: str) -> tuple[Upcast, ...]:
    """The upcasts that lead from a version to today's; none where today's reads it as it is.

    Raises Refused `version.unknown` for a version that is newer, or from which no way leads.
    """
    found = list[Upcast]()
    while numbers(version)[0] != numbers(entry.version)[0]:
        step = next((one for one in UPCASTS if one.type == entry.type and _begins(one, version)), None)
        if step is None:
            raise Refused("version.unknown", field="dataschema")
        found.append(step)
        version = step.next
    if numbers(version) > numbers(entry.version):
        raise Refused("version.unknown", field="dataschema")
    return tuple(found)


def numbers(version: str) -> tuple[int, int]:
    """Major and minor."""
    major, _, minor = version.partition(".")
    return int(major), int(minor)


def _begins(upcast: Upcast, version: str) -> bool:
    (major, minor), (of, last) = numbers(version), numbers(upcast.last)
    return major == of and minor <= last
