"""Evidence, verified: which records, postmarks and places are proven, by position, whoever handed them in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bus import seal
from bus.directory import Keyring
from bus.evidence import Evidence, Held
from bus.log import Entry, Logged, placed, position_of, postmark_of, verify
from bus.submission import RECORD_TYP
from contracts import documents
from contracts.agencies import Agency
from contracts.envelope import SUBMISSION_LIMIT_BYTES, Postmark, Record
from contracts.errors import BarnabusError

LOG = "the log"


@dataclass(frozen=True, slots=True)
class Planned:
    """One entry of the log as it will be, and who had it."""

    entry: Entry
    logged: Logged
    origin: str
    anew: str | None = None  # how its place is known, if the stamp had to be signed anew


@dataclass(frozen=True, slots=True)
class Waiting:
    """A record without a stamp: its sender never stored the gateway's answer, if there was one."""

    held: Held
    record: Record
    digest: str
    holder: str


@dataclass(slots=True)
class Known:
    """All evidence, verified, by position."""

    directory: Keyring

    entries: dict[int, dict[str, Planned]] = field(default_factory=dict)  # by the record's digest
    marks: dict[int, dict[str, Postmark]] = field(default_factory=dict)  # by the letter's digest
    places: dict[int, dict[str, datetime]] = field(default_factory=dict)  # digests that a gateway saw there, and when
    waiting: dict[str, Waiting] = field(default_factory=dict)
    agencies: set[Agency] = field(default_factory=set)

    @property
    def silent(self) -> tuple[Agency, ...]:
        return tuple(sorted(set(Agency) - self.agencies))

    @property
    def top(self) -> int:
        """The highest position that anybody knows to have been used."""
        return max((*self.entries, *self.marks, *self.places), default=0)

    def read(self, log: Mapping[int, Entry]) -> dict[int, str]:
        """Take in what the server gives of the log; by position, why an entry of it does not hold."""
        damaged = {}
        for position, entry in log.items():
            try:
                self._keep(Planned(entry, verify(entry, self.directory), LOG))
            except BarnabusError as error:
                damaged[position] = error.detail or error.code
        return damaged

    def take(self, one: Evidence) -> None:
        """Take in what of this evidence is signed as it must be; anything else is no evidence."""
        if one.agency:
            self.agencies.add(one.agency)
        for held in one.records:
            try:
                self._take_record(held, one)
            except (BarnabusError, ValueError):
                continue
        for token in one.postmarks:
            try:
                mark = postmark_of(token, self.directory)
            except (BarnabusError, ValueError):
                continue
            self.marks.setdefault(mark.position, {})[mark.sealed] = mark
        for place in one.places:
            self.places.setdefault(place.position, {})[place.digest] = datetime.fromisoformat(place.logged_at)

    def _take_record(self, held: Held, one: Evidence) -> None:
        if held.stamp and not self._has(held):
            entry = placed(held.text, held.signature, held.stamp, self.directory)
            self._keep(Planned(entry, verify(entry, self.directory), one.holder))
        elif not held.stamp and one.agency:
            signer = self.directory.signer(one.agency, None)
            seal.verify_detached(held.text.encode(), held.signature, signer, typ=RECORD_TYP)
            record = documents.read(Record, documents.document(held.text, limit_bytes=SUBMISSION_LIMIT_BYTES))
            if record.sender == one.agency:
                waiting = Waiting(held, record, seal.digest(held.text), one.holder)
                self.waiting[waiting.digest] = waiting

    def _has(self, held: Held) -> bool:
        """Is this very record proven for this place? Most are held by several, and verifying is what takes long."""
        if not held.stamp or held.stamp.count(".") != 2:
            return False
        return seal.digest(held.text) in self.entries.get(position_of(held.stamp), {})

    def _keep(self, planned: Planned) -> None:
        self.entries.setdefault(planned.entry.position, {}).setdefault(planned.logged.digest, planned)
