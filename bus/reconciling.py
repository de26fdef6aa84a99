"""How a lost, shortened or damaged log is restored: which entry stood at which position, by signed evidence alone.

Pure. Every entry of a plan has its sender's signature, a stamp of the gateway for its position, and follows on. What
nobody can prove is named, and then the plan cannot be carried out: behind an unproven position nothing is restored.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from bus import seal
from bus.chains import Heads
from bus.directory import Keyring
from bus.evidence import Evidence
from bus.log import Entry, placed, verify
from bus.proofs import LOG, Known, Planned, Waiting
from contracts.agencies import Agency
from contracts.envelope import Postmark, Record, Stamp
from contracts.errors import BarnabusError

_EVER = datetime.max.replace(tzinfo=UTC)
SignStamp = Callable[[Stamp], str]
"""Signs a stamp with the gateway's key."""


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


def plan(
    log: Mapping[int, Entry], last: int, evidence: Iterable[Evidence], directory: Keyring, sign: SignStamp
) -> Plan:
    """What the log must hold. `log` are the entries that can be read, `last` is its last position."""
    known = Known(directory)
    damaged = {position: "It is gone." for position in range(1, last + 1) if position not in log} | known.read(log)
    for one in evidence:
        known.take(one)
    entries, unproven = _follow(known, directory, sign)
    kept = next((i for i, planned in enumerate(entries) if planned.origin != LOG), len(entries))
    return Plan(tuple(entries), tuple(unproven), kept, damaged, last, known.silent)


def _follow(known: Known, directory: Keyring, sign: SignStamp) -> tuple[list[Planned], list[Unproven]]:
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
    known: Known, position: int, heads: Heads, before: Stamp | None, directory: Keyring, sign: SignStamp
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
    known: Known, position: int, marks: Sequence[Postmark], heads: Heads
) -> tuple[Waiting, datetime | None, str]:
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
        fitting = [one for one in known.waiting.values() if _fits(one.record, heads) and not _key_ends(known, one)]
        if len(fitting) == 1:
            return fitting[0], None, "as the only record of any agency that fits there"
    raise BarnabusError("log.unproven", detail=_said(known, position))


def _fits(record: Record, heads: Heads) -> bool:
    try:
        heads.check(record)
    except BarnabusError:
        return False
    return True


def _key_ends(known: Known, waiting: Waiting) -> bool:
    """Has its key an end? No stamp says that it came before, and its sender's relay signs it anew."""
    try:
        known.directory.signer(Agency(waiting.record.sender), _EVER)(seal.signed_by(waiting.held.signature))
    except BarnabusError:
        return True
    return False


def _said(known: Known, position: int) -> str:
    for mark in known.marks.get(position, {}).values():
        return f"It was record {mark.record_id} of {mark.sender}, which is in no store given."
    if position in known.places:
        return "A gateway saw it, and its record is in no store given."
    return f"Nobody knows of it. No evidence was given by: {', '.join(known.silent) or 'nobody else'}."
