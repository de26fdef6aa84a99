"""What the keeper has to say of a case's duties, by what it has said of them so far; pure.

Everything is decided from the log: what the keeper has said stands there too. So it may die and come back at any
moment, and whoever has the log can reckon every notice again.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Self
from uuid import NAMESPACE_URL, UUID, uuid5

from contracts.agencies import Agency
from contracts.casefile import CaseFile
from contracts.catalogue.accounting import BREACHED, DUE_SOON, ESCALATED, KEPT_OPEN, MET, OPENED, WITHDRAWN
from contracts.catalogue.reintegration import CLOSED, REOPENED
from contracts.dated import Dated, words
from contracts.duties import KeptOpen
from contracts.duties.duty import Duty, State
from contracts.duties.parties import Parties
from contracts.events.accounting import OPEN_LIMIT

MOST = 6
"""So often at most anybody is told the same kind of thing of one duty ..."""
WITHIN = timedelta(hours=1)
"""... in so long a time, however often its cause is put right. How it stands then is told once that has passed."""
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

    def times(self, type_name: str) -> int:
        """How often such a notice was given: what is said once more is another."""
        return sum(one.said.type == type_name for one in self.said)

    def often(self, type_name: str, codes: Mapping[str, Any], at: datetime) -> set[Agency]:
        """Who was told this kind of thing so often lately that the next is told later."""
        step = codes.get("after_hours")
        alike = (one for one in self.said if one.said.type == type_name and one.said.codes.get("after_hours") == step)
        told = Counter(agency for one in alike if at < one.at + WITHIN for agency in one.to)
        return {agency for agency, times in told.items() if times >= MOST}

    @property
    def since_end(self) -> tuple[Dated, ...]:
        """What was said since it last ended: what comes after an end is said anew."""
        last = max((n for n, one in enumerate(self.said) if one.said.type in ENDED), default=-1)
        return self.said[last + 1 :]

    def alike(self, type_name: str, codes: Mapping[str, Any]) -> tuple[Dated, ...]:
        """What says this already, since it last ended. What was missed stays missed, and is said once of each due time.

        By when it is due, and who has to do it, is what was said last.
        """
        where = self.said if type_name == BREACHED else self.since_end
        of_type = [one for one in reversed(where) if one.said.type == type_name]
        if type_name == OPENED:
            return tuple(takewhile(lambda one: says(one, codes), of_type))
        return tuple(one for one in of_type if says(one, codes))

    @property
    def heard(self) -> tuple[Agency, ...]:
        """Who was told that it is owed, since it last ended."""
        return tuple(agency for one in self.since_end for agency in sorted(one.to))


def wanted(duties: Iterable[Duty], dated: Iterable[Dated], position: int, since: int = 0) -> tuple[Notice, ...]:
    """What is to be said of these duties of a case as of their moment, in the log up to a position.

    `dated` is the case in the log's order. Of what had ended up to `since`, where the keeper began, by itself or with
    its case, it says nothing but to those whom it has told that it is owed.
    """
    every = tuple(dated)
    said: dict[str, list[Dated]] = {}  # by rule, so that each duty looks only at what can be said of it
    for one in every:
        if one.by is Agency.KEEPER and one.said.type in OF_DUTIES:
            said.setdefault(one.said.codes["rule"], []).append(one)
    closed = _closed(every, since)
    known = ((duty, Told.of(duty, said.get(duty.rule.id, ()))) for duty in duties)
    concerned = [(duty, told) for duty, told in known if told.since_end or _goes_on(duty, since, closed)]
    ended = max((duty.as_of for duty, _ in concerned if duty.ending), default=None)
    parties = Parties.of(words(every, ended) if ended else ())
    return tuple(notice for duty, told in concerned for notice in _of(duty, told, parties, position))


def _goes_on(duty: Duty, since: int, closed: int) -> bool:
    return duty.position > closed and (duty.ending is None or duty.ending.position > since)


def _closed(dated: Iterable[Dated], since: int) -> int:
    """The place of the closing with which a case had ended by then; 0 if it had not, or goes on."""
    ends = [one.said for one in dated if one.said.type in (CLOSED, REOPENED, KEPT_OPEN)]
    counted = [said for said in ends if said.type != CLOSED or said.position <= since]
    closings = [said.position for said in counted if said.type == CLOSED]
    return max(closings) if CaseFile.of(counted).closed else 0


def kept_open(found: Iterable[KeptOpen], position: int, since: int = 0) -> tuple[Notice, ...]:
    """What is to be said of closings after `since` that are void and not answered: to whoever heard of them."""
    new = (one for one in found if one.closing.said.position > since)
    return tuple(notice for one in new for notice in _kept_open(one, position))


def _kept_open(found: KeptOpen, position: int) -> Iterator[Notice]:
    """Which duties are open, nobody learns who only heard of the closing."""
    closing = found.closing.said
    codes = {"position": position, "closing_id": str(closing.id), "open": len(found.duties)}
    listed = [about(duty) for duty in found.duties[:OPEN_LIMIT]]
    for duties, tell in ((listed, found.entitled), ([], found.others)):
        if tell:
            notice_id = uuid5(NAMESPACE_URL, f"barnabus:kept-open:{closing.by}:{closing.id}:{bool(duties)}")
            yield Notice(notice_id, KEPT_OPEN, {**codes, "duties": duties}, tell, closing.id)


def next_look(duties: Iterable[Duty], dated: Iterable[Dated], at: datetime) -> datetime | None:
    """When something is to be said of a case's duties next if nobody says anything; None if nothing is."""
    turns = (moment for duty in duties for moment in _turns(duty))
    return min((moment for moment in (*turns, *_held_back_until(dated, at)) if moment > at), default=None)


