"""Ways around a receiver that is itself the danger: pure, and the same for the adapter and the gateway.

A bypass counts for one case, from its place in the log until oversight lifts it. What was logged before it is
delivered; after it the bypassed gets no letter of the case from anybody, at no hop, and is not told of it.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any

from contracts.agencies import Agency, Institution
from contracts.errors import Refused

INVOKED, LIFTED = "route.bypass-invoked", "route.bypass-lifted"


@dataclass(frozen=True, slots=True)
class Bypass:
    """One that is in force. With an office, its agency goes on and keeps the case from that office."""

    conflicted: Agency | Institution
    office: str | None = None


def conflicted(code: str) -> Agency | Institution:
    """Whom a code names. Raises ValueError if nobody."""
    return Agency(code) if code in set(Agency) else Institution(code)


def kept_out(bypasses: Iterable[Bypass]) -> frozenset[Agency]:
    """The agencies that get no letter. Never oversight: at it every bypass ends."""
    whole = (b.conflicted for b in bypasses if b.office is None and isinstance(b.conflicted, Agency))
    return frozenset(whole) - {Agency.OVERSIGHT}


def check(
    bypasses: AbstractSet[Bypass],
    sender: Agency,
    office: str | None,
    codes: Mapping[str, Any],
    letters: Iterable[Agency] = (),
) -> None:
    """Raises Refused `route.bypassed` if what is said would reach, ask, or come from whom a bypass leads around.

    `office` is the office that acts, `codes` the content in tiers E and O as JSON values, `letters` who gets one.
    A bypassed agency's own acts are not refused: the refusal would tell it. Nor is the word that something was handed
    over to a bypassed institution: that it happened is evidence.
    """
    out = kept_out(bypasses)
    for agency in letters:
        if agency in out:
            raise Refused("route.bypassed", field=f"data.letters.{agency}")
    if codes.get("to") in out:
        raise Refused("route.bypassed", field="data.content.to")
    if any(b.conflicted == codes.get("for_institution") for b in bypasses):
        raise Refused("route.bypassed", field="data.content.for_institution")
    for where, desk in (("data.about.post.office", office), ("data.content.office", codes.get("office"))):
        if desk and Bypass(sender, desk) in bypasses:
            raise Refused("route.bypassed", field=where)
