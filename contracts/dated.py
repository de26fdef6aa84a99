"""A case as time limits read it: what was said in it and counts, each with its moments; pure.

A clock that an agency claims is believed up to the log's own: nothing has happened after it was logged, and no letter
was received before it was sent. So nobody gains time by a clock that runs ahead.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any
from uuid import UUID

from contracts.agencies import Agency
from contracts.casefile import UNLOGGED, Said, corrects, put_right, whom
from contracts.catalogue import entry_of
from contracts.catalogue.accounting import CORRECTED
from contracts.handoff import fold
from contracts.shapes import Clocks
from contracts.standing import Act, Move, Standing, course_of
from contracts.vocabulary.asking import Service

ABSENT = "unknown"
"""What a code reads as that nobody gave: never a default that reads as an answer."""


@dataclass(frozen=True, slots=True)
class Received:
    """When a recipient's system had a letter, by its own signed word, and the place of its receipt in the log."""

    at: datetime
    position: int
    logged_at: datetime


@dataclass(frozen=True, slots=True)
class Dated:
    """One act or fact as it was first said, void or not; what puts it right is another.

    `at` is the log's own time; of an agency's own that is not logged yet, when it was saved. `to` are those who get a
    letter of it, and `received` the receipts for these.
    """

    said: Said
    at: datetime
    clocks: Clocks
    received: Mapping[Agency, Received] = field(default_factory=lambda: MappingProxyType({}))
    to: frozenset[Agency] = frozenset()

    @property
    def by(self) -> Agency:
        return Agency(self.said.by)


@dataclass(frozen=True, slots=True)
class Word(Dated):
    """One act or fact that counts, as put right since, with what its handoff says of it.

    `before` is how it read before each correction, the first wording first; `corrected_by` is the last of these.
    """

    move: Move | None = None  # None of a fact
    handoff: UUID | None = None
    other: Agency | None = None  # the other party of its handoff
    service: Service | None = None  # what its handoff asks for
    child: str | None = None  # or whoever else its handoff concerns
    suspect: str | None = None
    before: tuple["Word", ...] = ()
    corrected_by: Dated | None = None

    def value(self, path: str) -> Any:
        """The code at a dotted path, `ABSENT` where there is none; `service` is its handoff's."""
        if path == "service":
            return self.service or ABSENT
        found: Any = self.said.codes
        for name in path.split("."):
            found = found.get(name) if isinstance(found, Mapping) else None
        return ABSENT if found is None else found

    def moment(self, name: str | None = None) -> datetime:
        """When it was done: by the moment that its content names so, else by its clock `occurred`."""
        named = self.said.codes.get(name) if name else None
        return min(datetime.fromisoformat(named) if named else self.clocks.occurred, self.at)

    def received_by(self, agency: Agency) -> Received | None:
        """The receipt of this agency, at a moment between the letter's logging and its own."""
        found = self.received.get(agency)
        if found is None:
            return None
        return Received(min(max(found.at, self.at), found.logged_at), found.position, found.logged_at)


def words(dated: Iterable[Dated], until: datetime) -> tuple[Word, ...]:
    """What counts in a case by a moment, that moment included, in the log's order. The order given plays no part."""
    ordered = sorted(dated, key=lambda one: (one.said.position, one.at, one.said.by, str(one.said.id)))
    once: dict[tuple[str, UUID], Dated] = {}
    for one in ordered:
        if one.at <= until:
            once.setdefault((one.said.by, one.said.id), one)  # said again, it counts where it stood first
    known = list(once.values())
    corrections = [one for one in known if one.said.type == CORRECTED]
    acts: dict[UUID, list[Act]] = {}
    for one in known:
        if act := _act(one):
            acts.setdefault(_handoff(one.said), []).append(act)
    standings = {handoff: fold(those) for handoff, those in acts.items()}
    read = [_corrected(_word(one, until), corrections) for one in known]
    made = {one.said.id: one for one in read if one.move is Move.MAKE and one.by is standings[one.said.id].opener}
    counted = (one for one in read if _counts(one, standings))
    return tuple(_on_handoff(one, standings, made) for one in counted)


def _act(one: Dated) -> Act | None:
    """It as an act on a handoff; None of a fact. Whom it asks is not put right by a correction, but asked anew."""
    entry, codes = entry_of(one.said.type), one.said.codes
    if not entry.move or not entry.acts(codes):
        return None
    service = entry.service_of(codes)
    where = {"position": one.said.position if one.said.position < UNLOGGED else None, "at": one.at}
    course = {"course": course_of(service)} if service else {}
    return Act.of(one.said.id, entry.move, one.by, codes, **where, **course)


def _handoff(said: Said) -> UUID:
    named = said.codes.get("handoff_id")
    return UUID(named) if named else said.id


def _word(one: Dated, until: datetime) -> Word:
    entry = entry_of(one.said.type)
    acts = entry.acts(one.said.codes)
    received = {agency: receipt for agency, receipt in one.received.items() if receipt.logged_at <= until}
    return Word(
        one.said,
        one.at,
        one.clocks,
        received,
        one.to,
        move=entry.move if acts else None,
        handoff=_handoff(one.said) if acts else None,
        service=entry.service_of(one.said.codes) if acts else None,
    )


def _corrected(word: Word, corrections: Iterable[Dated]) -> Word:
    """As its sender has put it right, one correction after the other."""
    for one in corrections:
        if corrects(one.said, word.said):
            clocks = one.said.codes.get("clocks")
            word = replace(
                word,
                said=put_right(word.said, [one.said]),
                clocks=Clocks.model_validate(clocks) if clocks else word.clocks,
                before=(*word.before, replace(word, before=())),
                corrected_by=one,
            )
    return word


def _counts(word: Word, standings: Mapping[UUID, Standing]) -> bool:
    return word.handoff is None or standings[word.handoff].void_of(word.by, word.said.id) is None


def _on_handoff(word: Word, standings: Mapping[UUID, Standing], made: Mapping[UUID, Word]) -> Word:
    """With what its handoff says, and whom it concerns: by its own word, or by the handoff's making."""
    child, suspect = whom(word.said.codes), (word.said.codes.get("suspect") or {}).get("ref")
    if word.handoff is None and not (child or suspect or word.before):
        return word
    before = tuple(_on_handoff(one, standings, made) for one in word.before)
    making = made.get(word.handoff) if word.handoff else None
    parties = standings[word.handoff].parties if word.handoff else frozenset()
    return replace(
        word,
        before=before,
        other=next(iter(parties - {word.by}), None),
        service=making.service if making else word.service,
        child=child or (whom(making.said.codes) if making else None),
        suspect=suspect,
    )
