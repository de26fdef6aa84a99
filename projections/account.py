"""One handoff in full: each act by every clock that speaks of it, each leg by three, and who held it for how long.

`at` is always the log's time. `claims` are the acting agency's own, for it to answer for; of what was received, the
receiver's alone: its receipt is in the log, so by then at the latest it had it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any

from contracts.durations import Span
from projections.claims import Claims
from projections.legs import LEGS, MADE, RECEIVED, Leg, legs, moment_of
from projections.readmodel import State

NOBODY = "nobody"
"""Who holds what was over for a while because its file was closed, and then went on."""
AT_HAND = 64
"""So many spans are remembered: legs and spells of one handoff often begin and end together."""
_NONE = timedelta(0)


@dataclass(frozen=True, slots=True)
class Moment:
    """Of one act: when it was logged, when its agency says that it acted, and the latest time it claims at all."""

    at: datetime
    acted: datetime
    latest: datetime

    @classmethod
    def of(cls, name: str, said: list[Any]) -> "Moment":
        claims = Claims.of(said[1])
        return cls(moment_of(said[0]), claims.acted(name), claims.latest)

    @classmethod
    def logged(cls, us: int) -> "Moment":
        """Where nobody claims anything."""
        at = moment_of(us)
        return cls(at, at, at)


def agree(begun: Moment, done: Moment) -> bool:
    """Nothing is claimed to be later than the log had it, and the acts follow on by the claims as by the log."""
    return begun.latest <= begun.at and done.latest <= done.at and begun.acted <= done.acted


def between(begun: Moment, done: Moment) -> tuple[timedelta, timedelta]:
    """The least and the most that can lie between two acts if each of the clocks may be the right one."""
    least = min(done.at, done.acted) - max(begun.at, begun.acted)
    most = max(done.at, done.acted) - min(begun.at, begun.acted)
    return max(least, _NONE), max(most, _NONE)


def account(key: str, state: State, letter: State | None, as_of_us: int) -> dict[str, Any]:
    """With stable keys. `letter` is the row of the letter that asked for it, if one did; lengths are in seconds."""
    standing = state["standing"]
    return {
        "id": key,
        "case_ref": state["case_ref"],
        "service": state["service"],
        "urgency": state["urgency"],
        "period": state["period"],
        "concerns": state["concerns"],
        "from": standing.get("opener"),
        "to": standing.get("receiver"),
        "stage": standing["stage"],
        "closed": standing.get("closed", False),
        "open": MADE in state["said"] and state["over_us"] is None,
        "whose_move": state["whose_move"],
        "responsible": state["responsible"],
        "since": moment_of(state["held"][-1][1]).isoformat() if state["held"] else None,
        "void": state["void"],
        "as_of": moment_of(as_of_us).isoformat(),
        "acts": sorted(_acts(state, letter), key=lambda act: str(act["at"])),
        "legs": [*_received(state, letter, as_of_us), *(_leg(leg, as_of_us) for leg in legs(state))],
        **_held(state, as_of_us),
    }


def _acts(state: State, letter: State | None) -> Iterator[dict[str, Any]]:
    parties = state["standing"]
    for name, said in state["said"].items():
        yield _act(name, parties["opener"] if name == MADE else parties["receiver"], said)
        if name == MADE and letter and letter["received_at"]:
            at = moment_of(letter["signed_us"]).isoformat()
            claims = {"received": letter["received_at"]}
            yield {"act": RECEIVED, "by": parties["receiver"], "at": at, "claims": claims, "opened": letter["opened"]}
    other = {parties.get("opener"): parties.get("receiver"), parties.get("receiver"): parties.get("opener")}
    for question in state["questions"]:
        yield _act("asked", question["by"], question["asked"])
        if "answered" in question:
            yield _act("refused" if question["refused"] else "given", other[question["by"]], question["answered"])


def _act(name: str, by: str, said: list[Any]) -> dict[str, Any]:
    claims = Claims.of(said[1])
    lag = claims.lag
    return {
        "act": name,
        "by": by,
        "at": moment_of(said[0]).isoformat(),
        "claims": claims.document(),
        "lag_s": lag[0].total_seconds() if lag else None,
        "lag_since": lag[1] if lag else None,
    }


def _received(state: State, letter: State | None, as_of_us: int) -> Iterator[dict[str, Any]]:
    """None where no letter went out: a bypass leads around the receiver."""
    made = state["said"].get(MADE)
    if letter is None or made is None:
        return
    begun, signed = Moment.of(MADE, made), letter["received_at"] is not None
    had = datetime.fromisoformat(letter["received_at"]) if signed else begun.at
    done = Moment(moment_of(letter["signed_us"]), had, had) if signed else Moment.logged(as_of_us)
    # it cannot have been there before it was sent, by the log's clock
    agreed = begun.latest <= begun.at <= done.acted <= done.at
    yield _lasted(RECEIVED, begun, done, "ended" if signed else "under-way", agreed)


def _leg(leg: Leg, as_of_us: int) -> dict[str, Any]:
    begun = Moment.of(LEGS[leg.name], leg.begun)
    if leg.done:
        done, state = Moment.of(leg.name, leg.done), "ended"
    else:
        over_us, state = (as_of_us, "under-way") if leg.over_us is None else (leg.over_us, "cut-off")
        done = Moment.logged(over_us)
    return _lasted(leg.name, begun, done, state, agree(begun, done))


def _lasted(leg: str, begun: Moment, done: Moment, state: str, agreed: bool) -> dict[str, Any]:
    ended = state == "ended"
    least, most = between(begun, done)
    return {
        "leg": leg,
        "state": state,
        "since": begun.at.isoformat(),
        "until": None if state == "under-way" else done.at.isoformat(),
        **_by_three_clocks(begun.at, done.at),
        "claimed_until": done.acted.isoformat() if ended else None,
        "claimed_s": (done.acted - begun.acted).total_seconds() if ended else None,
        "clocks_agree": agreed,
        "between_s": None if agreed else [least.total_seconds(), most.total_seconds()],
    }


def _held(state: State, as_of_us: int) -> dict[str, Any]:
    """Spell by spell, and summed up; the parts are the whole, by the wall and in office hours."""
    held = state["held"]
    if state["over_us"] is None and held:
        held = [*held, [None, max(as_of_us, held[-1][1])]]
    spells = [(agency or NOBODY, moment_of(since), moment_of(until)) for (agency, since), (_, until) in pairwise(held)]
    shown = [
        {"agency": agency, "since": since.isoformat(), "until": until.isoformat(), **_by_three_clocks(since, until)}
        for agency, since, until in spells
    ]
    by_holder: dict[str, list[dict[str, Any]]] = {}
    for spell in shown:
        by_holder.setdefault(spell["agency"], []).append(spell)
    holders = {agency: _sums(theirs) for agency, theirs in by_holder.items()}
    whole: Mapping[str, Any] = _by_three_clocks(moment_of(held[0][1]), moment_of(held[-1][1])) if held else {}
    return {"spells": shown, "holders": holders, "whole": {name: whole.get(name) for name in ("wall_s", "working_s")}}


def _sums(spells: list[dict[str, Any]]) -> dict[str, float | None]:
    """Microseconds are whole, so their sums are too."""
    lengths = {name: [spell[name] for spell in spells] for name in ("wall_s", "working_s")}
    return {name: None if None in found else round(sum(found), 6) for name, found in lengths.items()}


@lru_cache(maxsize=AT_HAND)
def _by_three_clocks(since: datetime, until: datetime) -> Mapping[str, Any]:
    """Wall, calendar and working (docs/field.md 6); the last is None where nobody knows a year's holidays."""
    if since >= until:  # a gateway's clock can have gone back
        return {"wall_s": 0.0, "calendar_days": 0, "working_days": 0, "working_s": 0.0}
    span = Span(since, until)
    found: dict[str, Any] = {"wall_s": span.wall.total_seconds(), "calendar_days": span.calendar_days}
    try:
        working_days, working_s = span.working_days(), span.working_time().total_seconds()
    except ValueError:
        return found | {"working_days": None, "working_s": None}
    return found | {"working_days": working_days, "working_s": working_s}
