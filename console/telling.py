"""What people are told of a duty or an act, in their language; the same as the command line says."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from console import terms
from console.words import Words
from projections.legs import MADE, RECEIVED

_ENDED = ("met", "excused", "withdrawn")


def standing(words: Words, duty: Mapping[str, Any]) -> str:
    """What it has come to and by how much. What the law gives no limit is never late."""
    state, past_s = duty["state"], duty["past_s"]
    if state in _ENDED:
        return _ended(words, duty)
    if past_s is None:
        return words.say("its clock has not begun")
    length = words.at_least(abs(past_s))
    if past_s > 0:
        said = words.say("overdue by %(length)s") if duty["due_at"] else words.say("absent by %(length)s")
    elif duty["no_limit"] == "at-once":
        said = words.say("at once; taken for missed in %(length)s")
    elif duty["no_limit"]:
        said = words.say("no limit in law; shown as absent in %(length)s")
    else:
        said = words.say("due in %(length)s")
    return said % {"length": length}


def _ended(words: Words, duty: Mapping[str, Any]) -> str:
    state = words.term(terms.STATES, duty["state"])
    late = duty["missed"] if duty["state"] != "met" else duty["on_time"] is False
    if late:
        return words.say("%(state)s, %(length)s late") % {"state": state, "length": words.at_least(duty["past_s"])}
    return words.say("%(state)s in time") % {"state": state} if duty["on_time"] else state


def to_type(verb: str, row: Mapping[str, Any]) -> str:
    """What somebody types about a parked letter: the console changes nothing."""
    return f"barnabus parked {verb} {row['agency']} {row['id']}"


def fact(words: Words, name: str, value: Any) -> str:
    """One of what a case's state says of a person (projections/case_state.py), by its name there."""
    if isinstance(value, bool):
        return words.say(terms.YES if value else terms.NO)
    if name == "measures":
        return ", ".join(f"{of}: {one['change']}, {words.moment(one['since'])}" for of, one in value.items())
    return words.moment(value) if name in terms.MOMENTS else str(value)


def claimed(words: Words, act: Mapping[str, Any]) -> str:
    """When it was done by the acting agency's own word."""
    claims = act["claims"]
    if act["act"] == RECEIVED:
        return words.moment(claims["received"])
    said = claims["recorded"] if act["act"] in (MADE, "asked") else claims["occurred"]
    return words.moment(said or claims["time"])


def between(since: str, until: str) -> float:
    """In seconds."""
    return (datetime.fromisoformat(until) - datetime.fromisoformat(since)).total_seconds()
