"""Who looked into which case, over all of them: oversight's page, and nobody else's.

A person's label would be personal in an address, and so would a credential's id, which stands for one person. So one
person's looks are asked for by the place of any one of them in the log, as a case is by the place of its first record.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Engine

from console import paging
from console.asked import Asked
from console.pages import Page
from console.sources import Sources
from contracts.agencies import FIELD
from contracts.vocabulary.accounting import AccessPurpose
from projections import access_log
from projections.access_log import Choice
from projections.snapshot import snapshot

ASKED = ("agency", "purpose", "emergencies", "period", "person_of", "after", "limit")


class Accesses:
    def __init__(self, sources: Sources) -> None:
        self._sources = sources

    async def log(self, asked: Asked) -> Page:
        """Raises Refused `option.invalid`, `agency.unknown`."""
        said = asked.query(*ASKED)
        found = await self._sources.read(lambda view: _read(view, said))
        more = {
            "said": said,
            "kept": {name: said[name] for name in ("period",) if name in said},
            "field": [agency.value for agency in FIELD],
            "purposes": [*AccessPurpose],
            "table": _by_agency(found["groups"], "purpose", "looks"),
            "grounds": _by_agency(found["grounds"], "ground", "emergencies"),
            "next": paging.following(asked, said, found["accesses"], found["limit"], "position"),
        }
        return Page("accesses.html", found, more)


def _read(view: Engine, said: Mapping[str, str]) -> dict[str, Any]:
    like = said.get("person_of")
    with snapshot(view) as connection:
        place = access_log.place(like, "person_of") if like else None
        person = access_log.person_at(connection, place, "person_of") if place is not None else None
        choice = Choice.of(said, person=person, limit=paging.limit(said))
        return access_log.read(connection, choice)


def _by_agency(groups: list[dict[str, Any]], name: str, number: str) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for group in groups:
        found.setdefault(group["agency"], {})[group[name]] = group[number]
    return found
