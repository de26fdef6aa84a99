"""The contracts as pages: each type with its meaning, who says it to whom, its fields and tiers, schema and example."""

import json
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from console.asked import Asked
from console.pages import Page
from console.releases import Releases
from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.errors import BarnabusError
from contracts.export import examples
from contracts.export.fields import fields
from contracts.releasing.rules import RULES
from contracts.tiers import Tier

SCHEMAS = ("command", "record", "letter", "told")
"""What a type is on its way: as its system says it, in the log, sealed to one receiver, as that one is told."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    releases: Releases

    async def every(self, asked: Asked) -> Page:
        asked.query()
        types = [_line(entry) for entry in CATALOGUE.values()]
        return Page("contracts.html", {"releases": self.releases.states[:-1], "types": types})

    async def one(self, asked: Asked) -> Page:
        """Raises `path.unknown`; `release.altered`."""
        asked.query()
        entry = CATALOGUE.get(asked.request.path_params["type"])
        if entry is None:
            raise BarnabusError("path.unknown")
        found = _whole(entry.type) | {"releases": await self.releases.history(entry.type)}
        return Page("contract.html", found, {"rules": RULES})


def _line(entry: Entry) -> dict[str, Any]:
    return {
        "type": entry.type,
        "version": entry.version,
        "command": entry.command,
        "meaning": entry.meaning,
        "senders": sorted(agency.value for agency in entry.senders),
        "receivers": {
            to.value: [tier.value for tier in Tier if tier in entry.seen_by(to)] for to in sorted(entry.receivers)
        },
    }


@cache
def _whole(type_name: str) -> dict[str, Any]:
    entry = CATALOGUE[type_name]
    shown = [
        {
            "field": f.name,
            "tier": str(f.tier) if f.tier else None,
            "kind": f.shown,
            "required": f.required,
            "codes": list(map(str, f.codes)),
        }
        for f in fields(entry.content)
    ]
    return {
        **_line(entry),
        "fields": shown,
        "example": examples.document(entry, entry.example),
        "schemas": {of: schema for of in SCHEMAS if (schema := _schema(type_name, of))},
    }


def _schema(type_name: str, of: str) -> Any:
    """As it is committed for integrators; None of what there is none."""
    found = resources.files("contracts").joinpath("schemas", f"{type_name}.{of}.json")
    return json.loads(found.read_text(encoding="utf-8")) if found.is_file() else None
