"""A document that passes and one that is refused, for every type: whole commands, or the content alone.

Together the passing commands tell one handoff: later ones name the ids of earlier ones.
"""

from collections.abc import Mapping
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from contracts.catalogue import CATALOGUE
from contracts.entry import Entry
from contracts.standing import Move

_CASE_REF = "7k3q-9m2x-w4td-h6r2"
_CLOCKS = {
    "occurred": "2026-03-11T09:00:00+01:00",
    "known": "2026-03-11T09:00:00+01:00",
    "recorded": "2026-03-11T09:20:00+01:00",
}
_POST = {"role": "duty-officer", "office": "prishtina-child-unit"}


def examples() -> dict[str, dict[str, Any]]:
    """Every example by its file name without `.json`."""
    found = {}
    for entry in CATALOGUE.values():
        found[f"{entry.type}.valid"] = document(entry, entry.example)
        found[f"{entry.type}.invalid"] = document(entry, entry.counterexample)
    return dict(sorted(found.items()))


def document(entry: Entry, content: Mapping[str, Any]) -> dict[str, Any]:
    """This content as an agency's own system hands it in; of the bus's own types as it stands in a record."""
    if entry.command is None:
        return dict(content)
    # the act that makes a handoff also opens the case, so it names none
    case = {} if entry.move is Move.MAKE else {"case_ref": _CASE_REF}
    return {
        "command": entry.command,
        "version": entry.version,
        "id": _id(entry),
        **case,
        **({"on_behalf_of": entry.speaks_for.value} if entry.speaks_for else {}),
        "clocks": _CLOCKS,
        "legal_basis": "mandatory-report",
        "post": _POST,
        "data": dict(content),
    }


def _id(entry: Entry) -> str:
    named = {
        "referral.made": ("referral.accepted", "handoff_id"),
        "information.asked": ("information.given", "asked_id"),
        "route.bypass-invoked": ("route.bypass-lifted", "bypass_id"),
    }
    if entry.type in named:
        type_name, field = named[entry.type]
        return str(CATALOGUE[type_name].example[field])
    return str(uuid5(NAMESPACE_URL, f"urn:barnabus:example:{entry.type}"))
