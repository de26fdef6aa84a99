"""A case as somebody knows it: what was said in it, in the log's order, and what was asked; pure.

Agencies' policies read what their agency knows; read models read what the log knows.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import Any
from uuid import UUID

from pydantic import TypeAdapter

from contracts.agencies import Agency
from contracts.bypass import INVOKED, LIFTED
from contracts.catalogue import entry_of
from contracts.catalogue.accounting import CORRECTED, KEPT_OPEN
from contracts.catalogue.reintegration import CLOSED, REOPENED
from contracts.standing import COME_TO_NOTHING, Standing
from contracts.vocabulary.asking import Service

UNLOGGED = 2**62
"""Past every position: an agency's own that is not logged yet stands last."""
EARLIEST = datetime.min.replace(tzinfo=UTC)
ABOUT = ("concerns", "suspect")
"""The fields by which content names a person."""


def whom(codes: Mapping[str, Any]) -> str | None:
    """The person_ref of whom content concerns, by its codes; None if it names nobody."""
    return (codes.get("concerns") or {}).get("ref")


@dataclass(frozen=True, slots=True)
class Addressed:
    """To whom an own act or fact went: its receivers, and those of them who were only notified."""

    receivers: tuple[str, ...]
    notified: AbstractSet[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Said:
    """One act or fact that counts: its codes are its content in tiers E and O, as put right since."""

    id: UUID
    by: str
    type: str
    codes: Mapping[str, Any]
    position: int = UNLOGGED
    kept_at: datetime = EARLIEST
    """Of an own one: when it was saved here; in this order go those that are not logged yet."""

    addressed: Addressed | None = None  # of an own one

    def about(self, person_ref: str) -> bool:
        """Does it concern this child, or this suspect?"""
        return any((self.codes.get(who) or {}).get("ref") == person_ref for who in ABOUT)


@dataclass(frozen=True, slots=True)
class Asked:
    """One handoff of the case, and what it has come to."""

    id: UUID
    service: Service | None
    concerns: str | None
    standing: Standing

    @property
    def open(self) -> bool:
        return self.standing.open


@dataclass(frozen=True, slots=True)
class CaseFile:
    """`said` in the log's order."""

    said: tuple[Said, ...] = ()
    asked: tuple[Asked, ...] = ()

    @classmethod
    def of(cls, said: Iterable[Said], asked: Iterable[Asked] = ()) -> "CaseFile":
        found = sorted(said, key=lambda one: (one.position, one.kept_at))
        corrections: dict[tuple[str, str, str], list[Said]] = {}
        for one in found:
            if one.type == CORRECTED:
                corrections.setdefault((one.by, one.codes["of_id"], one.codes["of_type"]), []).append(one)
        right = (put_right(one, corrections.get((one.by, str(one.id), one.type), ())) for one in found)
        return cls(tuple(right if corrections else found), tuple(asked))

    def all(self, *types: str, about: str | None = None) -> Iterator[Said]:
        """What was said in these types, of this person if one is named."""
        return (one for one in self.said if one.type in types and (about is None or one.about(about)))

    def last(self, *types: str, about: str | None = None) -> Said | None:
        found = list(self.all(*types, about=about))
        return found[-1] if found else None

    @property
    def bypasses(self) -> tuple[Said, ...]:
        """Those in force: invoked, and not lifted by oversight."""
        lifted = {one.codes["bypass_id"] for one in self.all(LIFTED)}
        return tuple(one for one in self.all(INVOKED) if str(one.id) not in lifted)

    @property
    def closed(self) -> bool:
        """Not by a closing of which the keeper has said that it is void."""
        kept_open = {one.codes["closing_id"] for one in self.all(KEPT_OPEN)}
        ends = [one for one in self.all(CLOSED, REOPENED) if str(one.id) not in kept_open]
        return bool(ends) and ends[-1].type == CLOSED

    def missing(self, child: str) -> Said | None:
        """By what a child is said to be missing, unless somebody has said since where it lives."""
        last = self.last("child.missing", "placement.changed", about=child)
        return last if last and last.type == "child.missing" else None

    def exams_ordered(self, child: str) -> list[Asked]:
        """Every order of an exam of this child, whatever has come of it; none that the log never took."""
        ordered = (one for one in self.asked if one.service is Service.FORENSIC_EXAM and one.standing.parties)
        return [one for one in ordered if one.concerns == child]


def active(asked: Iterable[tuple[Service | None, Standing]]) -> frozenset[Agency]:
    """Who works on a case: asked or was asked, and it is not over (docs/field.md 2). Who only looks at it does not."""
    worked = (standing for service, standing in asked if service is not Service.CONTENT_OPENING)
    alive = (one for one in worked if not one.closed and one.stage not in COME_TO_NOTHING)
    return frozenset(party for standing in alive for party in standing.parties)


def corrects(one: Said, said: Said) -> bool:
    """Does a correction speak of this?"""
    return (one.by, one.codes["of_id"], one.codes["of_type"]) == (said.by, str(said.id), said.type)


def put_right(said: Said, corrections: Iterable[Said]) -> Said:
    """What was said, with what its sender has put right since: `corrections` all speak of it."""
    codes = dict(said.codes)
    for one in corrections:
        codes |= {code["field"]: _spelled(said.type, code["field"], code["value"]) for code in one.codes["codes"]}
        codes |= {who: one.codes["concerns"] for who in ABOUT if _same_role(codes.get(who), one.codes["concerns"])}
    return replace(said, codes=codes)


def _spelled(type_name: str, field: str, value: Any) -> Any:
    """A value as every reader spells it: one moment has many spellings."""
    kind = _kind(type_name, field)
    return kind.dump_python(kind.validate_json(json.dumps(value)), mode="json")


@cache
def _kind(type_name: str, field: str) -> TypeAdapter[Any]:
    kind: Any = entry_of(type_name).content.model_fields[field].annotation
    return TypeAdapter(kind)


def _same_role(said: Mapping[str, Any] | None, right: Mapping[str, Any] | None) -> bool:
    """Only a child takes a child's place, and a suspect a suspect's."""
    return bool(said and right and said["role"] == right["role"])
