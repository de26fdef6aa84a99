"""What differs between the fields of a type, or of a document around contents, by their paths."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from contracts.export.fields import FEWEST, MOST
from contracts.releasing.change import SYSTEM, Change, hearers, moved

Fields = Mapping[str, Mapping[str, Any]]
SAID_ALONE = frozenset({"command"})
HEARD_ALONE = frozenset({"told", "act-voided", "command-refused", "command-taken", "problem"})
"""Of the documents around contents: those that a system only sends, and those that it only gets."""


def sides(envelope: str) -> dict[str, Any]:
    """Whom a change of a document around contents touches."""
    return {
        "part": "envelopes",
        "says": () if envelope in HEARD_ALONE else (SYSTEM,),
        "hears": () if envelope in SAID_ALONE else (SYSTEM,),
    }


@dataclass(frozen=True, slots=True)
class ToWhom:
    """Whom a change of a field touches: in a type by its tier, in a document around contents whoever uses it."""

    of: str
    old: Mapping[str, Any]
    new: Mapping[str, Any]

    def change(self, rule: str, path: str, row: Mapping[str, Any], detail: str = "") -> Change:
        if "tier" not in row:
            return Change(rule=rule, of=self.of, at=path, detail=detail, **sides(self.of))
        hears = hearers(self.new if rule in ("field-added", "field-required") else self.old, row["tier"])
        return Change(rule=rule, of=self.of, at=path, detail=detail, says=tuple(self.old["senders"]), hears=hears)


def fields(old: Fields, new: Fields, whom: ToWhom) -> Iterator[Change]:
    """Every change of these fields by their paths."""
    for path in old.keys() | new.keys():
        before, after = old.get(path), new.get(path)
        if after is None and before is not None:
            yield whom.change("field-removed", path, before)
        elif before is None and after is not None:
            must = after["required"] and (_group(path) in old or not _group(path))  # of a new group, the group alone
            yield whom.change("field-required" if must else "field-added", path, after)
        elif before is not None and after is not None and before != after:
            yield from _field(path, before, after, whom)


def _group(path: str) -> str:
    return path.rpartition(".")[0].removesuffix("[]")


def _field(path: str, old: Mapping[str, Any], new: Mapping[str, Any], whom: ToWhom) -> Iterator[Change]:
    def change(rule: str, detail: str = "") -> Change:
        return whom.change(rule, path, old, detail)

    if old["kind"] != new["kind"]:
        yield change("kind-changed", f"{old['kind']} → {new['kind']}")
        return
    if old.get("tier") != new.get("tier"):
        yield change("tier-changed", f"{old['tier']} → {new['tier']}")
    if old["required"] != new["required"]:
        yield change("field-required" if new["required"] else "field-optional")
    elif old.get("null") != new.get("null"):
        yield change("field-optional" if new.get("null") else "field-not-null")
    if old.get("default") != new.get("default"):
        yield change("default-changed", f"{old.get('default')} → {new.get('default')}")
    for code, rule in moved("code", old.get("codes", ()), new.get("codes", ())):
        yield change(rule, code)
    if old.get("pattern") != new.get("pattern"):
        yield change("pattern-changed" if new.get("pattern") else "limit-widened", "pattern")
    for name in (*FEWEST, *MOST):
        if old.get(name) != new.get(name):
            rule = "limit-narrowed" if narrower(name, old.get(name), new.get(name)) else "limit-widened"
            detail = f"{name}: {old.get(name, 'none')} → {new.get(name, 'none')}"
            yield change(rule, detail)


def narrower(name: str, old: int | None, new: int | None) -> bool:
    if new is None or old is None:
        return old is None
    return new < old if name in MOST else new > old
