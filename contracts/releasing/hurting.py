"""Which declared consumers a change hurts, by the fields that they read or fill and by the codes that they know.

A change that is compatible can hurt one too: a system that declares which codes it knows is told of a new one.
"""

from collections.abc import Iterable

from contracts.releasing.change import SYSTEM, Change
from contracts.releasing.consumers import Consumer, Declared, Part
from contracts.releasing.document import Document
from contracts.releasing.rules import For

_READ = {
    "told": "reads",
    "act-voided": "sends",
    "command-refused": "sends",
    "command-taken": "sends",
    "problem": "sends",
}
"""The documents that a system gets, and what it declares if it gets them."""


def whom(change: Change, consumers: Iterable[Declared], before: Document) -> list[str]:
    """The names of those whom it hurts. `before` is the state that it changes."""
    return [one.consumer.name for one in consumers if _hurts(change, one.consumer, before)]


def _hurts(change: Change, consumer: Consumer, before: Document) -> bool:
    match change.part:
        case "types":
            return _as_reader(change, consumer, before) or _as_sender(change, consumer, before)
        case "envelopes":
            sent = change.of == "command" and consumer.sends and change.row.says is For.BREAKING
            got = change.of in _READ and getattr(consumer, _READ[change.of]) and change.row.hears is For.BREAKING
            return SYSTEM in change.says + change.hears and bool(sent or got)
        case "errors":
            return change.breaking and change.of in consumer.errors
        case "services":
            return change.breaking and change.of in _services(consumer, change.of)
        case "sponsors":
            return change.breaking and bool(consumer.sends) and consumer.agency in change.says
        case "limits_bytes":
            return change.breaking and bool(consumer.sends) and change.of == "command"
        case _:
            return change.breaking and bool(consumer.reads if change.of == "letters" else consumer.sends)


def _services(consumer: Consumer, unless_declared: str) -> set[str]:
    """The services that it asks for; who does not say which may ask for any."""
    asks = (part for part in consumer.sends.values() if "service" in part.fields)
    return {code for part in asks for code in part.codes.get("service", (unless_declared,))}


def _as_reader(change: Change, consumer: Consumer, before: Document) -> bool:
    part = consumer.reads.get(change.of)
    if part is None or consumer.agency not in change.hears:
        return False
    if change.rule == "code-added":
        return change.at in part.codes and change.detail not in part.codes[change.at]
    if change.row.hears is not For.BREAKING:
        return False
    if change.rule in ("tier-taken", "shown-taken"):
        fields = before["types"][change.of]["fields"]
        return any(fields.get(path, {}).get("tier") == change.detail for path in part.fields)
    return _reaches(change, part)


def _as_sender(change: Change, consumer: Consumer, before: Document) -> bool:
    part = consumer.sends.get(before["types"].get(change.of, {}).get("command"))
    if part is None or change.row.says is not For.BREAKING or consumer.agency not in change.says:
        return False
    if change.rule in ("field-required", "default-changed"):  # who fills it already does not leave it out
        group = change.at.rpartition(".")[0]
        return change.at not in part.fields and (not group or any(_same(group, path) for path in part.fields))
    if change.rule == "code-removed" and change.at in part.codes:
        return change.detail in part.codes[change.at]
    return _reaches(change, part)


def _reaches(change: Change, part: Part) -> bool:
    """What is no field's own touches everybody."""
    of_a_field = change.rule.partition("-")[0] in ("field", "kind", "code", "limit", "pattern")
    of_a_field |= change.rule == "tier-changed"
    return not of_a_field or any(_same(change.at, path) for path in part.fields)


def _same(changed: str, path: str) -> bool:
    """Is it the field itself, a group around it, or a field inside it?"""
    one, other = (place.replace("[]", "") for place in (changed, path))
    return one == other or one.startswith(f"{other}.") or other.startswith(f"{one}.")
