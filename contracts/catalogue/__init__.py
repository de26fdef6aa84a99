"""The one table: every type, who may send it, who may receive which tiers of it, and what it does to a handoff.

One module a phase of a case. JSON Schemas, AsyncAPI, NATS accounts and permissions, and the documentation are generated
from here. Where `docs/field.md` leaves a choice, docs/adr/0021 says which was taken.
"""

from collections.abc import Mapping
from itertools import product
from types import MappingProxyType

from contracts.agencies import Agency
from contracts.catalogue import (
    accounting,
    erasing,
    handoffs,
    intervention,
    investigation,
    post,
    register,
    reintegration,
)
from contracts.entry import Entry
from contracts.errors import Refused
from contracts.standing import Move
from contracts.vocabulary.asking import OFFERED_BY, Service

_ENTRIES = (
    *handoffs.ENTRIES,
    *intervention.ENTRIES,
    *investigation.ENTRIES,
    *reintegration.ENTRIES,
    *register.ENTRIES,
    *accounting.ENTRIES,
    *erasing.ENTRIES,
    *post.ENTRIES,
)

CATALOGUE: Mapping[str, Entry] = MappingProxyType({entry.type: entry for entry in _ENTRIES})
COMMANDS: Mapping[str, Entry] = MappingProxyType({entry.command: entry for entry in _ENTRIES if entry.command})


def entry_of(type_name: str, version: str | None = None) -> Entry:
    """The entry of a type. Raises Refused `type.unknown`, or `version.unknown` for a version that is not today's."""
    entry = CATALOGUE.get(type_name)
    if entry is None:
        raise Refused("type.unknown", field="type")
    if version is not None and version != entry.version:
        raise Refused("version.unknown", field="dataschema")
    return entry


def _asked() -> tuple[tuple[Service, Agency], ...]:
    found = set[tuple[Service, Agency]]()
    for entry in (entry for entry in _ENTRIES if entry.move is Move.MAKE):
        offered = {entry.service: entry.asked} if entry.service else OFFERED_BY
        found |= {(service, agency) for service, agencies in offered.items() for agency in agencies & entry.asked}
    return tuple(one for one in product(Service, Agency) if one in found)


ASKED = _asked()
"""Every service with everybody who can be asked for it, by whatever type."""


def words(entry: Entry, service: Service) -> tuple[str, ...]:
    """The types by which an act's move is said on a handoff for this service: the field's own words, or the general."""
    alike = [other for other in _ENTRIES if other.move is entry.move]
    own = tuple(other.type for other in alike if service in other.services)
    return own or tuple(other.type for other in alike if not other.services)
