"""The flow within one municipality: how many were made in a year and are open, without small counts (docs/adr/0046)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from unicodedata import normalize

from sqlalchemy import Engine

from console.pages import Page
from console.words import Words
from contracts.agencies import FIELD
from contracts.places import ELSEWHERE, Places
from projections import municipal
from projections.snapshot import snapshot


@dataclass(frozen=True, slots=True)
class Choices:
    """What can be chosen: municipalities by name, those of no municipality last, and years, the newest first."""

    names: Mapping[str, str]
    years: Sequence[str]


def choices(view: Engine, named: Places | None, words: Words) -> Choices:
    with snapshot(view) as connection:
        table, years = municipal.table_of(connection, named), municipal.years(connection)
    language = words.language.value.partition("-")[0]
    names = {one.id: one.name(language) for one in table.municipalities}
    ordered = dict(sorted(names.items(), key=lambda one: normalize("NFD", one[1])))
    return Choices(ordered | {ELSEWHERE: words.say("In no municipality")}, years)


def read(view: Engine, said: Mapping[str, str], named: Places | None) -> dict[str, Any]:
    """As `barnabus handoffs summary --municipality … --json` has it. Raises Refused `option.invalid`."""
    with snapshot(view) as connection:
        table = municipal.table_of(connection, named)
        return municipal.summed(connection, municipal.asked(said, table), table)


def page(found: Mapping[str, Any], known: Choices) -> Page:
    """A row an agency that asks, a column one that is asked; None on the diagonal."""
    by_way = {(group["from"], group["to"]): group for group in found["groups"]}
    more = {
        "known": known,
        "field": [agency.value for agency in FIELD],
        "matrix": [[by_way.get((opener.value, receiver.value)) for receiver in FIELD] for opener in FIELD],
        "any": any(group["count"] is not None for group in found["groups"]),
    }
    return Page("municipality.html", found, more)
