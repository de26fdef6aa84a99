"""What the keeper has to say of a case's duties, by what it has said of them so far; pure.

Everything is decided from the log: what the keeper has said stands there too. So it may die and come back at any
moment, and whoever has the log can reckon every notice again.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.agencies import Agency
from contracts.catalogue.accounting import BREACHED, DUE_SOON, ESCALATED, KEPT_OPEN, MET, OPENED, WITHDRAWN
from contracts.dated import Dated
from contracts.duties import KeptOpen
from contracts.duties.duty import Duty, State
from contracts.events.accounting import OPEN_LIMIT

UNBEGUN = timedelta(hours=1)
"""So long the word that something is owed waits for its clock to begin: mostly a receipt is there in a second."""
OWED = (OPENED, DUE_SOON, BREACHED, ESCALATED)
ENDED = (MET, WITHDRAWN)
OF_DUTIES = (*OWED, *ENDED)


@dataclass(frozen=True, slots=True)
class Notice:
    """What is to be said, because of which record, and to whom: never to whom a bypass keeps out.

    The same notice has the same id, always.
    """

    id: UUID
    type: str
    codes: Mapping[str, Any]
    tell: tuple[Agency, ...]
    cause: UUID
    duty_id: UUID | None = None  # of what is said of one duty


@dataclass(frozen=True, slots=True)
class Told:
    """What the keeper has said of one duty, in the log's order."""

    said: tuple[Dated, ...]

    @classmethod
    def of(cls, duty: Duty, dated: Iterable[Dated]) -> Self:
        about = {"rule": duty.rule.id, "trigger_id": str(duty.trigger_id), "trigger_by": duty.trigger_by.value}.items()
        own = (one for one in dated if one.by is Agency.KEEPER and one.said.type in OF_DUTIES)
        return cls(tuple(one for one in own if about <= one.said.codes.items()))

    @property
    def ends(self) -> int:
        """How often it was said to have ended: what comes after is said anew."""
        return sum(one.said.type in ENDED for one in self.said)

    @property
    def since_end(self) -> tuple[Dated, ...]:
        last = max((n for n, one in enumerate(self.said) if one.said.type in ENDED), default=-1)
        return self.said[last + 1 :]

    def has(self, type_name: str, **codes: Any) -> bool:
        """Was this said, since it last ended? What was missed stays missed, and is said once of each due time."""
        where = self.said if type_name == BREACHED else self.since_end
        alike = (one.said.codes for one in where if one.said.type == type_name)
        return any(all(same(said.get(name), value) for name, value in codes.items()) for said in alike)


def wanted(duties: Iterable[Duty], dated: Iterable[Dated], position: int, since: int = 0) -> tuple[Notice, ...]:
    """What is to be said of these duties of a case as of their moment, in the log up to a position.

    `dated` is the case in the log's order. Of what had ended up to `since`, where the keeper began, it says nothing.
    """
    told: dict[str, list[Dated]] = {}  # by rule, so that each duty looks only at what can be said of it
    for one in dated:
        if one.by is Agency.KEEPER and one.said.type in OF_DUTIES:
            told.setdefault(one.said.codes["rule"], []).append(one)
    concerned = (duty for duty in duties if duty.ending is None or duty.ending.position > since)
    found = ((duty, Told.of(duty, told.get(duty.rule.id, ()))) for duty in concerned)
    return tuple(notice for duty, said in found for notice in _of(duty, said, position))


def kept_open(found: Iterable[KeptOpen], dated: Iterable[Dated], position: int, since: int = 0) -> tuple[Notice, ...]:
    """What is to be said of closings after `since` that are void: why, to whoever heard of them."""
    said = {one.said.codes["closing_id"] for one in dated if one.said.type == KEPT_OPEN}
    new = (one for one in found if one.closing.said.position > since and str(one.closing.said.id) not in said)
    return tuple(_kept_open(one, position) for one in new)


