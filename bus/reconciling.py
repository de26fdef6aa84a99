"""How a lost, shortened or damaged log is restored: which entry stood at which position, by signed evidence alone.

Pure. Every entry of a plan has its sender's signature, a stamp of the gateway for its position, and follows on. What
nobody can prove is named, and then the plan cannot be carried out: behind an unproven position nothing is restored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from bus import seal
from bus.chains import Heads
from bus.directory import Directory
from bus.evidence import Evidence, Held
from bus.log import POSTMARK_TYP, Entry, Logged, placed, position_of, verify
from bus.submission import RECORD_TYP
from contracts import check
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Postmark, Record, Stamp
from contracts.errors import BarnabusError

LOG = "the log"
SignStamp = Callable[[Stamp], str]
"""Signs a stamp with the gateway's key."""


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry of the log as it will be, and who had it."""

    entry: Entry
    logged: Logged
    origin: str
    anew: str | None = None  # how its place is known, if the stamp had to be signed anew


@dataclass(frozen=True, slots=True)
class Unproven:
    """A position that was used, and for which no entry can be proven; with what is known of it."""

    position: int
    known: str


@dataclass(frozen=True, slots=True)
class Plan:
    """`entries` from position 1 on, without a gap, up to the first unproven one."""

    entries: tuple[Planned, ...]
    unproven: tuple[Unproven, ...]
    kept: int  # so many at the beginning lie in the log as they must
    damaged: Mapping[int, str]  # positions of the log whose entry does not hold, and why
    last: int  # where the log ends now
    silent: tuple[Agency, ...]  # who has shown nothing: what they alone know of is missing here

    @property
    def whole(self) -> bool:
        """Nothing is to be done: the log holds together and nobody knows of an entry that it lacks."""
        return not self.unproven and not self.damaged and self.kept == self.last == len(self.entries)

    @property
    def appends(self) -> bool:
        """The log was only shortened: what is missing is added at its end. Else it is made anew."""
        return self.kept == self.last and not self.damaged

    @property
    def restored(self) -> tuple[Planned, ...]:
        return tuple(planned for planned in self.entries if planned.origin != LOG)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A record without a stamp: its sender never stored the gateway's answer, if there was one."""

    held: Held
    record: Record
    digest: str
    holder: str


@dataclass(slots=True)
class _Known:
    """All evidence, verified, by position."""

    entries: dict[int, dict[str, Planned]] = field(default_factory=dict)  # by the record's digest
    marks: dict[int, dict[str, Postmark]] = field(default_factory=dict)  # by the letter's digest
    places: dict[int, dict[str, datetime]] = field(default_factory=dict)  # digests that a gateway saw there, and when
    waiting: dict[str, _Waiting] = field(default_factory=dict)
    agencies: set[Agency] = field(default_factory=set)

    @property
    def silent(self) -> tuple[Agency, ...]:
        return tuple(sorted(set(Agency) - self.agencies))

    @property
    def top(self) -> int:
        """The highest position that anybody knows to have been used."""
        return max((*self.entries, *self.marks, *self.places), default=0)


def plan(
    log: Mapping[int, Entry], last: int, evidence: Iterable[Evidence], directory: Directory, sign: SignStamp
) -> Plan:
    """What the log must hold. `log` are the entries that can be read, `last` is its last position."""
    known, damaged = _Known(), {position: "It is gone." for position in range(1, last + 1) if position not in log}
    for position, entry in log.items():
        try:
            _keep(known, Planned(entry, verify(entry, directory), LOG))
        except BarnabusError as error:
            damaged[position] = error.detail or error.code
    for one in evidence:
        _take(known, one, directory)
    entries, unproven = _follow(known, directory, sign)
    kept = next((i for i, planned in enumerate(entries) if planned.origin != LOG), len(entries))
    return Plan(tuple(entries), tuple(unproven), kept, damaged, last, known.silent)


def _keep(known: _Known, planned: Planned) -> None:
    known.entries.setdefault(planned.entry.position, {}).setdefault(planned.logged.digest, planned)


def _take(known: _Known, one: Evidence, directory: Directory) -> None:
    """What of this evidence is signed as it must be; anything else is no evidence."""
    if one.agency:
        known.agencies.add(one.agency)
    for held in one.records:
        try:
            if _is_known(known, held):
                continue
            if held.stamp:
                entry = placed(held.text, held.signature, held.stamp, directory)
                _keep(known, Planned(entry, verify(entry, directory), one.holder))
            elif one.agency:
                waiting = _waiting(held, one, directory)
                if waiting.record.sender == one.agency:
                    known.waiting[waiting.digest] = waiting
        except (BarnabusError, ValueError):
            continue
    for token in one.postmarks:
        try:
            payload = seal.verify(token, directory.signer("gateway"), typ=POSTMARK_TYP)
            mark = Postmark.model_validate_json(payload)
        except (BarnabusError, ValueError):
            continue
        known.marks.setdefault(mark.position, {})[mark.sealed] = mark
    for place in one.places:
        known.places.setdefault(place.position, {})[place.digest] = datetime.fromisoformat(place.logged_at)


