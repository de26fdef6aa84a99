"""The one file that knows both vocabularies: the contract's documents and the domain's acts.

It stands once while all agencies speak the contract's own words; an agency whose words differ gets its own.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.arrivals import Opened
from bus.submission import Outgoing
from contracts.agencies import Agency
from contracts.catalogue import Entry
from contracts.envelope import About, Command, Postmark
from contracts.handoff import Act, Move, Standing
from contracts.tiers import LOGGED, Frozen, cut
from services.handoffs import Handoff, Proposal


def proposal(entry: Entry, command: Command, content: Frozen, sender: Agency, case_ref: str, now: datetime) -> Proposal:
    """A checked command as an act that the domain can judge."""
    assert entry.move
    values = content.model_dump(mode="json")
    codes = cut(entry.content, values, LOGGED)
    return Proposal(
        id=command.id,
        type=entry.type,
        move=entry.move,
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
    where = {"position": mark.position, "at": mark.logged_at, "office": opened.letter.about.post.office}
    return Act.of(mark.record_id, opened.entry.move, mark.sender, codes(opened), **where)


def handoff_id(opened: Opened) -> UUID:
    """Which handoff a letter is about: the one it makes, or the one it names."""
    found = opened.letter.id if opened.entry.move is Move.MAKE else getattr(opened.content, "handoff_id", None)
    assert isinstance(found, UUID)
    return found


def codes(opened: Opened) -> dict[str, Any]:
    return cut(opened.entry.content, opened.content.model_dump(mode="json"), LOGGED)


def outgoing(event: Handoff.Acted, kept: Mapping[str, Any] | None) -> Outgoing:
    """This agency's own act as the relay submits it. `kept` is what the vault holds of it; None if that was erased."""
    about = About.model_validate(event.about)
    erased = event.vault_item is not None and kept is None
    return Outgoing(
        record_id=event.act_id,
        type=event.type,
        subject=event.case_ref,
        time=about.clocks.recorded,
        about=about,
        values={**event.codes, **(kept or {})},
        receivers=tuple(map(Agency, event.receivers)),
        notified=frozenset(map(Agency, event.notified)),
        correlation_id=event.correlation_id,
        causation_id=event.causation_id,
        withheld="erased" if erased else None,
    )


def told(opened: Opened, mark: Postmark, received_at: datetime, standing_now: Standing) -> dict[str, Any]:
    """A letter as the agency's own system hears it."""
    letter = opened.letter
    return {
        "id": str(letter.id),
        "type": letter.type,
        "version": letter.version,
        "case_ref": letter.case_ref,
        "sender": letter.sender.value,
        "number": letter.number,
        "position": mark.position,
        "logged_at": mark.logged_at.isoformat(),
        "received_at": received_at.isoformat(),
        "correlation_id": str(letter.correlation_id) if letter.correlation_id else None,
        "causation_id": str(letter.causation_id) if letter.causation_id else None,
        "about": letter.about.model_dump(mode="json"),
        "content": opened.content.model_dump(mode="json"),
        "withheld": letter.withheld,
        "standing": standing_now.document(),
    }
