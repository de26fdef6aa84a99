"""One case as the log has it: its records in order, and for each letter when its recipient had it.

It shows envelope and outcome codes; what the letters said lies with the agencies and is not in the log.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from bus.chains import RECEIPT, receipt_of
from bus.log import Logged
from contracts import again
from contracts.agencies import Agency
from contracts.casefile import Said
from contracts.catalogue import entry_of
from contracts.catalogue.post import SAID_AGAIN
from contracts.dated import Dated, Received
from contracts.envelope import Record, Stamp
from contracts.handoff import fold, step
from contracts.standing import Act, Course, Move, Standing, course_of
from contracts.vocabulary.asking import Service


@dataclass(slots=True)
class Delivery:
    """One letter: to whom, and when its system had it by its own signed word; None while nobody has signed."""

    to: Agency
    number: int
    tiers: tuple[str, ...]
    received_at: datetime | None = None
    opened: bool | None = None
    signed: Stamp | None = None  # where its receipt stands in the log
    said_again: "Delivery | None" = None  # the letter that says it once more, because it could not be opened

    @property
    def last(self) -> "Delivery":
        """Itself, or the last letter that said it again."""
        return self.said_again.last if self.said_again else self

    @property
    def received(self) -> Received | None:
        """When its recipient had it so that it could be read, at the first or when it was said again."""
        if self.opened and self.received_at and self.signed:
            return Received(self.received_at, self.signed.position, self.signed.logged_at)
        return self.said_again.received if self.said_again else None


def act_of(logged: Logged, move: Move, codes: Mapping[str, Any], service: Service | None) -> Act:
    """A record as an act on a handoff, at its place in the log. `service` is that of one that makes a handoff."""
    about, stamp = logged.record.data.about, logged.stamp
    return Act.of(
        logged.record.id,
        move,
        Agency(logged.record.sender),
        codes,
        position=stamp.position,
        at=stamp.logged_at,
        office=about.post.office if about else None,
        course=course_of(service) if service else Course.SERVICE,
    )


def handoff_of(record: Record, codes: Mapping[str, Any]) -> UUID:
    """Which handoff an act is on: the one that it names, or makes."""
    return UUID(codes["handoff_id"]) if codes.get("handoff_id") else record.id


def _receipt(delivery: Delivery) -> dict[str, Any]:
    received_at = delivery.received_at.isoformat() if delivery.received_at else None
    return {"received_at": received_at, "opened": delivery.opened}


@dataclass(frozen=True, slots=True)
class Step:
    """One act on a handoff, and the standing that all acts up to it came to."""

    logged: Logged
    standing: Standing


@dataclass(slots=True, repr=False)  # asyncio.run would have all of it written out twice, and throw that away
class CaseLog:
    records: list[Logged] = field(default_factory=list)
    deliveries: dict[tuple[str, str, int], Delivery] = field(default_factory=dict)  # by sender, recipient, number
    _acts: dict[UUID, list[tuple[Act, Logged]]] = field(default_factory=dict)
    _by_record: dict[tuple[str, UUID, Agency], Delivery] = field(default_factory=dict)

    def apply(self, logged: Logged) -> None:
        """Take in one record of the case, or one receipt that may cover its letters."""
        record = logged.record
        if record.type == RECEIPT:
            receipt = receipt_of(record)
            for letter in receipt.letters:
                delivery = self.deliveries.get((receipt.sender, record.sender, letter.number))
                if delivery and delivery.received_at is None:  # a restored store signs for it once more
                    delivery.received_at, delivery.opened = letter.received_at, letter.opened
                    delivery.signed = logged.stamp
            return
        self.records.append(logged)
        for entry in record.data.letters:
            tiers = tuple(tier.value for tier in entry.tiers)
            delivery = Delivery(entry.to, entry.number, tiers)
            self.deliveries[record.sender, entry.to, entry.number] = delivery
            if record.type == SAID_AGAIN:
                lost = self._by_record.get((record.sender, again.of(record).lost_id, entry.to))
                if lost:
                    lost.said_again = delivery
            self._by_record[record.sender, record.id, entry.to] = delivery
        self._take_act(logged)

    def _take_act(self, logged: Logged) -> None:
        record, entry = logged.record, entry_of(logged.record.type)
        if entry.move and entry.acts(record.data.content):
            # as its recipients read it: one moment has many spellings
            codes = logged.codes
            act = act_of(logged, entry.move, codes, entry.service_of(codes))
            self._acts.setdefault(handoff_of(record, codes), []).append((act, logged))

    def unsigned(self) -> dict[tuple[str, str], int]:
        """By link, the first of the case's letters whose recipient has not signed for it."""
        found = dict[tuple[str, str], int]()
        for (sender, recipient, number), delivery in self.deliveries.items():
            if delivery.received_at is None:
                found[sender, recipient] = min(number, found.get((sender, recipient), number))
        return found

    def standings(self) -> dict[UUID, Standing]:
        return {handoff_id: fold(act for act, _ in said) for handoff_id, said in self._acts.items()}

    def receipts(self, position: int) -> list[int]:
        """Where the receipts stand by which recipients have signed for the letters of the record at this place."""
        letters = (
            (one.record.sender, to)
            for one in self.records
            if one.stamp.position == position
            for to in one.record.data.letters
        )
        signed = (self.deliveries[sender, to.to, to.number].signed for sender, to in letters)
        return sorted({stamp.position for stamp in signed if stamp})

    def until(self, *, at: datetime | None = None, position: int | None = None) -> "CaseLog":
        """The case as the log had it then; without either, as it is."""
        kept = [
            logged
            for logged in self.records
            if (at is None or logged.stamp.logged_at <= at) and (position is None or logged.stamp.position <= position)
        ]
        return self.of(kept)

    def of(self, records: Iterable[Logged]) -> "CaseLog":
        """These records of the case alone, with what is known of their letters."""
        found = CaseLog()
        for logged in records:
            found.apply(logged)
        for link, delivery in found.deliveries.items():
            known = self.deliveries[link]
            delivery.received_at, delivery.opened, delivery.signed = known.received_at, known.opened, known.signed
        return found

    def dated(self) -> list[Dated]:
        """What was said in the case, void or not, with the moments by which time limits judge it."""
        found = []
        for logged in self.records:
            record, about = logged.record, logged.record.data.about
            if not entry_of(record.type).word or about is None:
                continue
            said = Said(record.id, record.sender, record.type, logged.codes, logged.stamp.position)
            letters = [self.deliveries[record.sender, letter.to, letter.number] for letter in record.data.letters]
            received = {letter.to: receipt for letter in letters if (receipt := letter.received)}
            to = frozenset(letter.to for letter in letters)
            found.append(Dated(said, logged.stamp.logged_at, about.clocks, received, to))
        return found

    def voids(self) -> dict[tuple[str, UUID], str]:
        """Why acts are void, by sender and id."""
        found = (void for standing in self.standings().values() for void in standing.voids)
        return {(void.act.by.value, void.act.id): void.reason.value for void in found}

    def histories(self) -> list[list[Step]]:
        """Each handoff step by step, in the order in which they were made."""
        return [list(_steps(said)) for said in self._acts.values()]

    def document(self, case_ref: str) -> dict[str, Any]:
        """The case with stable keys."""
        standings, voids = self.standings(), self.voids()
        return {
            "case_ref": case_ref,
            "position": max((logged.stamp.position for logged in self.records), default=0),
            "events": [
                self.event(logged, voids.get((logged.record.sender, logged.record.id))) for logged in self.records
            ],
            "handoffs": [{"id": str(handoff_id)} | standing.document() for handoff_id, standing in standings.items()],
        }

    def event(self, logged: Logged, void: str | None) -> dict[str, Any]:
        """One of its records with stable keys; `void` says why it changes nothing."""
        record = logged.record
        letters = [self.deliveries[record.sender, entry.to, entry.number] for entry in record.data.letters]
        return {
            "position": logged.stamp.position,
            "logged_at": logged.stamp.logged_at.isoformat(),
            "synthetic": logged.stamp.synthetic,
            "id": str(record.id),
            "type": record.type,
            "sender": record.sender,
            "about": record.data.about.model_dump(mode="json") if record.data.about else None,
            "codes": record.data.content,
            "causation_id": str(record.causationid) if record.causationid else None,
            "correlation_id": str(record.correlationid) if record.correlationid else None,
            "void": void,
            "letters": [
                {
                    "to": letter.to.value,
                    "number": letter.number,
                    "tiers": list(letter.tiers),
                    **_receipt(letter),
                    "said_again": {"number": letter.last.number, **_receipt(letter.last)}
                    if letter.said_again
                    else None,
                }
                for letter in letters
            ],
        }


def _steps(said: Iterable[tuple[Act, Logged]]) -> Iterator[Step]:
    """The log's own order is the law's, so each act is judged by what came before it."""
    standing = Standing()
    for act, logged in said:
        standing = step(standing, act)
        yield Step(logged, standing)


def case_log(records: Iterable[Logged]) -> CaseLog:
    """The case that these records come to."""
    found = CaseLog()
    for logged in records:
        found.apply(logged)
    return found