def _is_known(known: _Known, held: Held) -> bool:
    """Is this very record proven for this place already? Most are held by several, and verifying is what takes long."""
    if not held.stamp or held.stamp.count(".") != 2:
        return False
    return seal.digest(held.text) in known.entries.get(position_of(held.stamp), {})


def _waiting(held: Held, one: Evidence, directory: Directory) -> _Waiting:
    record = check.read(Record, check.document(held.text, limit_bytes=SUBMISSION_LIMIT_BYTES))
    seal.verify_detached(held.text.encode(), held.signature, directory.signer(Agency(record.sender)), typ=RECORD_TYP)
    return _Waiting(held, record, seal.digest(held.text), one.holder)


def _follow(known: _Known, directory: Directory, sign: SignStamp) -> tuple[list[Planned], list[Unproven]]:
    """Position by position: the one entry that is proven for it and follows on in all its chains."""
    heads, used, entries, unproven = Heads(), set[tuple[str, UUID]](), list[Planned](), list[Unproven]()
    for position in range(1, known.top + 1):
        if unproven:
            if position not in known.entries:
                unproven.append(Unproven(position, _said(known, position)))
            continue
        try:
            found = _proven(known, position, heads, entries[-1].logged.stamp if entries else None, directory, sign)
            heads.check(found.logged.record)
            if (identity := (found.logged.record.sender, found.logged.record.id)) in used:
                raise BarnabusError("record.id-reused")
        except BarnabusError as error:
            unproven.append(Unproven(position, error.detail or f"{error.code}: {error.row.message}"))
            continue
        used.add(identity)
        heads.apply(position, found.logged.record, found.logged.digest)
        entries.append(found)
    return entries, unproven


def _proven(
    known: _Known, position: int, heads: Heads, before: Stamp | None, directory: Directory, sign: SignStamp
) -> Planned:
    """Raises `log.unproven`, saying what is known of the position."""
    found = known.entries.get(position, {})
    marks = tuple(known.marks.get(position, {}).values())
    if len({(mark.sender, mark.record_id) for mark in marks}) > 1:
        raise BarnabusError("log.unproven", detail="Letters' postmarks speak of two records.")
    if len(found) > 1:
        ids = " and ".join(f"{one.logged.record.id} ({one.origin})" for one in found.values())
        raise BarnabusError("log.unproven", detail=f"The gateway stamped two records for it: {ids}.")
    for planned in found.values():
        if any((mark.sender, mark.record_id) != _named(planned.logged.record) for mark in marks):
            raise BarnabusError("log.unproven", detail="Its stamp and a letter's postmark speak of two records.")
        return planned
    waiting, at, how = _waiting_for(known, position, marks, heads)
    stamp = Stamp(
        position=position,
        logged_at=at or _between(before, waiting.record),
        account=Agency(waiting.record.sender),
        record_id=waiting.record.id,
        record=waiting.digest,
        synthetic=marks[0].synthetic if marks else bool(before and before.synthetic),
    )
    entry = placed(waiting.held.text, waiting.held.signature, sign(stamp), directory)
    return Planned(entry, verify(entry, directory), waiting.holder, how)


def _named(record: Record) -> tuple[str, UUID]:
    return record.sender, record.id


def _between(before: Stamp | None, record: Record) -> datetime:
    """A time that the log's order allows, for an entry whose own time nobody holds any more."""
    return before.logged_at if before else record.time


def _waiting_for(
    known: _Known, position: int, marks: Sequence[Postmark], heads: Heads
) -> tuple[_Waiting, datetime | None, str]:
    """The record without a stamp that was at this position, and when it came. Raises `log.unproven`."""
    for mark in marks:
        for waiting in known.waiting.values():
            letters = {(letter.to, letter.number, letter.sealed) for letter in waiting.record.data.letters}
            if (mark.recipient, mark.number, mark.sealed) in letters and waiting.record.sender == mark.sender:
                return waiting, mark.logged_at, f"by the postmark of its letter to {mark.recipient}"
    for digest, at in known.places.get(position, {}).items():
        if digest in known.waiting:
            return known.waiting[digest], at, "by a gateway's ledger"
    if not marks and position not in known.places and not known.silent:
        fitting = [waiting for waiting in known.waiting.values() if _fits(waiting.record, heads)]
        if len(fitting) == 1:
            return fitting[0], None, "as the only record of any agency that fits there"
    raise BarnabusError("log.unproven", detail=_said(known, position))


def _fits(record: Record, heads: Heads) -> bool:
    try:
        heads.check(record)
    except BarnabusError:
        return False
    return True


def _said(known: _Known, position: int) -> str:
    for mark in known.marks.get(position, {}).values():
        return f"It was record {mark.record_id} of {mark.sender}, which is in no store given."
    if position in known.places:
        return "A gateway saw it, and its record is in no store given."
    return f"Nobody knows of it. No evidence was given by: {', '.join(known.silent) or 'nobody else'}."
