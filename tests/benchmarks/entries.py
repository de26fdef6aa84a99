"""A simulated year of made-up cases as entries of the log, unsigned: chains, links, receipts, stamps. Pure, and lazy.

No letter is ever sealed: the log holds a letter's digests only, and here these are random bytes.
"""

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any, NamedTuple

from bus import seal
from bus.chains import RECEIPT
from bus.log import Logged
from bus.submission import Head
from contracts import subjects
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.envelope import Record, Stamp, dataschema
from contracts.ids import NOTHING_BEFORE
from tests.benchmarks import threads
from tests.benchmarks.stories import Case, Said, Thread, a_uuid, spelled

EPOCH = datetime(2025, 1, 1)  # noqa: DTZ001  UTC, as every moment here: see `spelled`
YEAR = timedelta(days=365)
EVENTS_A_CASE = 25.0
"""About so many entries come of one case, receipts among them: it sets how soon one case follows the other."""
LOGGED_AFTER = timedelta(milliseconds=8)
_START = Head(0, NOTHING_BEFORE)


class Unsigned(NamedTuple):
    """One entry before its two signatures: the record's exact bytes, and the stamp's."""

    position: int
    subject: str
    sender: Agency
    record: bytes
    stamp: bytes

    def logged(self) -> Logged:
        """As its reader has it, once it is verified."""
        record, stamp = Record.model_validate_json(self.record), Stamp.model_validate_json(self.stamp)
        return Logged(record, seal.digest(self.record), stamp, self.subject)


@dataclass(slots=True)
class Link:
    """What was sent on one link, and what of it nobody has signed for."""

    sender: Agency
    to: Agency
    head: Head = _START
    due: list[tuple[int, datetime]] = field(default_factory=list)  # number, and when the recipient had it


@dataclass(slots=True)
class Book:
    """A log as it is being made: its chains and links so far, and the simulated time. `synthetic` is in every stamp."""

    dice: Random
    now: datetime = EPOCH
    synthetic: bool = True
    position: int = 0
    heads: dict[Agency, Head] = field(default_factory=dict)
    links: dict[tuple[Agency, Agency], Link] = field(default_factory=dict)

    def logged(self, said: Said) -> Unsigned:
        letters = [self._letter(said.sender, to, tiers) for to, tiers in said.letters]
        ids = {"correlationid": said.correlation_id}
        if said.causation_id:
            ids["causationid"] = said.causation_id
        data = {"about": said.about, "content": said.content, "letters": letters}
        subject = f"case.{said.case_ref}.{said.sender}.{said.type}"
        return self._entry(said.sender, said.id, said.type, said.case_ref, subject, ids, data)

    def _letter(self, sender: Agency, to: Agency, tiers: tuple[str, ...]) -> dict[str, Any]:
        link = self.links.get((sender, to)) or self.links.setdefault((sender, to), Link(sender, to))
        if not link.due:
            self._begins_to_wait(link)
        before, link.head = link.head, Head(link.head.number + 1, seal.b64(self.dice.randbytes(32)))
        link.due.append((link.head.number, self.now + LOGGED_AFTER + timedelta(milliseconds=5)))
        return {
            "to": to,
            "tiers": tiers,
            "number": link.head.number,
            "previous": before.digest,
            "sealed": link.head.digest,
            "content": seal.b64(self.dice.randbytes(32)),
        }

    def _begins_to_wait(self, link: Link) -> None:
        """A letter on a link of which everything was signed for."""

    def signed_for(self, link: Link) -> Unsigned:
        """One receipt for every letter that its recipient has by now; one that is on its way waits for the next."""
        letters = [(number, had) for number, had in link.due if had < self.now]
        link.due = link.due[len(letters) :]
        if link.due:
            self._begins_to_wait(link)
        signed = [{"number": number, "received_at": spelled(had), "opened": True} for number, had in letters]
        data = {"content": {"sender": link.sender, "letters": signed}, "letters": ()}
        subject = subjects.link(link.sender, link.to)
        return self._entry(link.to, a_uuid(self.dice), RECEIPT, subject, subject, {}, data)

    def _entry(
        self,
        sender: Agency,
        record_id: str,
        type_name: str,
        about: str,
        subject: str,
        ids: dict[str, str],
        data: dict[str, Any],
    ) -> Unsigned:
        head = self.heads.get(sender, _START)
        record = seal.dump(
            {
                "specversion": "1.0",
                "id": record_id,
                "source": f"/agencies/{sender}",
                "type": type_name,
                "subject": about,
                "time": spelled(self.now),
                "dataschema": dataschema(type_name, entry_of(type_name).version),
                "datacontenttype": "application/json",
                "number": head.number + 1,
                "previous": head.digest,
                **ids,
                "data": data,
            }
        )
        digest = seal.digest(record)
        self.heads[sender] = Head(head.number + 1, digest)
        self.position += 1
        stamp = {
            "position": self.position,
            "logged_at": spelled(self.now + LOGGED_AFTER),
            "account": sender,
            "record_id": record_id,
            "record": digest,
            "synthetic": self.synthetic,
        }
        return Unsigned(self.position, subject, sender, record, seal.dump(stamp))


@dataclass(slots=True)
class Running:
    case: Case
    thread: Thread


@dataclass(slots=True)
class Year(Book):
    """What is to happen, in time: new cases, threads of cases that are going on, receipts."""

    between_s: float = field(kw_only=True)
    refers: threads.Pairs = field(kw_only=True)
    cases: int = 0
    _agenda: list[tuple[datetime, int, Running | Link | None]] = field(default_factory=list)  # None: a new case
    _planned: int = 0

    def entries(self) -> Iterator[Unsigned]:
        self._plan(0, None)
        while True:
            self.now, _, what = heapq.heappop(self._agenda)
            if isinstance(what, Running):
                what.case.now = self.now
                found = next(what.thread, None)
                if found:
                    said, wait_s = found
                    yield self.logged(said)
                    self._plan(wait_s, what)
                self._take_up(what.case)
            elif isinstance(what, Link):
                yield self.signed_for(what)
            else:
                self.cases += 1
                self._take_up(threads.begin(self.dice, self.now, self.refers))
                self._plan(self.dice.expovariate(1 / self.between_s), None)

    def _plan(self, after_s: float, what: Running | Link | None) -> None:
        self._planned += 1  # of two at one moment, what was planned first
        heapq.heappush(self._agenda, (self.now + timedelta(seconds=after_s), self._planned, what))

    def _take_up(self, case: Case) -> None:
        while case.begun:
            after_s, thread = case.begun.pop(0)
            self._plan(after_s, Running(case, thread))

    def _begins_to_wait(self, link: Link) -> None:
        self._plan(self.dice.uniform(0.3, 1.0), link)


def year(events: int, seed: int) -> Year:
    """A year in which about so many events happen."""
    dice = Random(seed)
    return Year(dice, between_s=YEAR.total_seconds() * EVENTS_A_CASE / events, refers=threads.pairs(dice))
