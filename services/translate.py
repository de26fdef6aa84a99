"""The one file that knows both vocabularies: the contract's documents and the domain's acts.

It stands once while all agencies speak the contract's own words; an agency whose words differ gets its own.
"""

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.arrivals import Opened
from bus.submission import Outgoing
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.entry import Entry
from contracts.envelope import About, Command, Postmark
from contracts.standing import Act, Move, Standing, Void, course_of
from contracts.tiers import LOGGED, Frozen, Tier, cut
from contracts.vocabulary.asking import Service
from services.facts import Fact
from services.handoffs import Handoff
from services.proposals import Proposal


def proposal(entry: Entry, command: Command, content: Frozen, sender: Agency, case_ref: str, now: datetime) -> Proposal:
    """A checked command as an act, or a fact, that the domain can judge."""
    values = content.model_dump(mode="json")
    codes = cut(entry.content, values, LOGGED)
    return Proposal(
        id=command.id,
        type=entry.type,
        move=entry.move if entry.acts(codes) else None,
        service=entry.service_of(codes),
        private=private(entry, content),
        by=sender,
        case_ref=case_ref,
        about=command.about().model_dump(mode="json"),
        codes=codes,
        at=now,
    )


def private(entry: Entry, content: Frozen) -> dict[str, Any]:
    """What of a command's content belongs into the vault: everything that the log may not hold."""
    return {
        name: value for name, value in content.model_dump(mode="json").items() if name not in entry.logged.model_fields
    }


def heard(opened: Opened, mark: Postmark) -> Act:
    """A letter as another party's act."""
    assert opened.entry.move
    where: dict[str, Any] = {
        "position": mark.position,
        "at": mark.logged_at,
        "office": opened.letter.about.post.office,
    }
    if service := service_asked(opened):
        where["course"] = course_of(service)
    return Act.of(mark.record_id, opened.entry.move, mark.sender, codes(opened), **where)


def service_asked(opened: Opened) -> Service | None:
    """By a letter that makes a handoff."""
    return opened.entry.service_of(codes(opened))


def is_act(opened: Opened) -> bool:
    """Is it about a handoff?"""
    return opened.entry.acts(codes(opened))


def handoff_id(opened: Opened) -> UUID:
    """Which handoff a letter is about: the one it makes, or the one it names."""
    found = opened.letter.id if opened.entry.move is Move.MAKE else getattr(opened.content, "handoff_id", None)
    assert isinstance(found, UUID)
    return found


def codes(opened: Opened) -> dict[str, Any]:
    return cut(opened.entry.content, opened.content.model_dump(mode="json"), LOGGED)


def fact(opened: Opened, mark: Postmark) -> Fact:
    """A letter as another agency's word."""
    where = (mark.case_ref, opened.letter.type, mark.position, mark.logged_at)
    return Fact.heard(mark.sender, mark.record_id, *where, codes(opened))


def outgoing(
    event: Handoff.Acted | Fact.Stated,
    kept: Mapping[str, Any] | None,
    kept_out: AbstractSet[Agency],
    first: Mapping[Agency, frozenset[Tier]] | None,
) -> Outgoing:
    """This agency's own act or fact as the relay submits it. `kept` is what the vault holds of it; None if erased.

    `kept_out` get no letter of it; where the catalogue would have told them of a fact, oversight is told. `first`
    says of what speaks of an earlier record whom that one reached, and with which tiers.
    """
    about, entry = About.model_validate(event.about), entry_of(event.type)
    receivers = set(map(Agency, event.receivers) if first is None else first)
    notified = map(Agency, event.notified) if isinstance(event, Handoff.Acted) else ()
    if entry.lists(event.codes) and receivers & kept_out:
        receivers |= {Agency.OVERSIGHT} - {Agency(event.by)}
    erased = event.vault_item is not None and kept is None
    return Outgoing(
        record_id=event.act_id,
        type=event.type,
        subject=event.case_ref,
        time=about.clocks.recorded,
        about=about,
        values={**event.codes, **(kept or {})},
        receivers=tuple(sorted(receivers - kept_out)),
        notified=entry.only_notified(notified),
        within=first or {},
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        withheld="erased" if erased else None,
    )


def voided(part: Handoff | Fact, act_id: UUID, reason: Void) -> dict[str, Any]:
    """An own act or fact that came to nothing, as the agency's own system is told."""
    acts = part.acts if isinstance(part, Handoff) else []
    return {
        "id": str(act_id),
        "case_ref": part.case_ref,
        "handoff_id": str(part.handoff_id) if isinstance(part, Handoff) else None,
        "move": next((act.move.value for act in acts if act.id == act_id), None),
        "reason": reason.value,
    }


def told(
    opened: Opened,
    mark: Postmark,
    received_at: datetime,
    standing_now: Standing | None,
    not_for: Iterable[str] = (),
) -> dict[str, Any]:
    """A letter as the agency's own system hears it. `not_for` are its own offices that a bypass keeps out."""
    letter = opened.letter
    return {
        "id": str(letter.id),
        "type": letter.type,
        "version": opened.entry.version,
        "case_ref": letter.case_ref,
        "sender": letter.sender.value,
        "number": mark.number,
        "position": mark.position,
        "logged_at": mark.logged_at.isoformat(),
        "received_at": received_at.isoformat(),
        "correlation_id": str(letter.correlation_id) if letter.correlation_id else None,
        "causation_id": str(letter.causation_id) if letter.causation_id else None,
        "about": letter.about.model_dump(mode="json"),
        "content": opened.content.model_dump(mode="json"),
        "withheld": letter.withheld,
        "not_for": sorted(not_for),
        "standing": standing_now.document() if standing_now else None,
    }