def _held_back_until(dated: Iterable[Dated], at: datetime) -> Iterator[datetime]:
    lately = [one for one in dated if one.by is Agency.KEEPER and at < one.at + WITHIN]
    often = Counter(map(_of_what, lately))
    yield from (one.at + WITHIN for one in lately if often[_of_what(one)] >= MOST)


def _of_what(notice: Dated) -> tuple[Any, ...]:
    return notice.said.type, *map(notice.said.codes.get, ("rule", "trigger_id", "trigger_by", "after_hours"))


def _turns(duty: Duty) -> Iterator[datetime]:
    if duty.owed:
        unbegun = () if duty.begun else (duty.opened_at + UNBEGUN, duty.starts_at)
        moments = (duty.turns_at, *unbegun, *(moment for moment, _ in duty.escalates))
        yield from (moment for moment in moments if moment)


def _of(duty: Duty, told: Told, parties: Parties, position: int) -> Iterator[Notice]:
    due_at = duty.due_at.isoformat() if duty.due_at else None

    def notice(type_name: str, tell: Iterable[Agency], **codes: Any) -> Iterator[Notice]:
        alike = told.alike(type_name, codes)
        heard = {agency for one in alike for agency in one.to}
        receivers = tuple(dict.fromkeys(agency for agency in tell if agency not in heard))
        often = told.often(type_name, codes, duty.as_of).intersection(receivers) if receivers else ()
        owed = duty.owed and type_name in OWED  # that, who comes to it later hears too
        receivers = tuple(agency for agency in receivers if agency not in often)
        if receivers and (owed or not (alike or often)):
            before = told.times(type_name) - len(alike)
            later = (str(len(alike)), *receivers) if alike else ()  # to these for the first time, or once more
            key = ":".join([type_name, str(before), *map(str, codes.values()), *later])
            of_it = about(duty) | {"position": position, "version": duty.version}
            cause = duty.ending.record_id if duty.ending and type_name in ENDED else duty.trigger_id
            yield Notice(uuid5(duty.id, key), type_name, of_it | codes, receivers, cause, duty.id)

    if duty.owed and (duty.begun or duty.as_of >= duty.opened_at + UNBEGUN):
        yield from notice(OPENED, duty.tell, due_at=due_at, owner=duty.holder.value)
    if duty.state is State.DUE_SOON and _was_not_so_at_once(duty):
        yield from notice(DUE_SOON, duty.tell, due_at=due_at)
    breach = tuple(notice(BREACHED, duty.tell_of_breach, due_at=due_at)) if duty.missed and duty.excuse is None else ()
    yield from breach
    if duty.owed and duty.expected_by:
        expected_by = duty.expected_by.isoformat()
        for step in sorted({moment for moment, _ in duty.escalates if moment <= duty.as_of}):
            hours = round((step - duty.expected_by) / timedelta(hours=1))
            to = [agency for moment, agency in duty.escalates if moment == step]
            yield from notice(ESCALATED, to, expected_by=expected_by, after_hours=hours)
    if duty.ending and told.since_end and not breach:  # else whoever is told of the breach would not hear of the end
        heard = parties.let_in(told.heard)
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


def says(one: Dated, codes: Mapping[str, Any]) -> bool:
    """Does it say these codes?"""
    return all(same(one.said.codes.get(name), value) for name, value in codes.items())


def same(said: Any, value: Any) -> bool:
    """Do two codes say the same? One moment has many spellings."""
    if isinstance(said, str) and isinstance(value, str) and said != value:
        try:
            return datetime.fromisoformat(said) == datetime.fromisoformat(value)
        except ValueError:
            return False
    return bool(said == value)