def _kept_open(found: KeptOpen, position: int) -> Notice:
    closing = found.closing.said
    some = found.duties[:OPEN_LIMIT]
    codes = {
        "position": position,
        "closing_id": str(closing.id),
        "open": len(found.duties),
        "duties": [about(duty) for duty in some],
    }
    notice_id = uuid5(NAMESPACE_URL, f"barnabus:kept-open:{closing.by}:{closing.id}")
    return Notice(notice_id, KEPT_OPEN, codes, found.tell, closing.id)


def next_look(duties: Iterable[Duty]) -> datetime | None:
    """When something of these duties changes next if nobody says anything; None if nothing does."""
    return min((moment for duty in duties for moment in _turns(duty)), default=None)


def _turns(duty: Duty) -> Iterator[datetime]:
    if not duty.owed:
        return
    if duty.turns_at:
        yield duty.turns_at
    if duty.starts_at is None:
        yield duty.opened_at + UNBEGUN
    yield from (moment for moment, _ in duty.escalates if moment > duty.as_of)


def _of(duty: Duty, told: Told, position: int) -> Iterator[Notice]:
    due_at = duty.due_at.isoformat() if duty.due_at else None

    def notice(type_name: str, tell: Iterable[Agency], **codes: Any) -> Iterator[Notice]:
        receivers = tuple(dict.fromkeys(tell))
        if receivers and not told.has(type_name, **codes):
            key = ":".join([type_name, str(told.ends), *map(str, codes.values())])
            of_it = about(duty) | {"position": position, "version": duty.version}
            cause = duty.ending.record_id if duty.ending and type_name in ENDED else duty.trigger_id
            yield Notice(uuid5(duty.id, key), type_name, of_it | codes, receivers, cause, duty.id)

    if duty.owed and (duty.starts_at or duty.as_of >= duty.opened_at + UNBEGUN):
        yield from notice(OPENED, duty.tell, due_at=due_at)
    if duty.state is State.DUE_SOON and _was_not_so_at_once(duty):
        yield from notice(DUE_SOON, duty.tell, due_at=due_at)
    if duty.missed:
        yield from notice(BREACHED, duty.tell_of_breach, due_at=due_at)
    if duty.owed and duty.expected_by:
        expected_by = duty.expected_by.isoformat()
        for step in sorted({moment for moment, _ in duty.escalates if moment <= duty.as_of}):
            hours = round((step - duty.expected_by) / timedelta(hours=1))
            to = [agency for moment, agency in duty.escalates if moment == step]
            yield from notice(ESCALATED, to, expected_by=expected_by, after_hours=hours)
    if duty.ending and told.since_end:
        heard = _heard(duty, told)
        if duty.state is State.MET:
            yield from notice(MET, heard, met_by=str(duty.ending.record_id), on_time=duty.on_time)
        if duty.state is State.WITHDRAWN:
            yield from notice(WITHDRAWN, heard, withdrawn_by=str(duty.ending.record_id))


def about(duty: Duty) -> dict[str, Any]:
    """How a notice names a duty."""
    return {
        "rule": duty.rule.id,
        "trigger_id": str(duty.trigger_id),
        "trigger_by": duty.trigger_by.value,
        "owner": duty.holder.value,
    }


def _was_not_so_at_once(duty: Duty) -> bool:
    """What is due at once was opened as that; nobody needs to hear it twice."""
    return duty.soon_at is not None and duty.starts_at is not None and duty.soon_at > duty.starts_at


def _heard(duty: Duty, told: Told) -> Iterator[Agency]:
    """Who was told that it is owed hears that it is no more."""
    types = {one.said.type for one in told.since_end}
    if types & {OPENED, DUE_SOON}:
        yield from duty.tell
    if BREACHED in types:
        yield from duty.tell_of_breach
    if ESCALATED in types:
        yield from (agency for moment, agency in duty.escalates if moment <= duty.as_of)


def same(said: Any, value: Any) -> bool:
    """Do two codes say the same? One moment has many spellings."""
    if isinstance(said, str) and isinstance(value, str) and said != value:
        try:
            return datetime.fromisoformat(said) == datetime.fromisoformat(value)
        except ValueError:
            return False
    return bool(said == value)
