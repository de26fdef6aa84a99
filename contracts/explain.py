"""Who gets what of a type, and by which rule: the catalogue's answer for one sender."""

from collections.abc import Iterator

from contracts.agencies import Agency
from contracts.entry import Audience, Entry
from contracts.errors import Refused
from contracts.standing import Move
from contracts.tiers import LOGGED, Frozen, Tier, tiers_of


class Seen(Frozen):
    """What one reader gets: tiers and fields in the contract's order; neither for who gets nothing. `rule` says why."""

    to: str
    tiers: tuple[Tier, ...]
    fields: tuple[str, ...]
    rule: str


class Explained(Frozen):
    """One type as one sender says it: the record that the log keeps, every letter, and who gets nothing."""

    type: str
    version: str
    sender: Agency
    meaning: str
    record: Seen
    letters: tuple[Seen, ...]
    nothing: tuple[Seen, ...]


def explain(entry: Entry, sender: Agency) -> Explained:
    """Raises Refused `sender.not-allowed` if this sender may not say it."""
    if sender not in entry.senders:
        raise Refused("sender.not-allowed", field="from", detail=f"Senders: {', '.join(sorted(entry.senders))}.")
    return Explained(
        type=entry.type,
        version=entry.version,
        sender=sender,
        meaning=entry.meaning,
        record=_seen(entry, "the log", LOGGED, "tiers E and O alone: nothing in them can need erasing"),
        letters=tuple(_letter(entry, to) for to in Agency if to in entry.receivers - {sender})
        + ((_seen(entry, "others", entry.shown, "those whom the handoff's making notifies"),) if entry.move else ()),
        nothing=tuple(_nothing(entry, sender)),
    )


def _seen(entry: Entry, to: str, tiers: frozenset[Tier], rule: str) -> Seen:
    own = tiers_of(entry.content)
    return Seen(
        to=to,
        tiers=tuple(tier for tier in Tier if tier in tiers & set(own.values())),
        fields=tuple(name for name, tier in own.items() if tier in tiers),
        rule=rule,
    )


def _letter(entry: Entry, to: Agency) -> Seen:
    if entry.audience is Audience.PARTIES:
        if entry.move is not Move.MAKE:
            rule = "always, unless a bypass keeps it out" if to in entry.told else "if it is a party of the handoff"
            return _seen(entry, to, entry.seen_by(to), rule)
        if to in entry.asked:
            return _seen(entry, to, entry.seen_by(to), "if `to` names it")
        return _seen(entry, to, entry.left_by("notified", to), "if `notified` names it")
    if entry.audience is Audience.AGAIN:
        return _seen(entry, to, LOGGED, f"if it is {entry.whom}; the fields are those of the earlier type")
    if entry.audience is Audience.TOLD:
        rule = "always, unless a bypass keeps it out" if to in entry.told else "in place of whom a bypass keeps out"
        return _seen(entry, to, entry.seen_by(to), rule)
    return _seen(entry, to, entry.seen_by(to), f"if it is among {entry.whom}")


def _nothing(entry: Entry, sender: Agency) -> Iterator[Seen]:
    for agency in Agency:
        if agency is sender:
            yield Seen(to=agency, tiers=(), fields=(), rule="it says it")
        elif agency not in entry.receivers:
            rule = "the catalogue names no receivers: it carries no letter" if not entry.receivers else "no receiver"
            yield Seen(to=agency, tiers=(), fields=(), rule=rule)
    for institution, sponsors in sorted(entry.sponsors.items()):
        claims = "you may speak for it" if sender in sponsors else f"spoken for by {' or '.join(sorted(sponsors))}"
        yield Seen(to=institution, tiers=(), fields=(), rule=f"it has no account; {claims}")
