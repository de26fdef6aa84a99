"""What differs between two states of the contracts, by type and field, and for whom each is breaking. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from contracts.releasing.change import SYSTEM, Change, hearers, moved
from contracts.releasing.document import Document
from contracts.releasing.field_changes import ToWhom, fields, narrower, sides

AROUND = ("envelopes", "services", "sponsors", "errors", "subjects", "limits_bytes")
"""The parts of the contracts around their types."""


def changes(before: Document, after: Document) -> list[Change]:
    """Every change, ordered by type and field; a renamed field is one removed and one added."""
    found = [*_types(before["types"], after["types"])]
    for part in AROUND:
        found += _AROUND[part](before[part], after[part])
    return sorted(
        found,
        key=lambda change: (change.part != "types", change.part, change.of, change.at, change.rule, change.detail),
    )


# types


def _types(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name in before.keys() | after.keys():
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            one: Mapping[str, Any] = old or new or {}
            rule = "type-removed" if new is None else "type-added"
            yield Change(rule=rule, of=name, says=tuple(one["senders"]), hears=hearers(one))
        elif old != new:
            yield from _type(name, old, new)


def _type(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    everybody: dict[str, Any] = {"of": name, "says": tuple(old["senders"]), "hears": hearers(old)}
    if any(old.get(words) != new.get(words) for words in ("meaning", "whom")):
        yield Change(rule="meaning-changed", **everybody)
    if old.get("command") != new.get("command"):
        detail = f"{old.get('command')} → {new.get('command')}"
        yield Change(rule="command-removed" if old.get("command") else "command-added", detail=detail, **everybody)
    for key in ("move", "service", "services"):
        if old.get(key) != new.get(key):
            yield Change(rule="course-changed", at=key, detail=f"{old.get(key)} → {new.get(key)}", **everybody)
    if old["audience"] != new["audience"]:
        yield Change(rule="audience-changed", detail=f"{old['audience']} → {new['audience']}", **everybody)
    if old.get("speaks_for") != new.get("speaks_for"):
        yield Change(rule="speaker-changed", detail=f"{old.get('speaks_for')} → {new.get('speaks_for')}", **everybody)
    yield from _agencies(name, old, new)
    yield from _rules(name, old, new, everybody)
    yield from fields(old["fields"], new["fields"], ToWhom(name, old, new))


def _agencies(name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    says = tuple(old["senders"])
    for agency, rule in moved("sender", old["senders"], new["senders"]):
        yield Change(rule=rule, of=name, at=agency, says=(agency,))
    for to, tiers, rule in _seen(old.get("receivers", {}), new.get("receivers", {})):
        yield Change(rule=rule, of=name, at=to, detail=tiers, says=says, hears=(to,))
    for agency, rule in moved("told", old.get("told", ()), new.get("told", ())):
        yield Change(rule=rule, of=name, at=agency, says=says if new.get("move") == "make" else (), hears=(agency,))
    for agency, rule in moved("asked", old.get("asked", ()), new.get("asked", ())):
        yield Change(rule=rule, of=name, at=agency, says=says, hears=(agency,))
    for tier, rule in moved("shown", old.get("shown", ""), new.get("shown", "")):
        change = f"{rule.partition('-')[0]}-{'given' if rule.endswith('added') else 'taken'}"
        yield Change(rule=change, of=name, detail=tier, says=says, hears=tuple(sorted(old.get("receivers", {}))))
    yield from _sponsors(old.get("sponsors", {}), new.get("sponsors", {}), of=name)


def _sponsors(old: Mapping[str, Any], new: Mapping[str, Any], *, of: str = "", part: str = "types") -> Iterator[Change]:
    for institution in old.keys() | new.keys():
        for agency, rule in moved("sponsor", old.get(institution, ()), new.get(institution, ())):
            yield Change(rule=rule, of=of or institution, at=agency, detail=institution, part=part, says=(agency,))


def _seen(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Receiver, tiers and rule of each change of who sees what."""
    for to in old.keys() | new.keys():
        if to not in new or to not in old:
            yield to, old.get(to, "") or new[to], "receiver-removed" if to in old else "receiver-added"
            continue
        for tier, rule in moved("tier", old[to], new[to]):
            yield to, tier, "tier-given" if rule.endswith("added") else "tier-taken"


def _rules(name: str, old: Mapping[str, Any], new: Mapping[str, Any], whom: Mapping[str, Any]) -> Iterator[Change]:
    for words, rule in moved("rule", old.get("rules", ()), new.get("rules", ())):
        yield Change(**{**whom, "rule": rule, "of": name, "detail": words})


# around the types


def _envelopes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    both: dict[str, Any] = {"part": "envelopes", "says": (SYSTEM,), "hears": (SYSTEM,)}
    for name in old.keys() | new.keys():
        if name not in old or name not in new:
            yield Change(rule="envelope-added" if name in new else "envelope-removed", of=name, **both)
            continue
        yield from _rules(name, old[name], new[name], sides(name))
        yield from fields(old[name]["fields"], new[name]["fields"], ToWhom(name, old[name], new[name]))


def _services(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    for name in old.keys() | new.keys():
        before, after = old.get(name, {}), new.get(name, {})
        for agency, rule in moved("service", before.get("offered_by", ()), after.get("offered_by", ())):
            yield Change(rule=rule, of=name, at=agency, part="services", says=(SYSTEM,), hears=(agency,))
        if before and after and before["consent"] != after["consent"]:
            yield Change(rule="consent-changed", of=name, part="services", says=(SYSTEM,), hears=(SYSTEM,))


def _errors(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    whom: dict[str, Any] = {"part": "errors", "says": (SYSTEM,), "hears": (SYSTEM,)}
    for code, rule in moved("error", old, new):
        yield Change(rule=rule, of=code, **whom)
    for code in old.keys() & new.keys():
        for name in old[code]:
            if old[code][name] != new[code].get(name):
                detail = f"{name}: {old[code][name]} → {new[code].get(name)}"
                yield Change(rule="error-changed", of=code, at=name, detail=detail, **whom)


def _subjects(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[Change]:
    for name in old.keys() | new.keys():
        if old.get(name) != new.get(name):
            rule = "subject-changed" if name in old else "subject-added"
            detail = f"{old.get(name)} → {new.get(name)}"
            yield Change(rule=rule, of=name, detail=detail, part="subjects", says=(SYSTEM,), hears=(SYSTEM,))


def _limits(old: Mapping[str, int], new: Mapping[str, int]) -> Iterator[Change]:
    for name in old.keys() | new.keys():
        if old.get(name) != new.get(name):
            rule = "limit-narrowed" if narrower("maxLength", old.get(name), new.get(name)) else "limit-widened"
            detail = f"bytes: {old.get(name, 'none')} → {new.get(name, 'none')}"
            yield Change(rule=rule, of=name, detail=detail, part="limits_bytes", says=(SYSTEM,), hears=(SYSTEM,))


def _spoken_for(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Change]:
    return _sponsors(old, new, part="sponsors")


_AROUND = {
    "envelopes": _envelopes,
    "services": _services,
    "sponsors": _spoken_for,
    "errors": _errors,
    "subjects": _subjects,
    "limits_bytes": _limits,
}
