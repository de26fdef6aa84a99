"""Who may have a letter of a record with which tiers, and who must have one."""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Any

from contracts.agencies import Agency
from contracts.entry import Entry
from contracts.errors import Refused
from contracts.standing import Move
from contracts.tiers import Tier


def receiving(
    entry: Entry,
    sender: Agency,
    letters: Iterable[tuple[Agency, Iterable[Tier]]],
    codes: Mapping[str, Any],
    kept_out: AbstractSet[Agency] = frozenset(),
) -> None:
    """May these receivers have these tiers of this type, and does everybody get a letter who must?

    `codes` are its content in tiers E and O; `kept_out` get nothing because a bypass leads around them.
    """
    letters = tuple(letters)
    permitted(entry, sender, letters)
    complete(entry, sender, {to for to, _ in letters}, codes, kept_out)


def permitted(entry: Entry, sender: Agency, letters: Iterable[tuple[Agency, Iterable[Tier]]]) -> None:
    """May these receivers have these tiers of this type, in any case at all?"""
    seen: set[Agency] = set()
    for to, tiers in letters:
        if to in seen:
            raise Refused("receiver.twice", field="data.letters")
        seen.add(to)
        if to is sender or to not in entry.receivers:
            raise Refused("receiver.not-allowed", field="data.letters")
        if not set(tiers) <= entry.seen_by(to):
            raise Refused("tier.not-allowed", field="data.letters")


def complete(
    entry: Entry, sender: Agency, seen: AbstractSet[Agency], codes: Mapping[str, Any], kept_out: AbstractSet[Agency]
) -> None:
    """Does everybody get a letter who must, and nobody beside?"""
    must = due(entry, sender, codes, kept_out)
    if must is not None and must - seen:
        raise Refused("receiver.left-out", field="data.letters")
    if must is not None and seen - must and not entry.acts(codes):
        raise Refused("receiver.not-allowed", field="data.letters")
    if entry.acts(codes) and not seen and not kept_out:
        raise Refused("receiver.none", field="data.letters")


def due(
    entry: Entry, sender: Agency, codes: Mapping[str, Any], kept_out: AbstractSet[Agency]
) -> frozenset[Agency] | None:
    """Who must get a letter, where catalogue and content say so; None where the sender's knowledge decides.

    Of an act on a handoff at least these, beside those who hear the handoff. Whom a bypass keeps out gets none;
    oversight then gets what the catalogue would have told it.
    """
    if entry.acts(codes):
        return None if entry.move is Move.MAKE else frozenset(entry.told - {sender} - kept_out)
    if entry.lists(codes):
        wanted = entry.told - {sender}
        instead = {Agency.OVERSIGHT} if wanted & kept_out else frozenset()
    elif entry.names:
        wanted, instead = entry.names(codes) - {sender}, frozenset()
    else:
        return None
    return frozenset(wanted - kept_out | instead) - {sender}
