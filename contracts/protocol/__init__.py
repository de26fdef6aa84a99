"""The protocol: what is owed, by whom and by when, as data that a country replaces without touching code.

A folder holds one jurisdiction's versions, a TOML file each. A duty is judged by the version that was in force when it
began, so a replay of what was before a version's date uses the one before it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import combinations
from pathlib import Path

from contracts.errors import BarnabusError
from contracts.protocol.reading import read_version
from contracts.protocol.rules import Rule
from contracts.protocol.version import Version

SHIPPED = Path(__file__).parent / "xk"
"""The default protocol, of Kosovo."""


@dataclass(frozen=True)
class Protocol:
    """The versions of one jurisdiction, the oldest first."""

    versions: tuple[Version, ...]

    @cached_property
    def rule_ids(self) -> tuple[str, ...]:
        """Of every version, each once."""
        return tuple(dict.fromkeys(rule.id for version in self.versions for rule in version.rules))

    @cached_property
    def set_off_by(self) -> Mapping[str, tuple[str, ...]]:
        """By type, the rules of which some version can be set off by a record of it; in the order of `rule_ids`."""
        meant: dict[str, set[str]] = {}
        for rule in (rule for version in self.versions for rule in version.rules):
            for name in rule.trigger_types:
                meant.setdefault(name, set()).add(rule.id)
        return {name: tuple(one for one in self.rule_ids if one in ids) for name, ids in meant.items()}

    def judging(self, rule_id: str, begins: Callable[[Version, Rule], datetime | None]) -> tuple[Version, Rule] | None:
        """The version of a rule by which a duty is judged that begins then; None if no duty does.

        `begins` says from when the duty would run by a version's rule, None if that one sets off none. The newest
        version counts that was in force then by its own clock.
        """
        next_begins: datetime | None = None
        for version in reversed(self.versions):
            rule = version.rule(rule_id)
            start = begins(version, rule) if rule else None
            if rule and start and start >= version.begins:
                return (version, rule) if next_begins is None or start < next_begins else None
            if start is None:
                next_begins = version.begins
        return None


def read(folder: Path | None = None) -> Protocol:
    """The protocol in a folder, or the shipped one.

    Raises BarnabusError `protocol.invalid`, with file, line, rule and field where one of these is wrong.
    """
    place = folder or SHIPPED
    found = sorted(map(read_version, sorted(place.glob("*.toml"))), key=lambda version: version.applies_from)
    if not found:
        raise BarnabusError("protocol.invalid", detail=f"{place} holds no file *.toml.")
    if len({one.jurisdiction for one in found}) > 1:
        raise BarnabusError("protocol.invalid", detail=f"{place} holds several jurisdictions; a folder has one.")
    for one, other in combinations(found, 2):
        if one.applies_from == other.applies_from or one.version == other.version:
            alike = f"{one.version} from {one.applies_from} and {other.version} from {other.applies_from}"
            raise BarnabusError("protocol.invalid", detail=f"{place}: versions differ in name and first day: {alike}.")
    return Protocol(tuple(found))
