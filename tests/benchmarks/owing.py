"""A log of real cases in which much is owed: one fresh concern each, its receipt, and what the keeper said of it.

Nothing of it is late yet, and everybody was told, as in a home whose keeper has been at work: so the keeper that comes
to it has much to look at and, but for what comes due meanwhile, nothing to say.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any
from uuid import UUID

from bus.outbox import Outbox
from bus.settings import Settings
from bus.store import Statement, opened
from contracts import check, documents
from contracts.agencies import Agency
from contracts.casefile import Said
from contracts.catalogue import entry_of
from contracts.dated import Dated, Received
from contracts.duties import fold
from contracts.duties.notices import Notice, wanted
from contracts.protocol import Protocol
from contracts.shapes import Clocks
from contracts.tiers import LOGGED, cut
from contracts.vocabulary.asking import Service
from contracts.vocabulary.people import LegalBasis, Role
from services.facts import fact_id
from tests.benchmarks import stories, threads
from tests.benchmarks.entries import LOGGED_AFTER, Book, Unsigned
from tests.benchmarks.signing import Signers
from tests.benchmarks.stories import Case, spelled

CODES: dict[str, Any] = {
    "urgency": "urgent",
    "limits": {"incident": "within-72-hours", "child_age": "6-to-11", "suspect_age": "adult"},
}
"""Of every concern: by these the shipped protocol's rules of the first days apply."""
STEP = timedelta(milliseconds=1)
RECEIVED_AFTER = timedelta(milliseconds=5)
TOGETHER = 50
"""So many concerns are signed for in one receipt."""
ENTRIES_A_CASE = 16
"""At most: of its concern, and of the keeper's words on it."""
A_WHILE = timedelta(minutes=1)


@dataclass(slots=True)
class Owing:
    """`untold` are the cases of which the keeper has said nothing yet; `told` which of its facts are of which case."""

    protocol: Protocol
    book: Book
    untold: list[tuple[str, Dated]] = field(default_factory=list)
    told: list[Statement] = field(default_factory=list)
    last_to: dict[Agency, Unsigned] = field(default_factory=dict)  # the keeper's last entry with a letter to each

    def concerns(self, count: int) -> Iterator[Unsigned]:
        """New cases, a concern each by the police to social services, who have signed for it."""
        for left in range(count, 0, -1):
            self.book.now += STEP
            case = Case(self.book.dice, self.book.now)
            made = threads.Handoff(case, Service.SCREENING, Agency.POLICE, Agency.SOCIAL)
            said = made.made("concern.reported", CODES)
            entry = self.book.logged(said)
            self.untold.append((case.ref, self._dated(entry, said)))
            yield entry
            if left % TOGETHER == 1 or left == 1:
                yield self._signed_for(min(count - left + 1, TOGETHER))

    def _signed_for(self, letters: int) -> Unsigned:
        self.book.now += LOGGED_AFTER + 3 * RECEIVED_AFTER
        receipt = self.book.signed_for(self.book.links[Agency.POLICE, Agency.SOCIAL])
        for place in range(len(self.untold) - letters, len(self.untold)):
            case_ref, concern = self.untold[place]
            had = Received(concern.at + RECEIVED_AFTER, receipt.position, self._logged_at())
            self.untold[place] = case_ref, replace(concern, received={Agency.SOCIAL: had})
        return receipt

    def _dated(self, entry: Unsigned, said: stories.Said) -> Dated:
        codes = check.codes(entry_of(said.type), said.content)
        word = Said(UUID(said.id), said.sender, said.type, codes, entry.position)
        clocks = Clocks.model_validate(said.about["clocks"])
        return Dated(word, self._logged_at(), clocks, to=frozenset(to for to, _ in said.letters))

    def _logged_at(self) -> datetime:
        return (self.book.now + LOGGED_AFTER).replace(tzinfo=UTC)

    def notices(self) -> Iterator[Unsigned]:
        """What the keeper has to say of the cases of which it has said nothing, as it would say it now."""
        at, position = self._logged_at(), self.book.position
        for case_ref, concern in self.untold:
            for notice in wanted(fold([concern], self.protocol, at), [concern], position):
                self.book.now += STEP
                entry = self.book.logged(self._said(notice, case_ref, at))
                self.last_to |= dict.fromkeys(notice.tell, entry)
                row = (str(fact_id(Agency.KEEPER, notice.id)), case_ref)
                self.told.append(Statement("INSERT INTO case_parts (id, case_ref) VALUES (?,?)", row))
                yield entry
        self.untold.clear()

    def _said(self, notice: Notice, case_ref: str, at: datetime) -> stories.Said:
        entry = entry_of(notice.type)
        content = documents.read(entry.content, dict(notice.codes)).model_dump(mode="json")
        moment = spelled(at.replace(tzinfo=None))
        return stories.Said(
            id=str(notice.id),
            type=notice.type,
            sender=Agency.KEEPER,
            case_ref=case_ref,
            about={
                "clocks": {"occurred": moment, "known": moment, "recorded": moment},
                "legal_basis": LegalBasis.PROTECTION_DUTY,
                "post": {"role": Role.RECORDS_SYSTEM},
            },
            content=cut(entry.content, content, LOGGED),
            letters=tuple((to, tuple(sorted(entry.left_by(None, to)))) for to in notice.tell),
            correlation_id=str(notice.id),
            causation_id=str(notice.cause),
        )

    def duties(self) -> tuple[int, int]:
        """How many are open in the cases of which the keeper has said nothing, and how many notices it owes them."""
        at, position = self._logged_at(), self.book.position
        folded = [(fold([concern], self.protocol, at), concern) for _, concern in self.untold]
        owed = sum(duty.owed for duties, _ in folded for duty in duties)
        return owed, sum(len(wanted(duties, [concern], position)) for duties, concern in folded)

    def keep(self, settings: Settings) -> None:
        """The keeper's store, as far as it must know what the log has of it: the ends of its chain and of its links.

        And of which case each word was: before it speaks of a case, it asks for these.
        """
        store = opened(settings.store(Agency.KEEPER))
        signers, outbox = Signers(settings), Outbox(store)
        adopted = {entry.position: entry for entry in self.last_to.values()}
        try:
            for entry in adopted.values():
                ((_, stamp),) = signers.of([entry])
                logged = entry.logged()
                store.write(*outbox.adopt(logged, entry.record, stamp, logged.record.id))
            store.write(*self.told)
        finally:
            store.close()


def lately(protocol: Protocol, now: datetime, cases: int, seed: int = 1) -> Owing:
    """A log of which so many cases, and what is said of them, lie before a moment."""
    before = now.astimezone(UTC).replace(tzinfo=None) - A_WHILE - cases * ENTRIES_A_CASE * STEP
    return Owing(protocol, Book(Random(seed), before, synthetic=False))
