"""Erasing content: destroyed, said to the log, and asked of everybody who got it, in one transaction.

The log never says that something is gone which is not: what it is told is saved with what destroys it.
"""

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5

from bus import faults
from bus.store import Statement
from contracts.agencies import Agency
from contracts.catalogue import CATALOGUE
from contracts.catalogue.erasing import ASKED, ERASED
from contracts.entry import Entry
from contracts.envelope import Command
from contracts.errors import Refused
from contracts.events.erasing import MARKS_LIMIT, ContentErased, ErasureAsked, ErasureDone, OfContent
from contracts.standing import Move, Standing
from contracts.tiers import Frozen
from contracts.vocabulary.asking import Service
from contracts.vocabulary.erasing import ErasureAuthority
from contracts.vocabulary.people import Role
from services.facts import Fact
from services.forgetting import Content
from services.handoffs import Handoff
from services.keeping import BY_ID_ALONE
from services.letters import Letters
from services.posts import held_by
from services.proposals import Proposal
from services.retaining import Retaining
from services.taking import Taken, Taking

may_erase = held_by({Role.SUPERVISOR})
"""What is destroyed comes back for nobody (D)."""


class Erasing(Taking, Letters, Retaining):
    _destroyed = False

    def take(self, raw: bytes, now: datetime) -> Taken:
        taken = super().take(raw, now)
        if self._destroyed:
            faults.point("erasing.saved")
            self.store.settle()
            self._destroyed = False
        return taken

    def _recorded(
        self, entry: Entry, command: Command, content: Frozen, now: datetime
    ) -> tuple[list[Handoff | Fact], list[Statement]]:
        if isinstance(content, ContentErased):
            return self._erase(command, content, now)
        if isinstance(content, ErasureDone):
            return self._erase_as_asked(entry, command, content, now)
        if entry.type == ASKED and command.case_ref is None:
            raise Refused("field.missing", field="case_ref")
        return super()._recorded(entry, command, content, now)

    def _erase(
        self, command: Command, content: ContentErased, now: datetime
    ) -> tuple[list[Handoff | Fact], list[Statement]]:
        """By this agency's own decision."""
        case_ref = command.case_ref
        if case_ref is None:
            raise Refused("field.missing", field="case_ref")
        if content.items or content.marks:
            raise Refused("field.unknown", field="data.items", detail="The adapter says how much it was.")
        said = self._word(command, command.id, case_ref, now)
        self._fits_the_case(said, CATALOGUE[ERASED], Standing())
        may_erase(said, Standing())
        if content.authority is ErasureAuthority.RETENTION_PERIOD and not self.ending(case_ref):
            raise Refused("erasure.too-early")
        chosen = self._meant(case_ref, content)
        if not chosen:
            raise Refused("erasure.nothing")
        return self._destroy(said, content, chosen, frozenset(), now)

    def _erase_as_asked(
        self, entry: Entry, command: Command, content: ErasureDone, now: datetime
    ) -> tuple[list[Handoff | Fact], list[Statement]]:
        """Because who sent it has erased it: the answer is saved with what it says."""
        if content.items:
            raise Refused("field.unknown", field="data.items", detail="The adapter says how much it was.")
        asked, sender = self._asked(content.handoff_id)
        handoff = self._handoff(content.handoff_id)
        assert handoff
        chosen = self._meant(handoff.case_ref, asked)
        done, writes = self._act(entry, command, content.model_copy(update={"items": len(chosen)}), now)
        said = self._word(command, uuid5(command.id, ERASED), handoff.case_ref, now)
        may_erase(said, Standing())
        if not chosen:
            return [done], writes
        parts, more = self._destroy(said, asked, chosen, {sender}, now, because=command.id)
        return [done, *parts], [*writes, self._noted(said.id, parts[0], now), *more]

    def _asked(self, handoff_id: UUID) -> tuple[OfContent, Agency]:
        """What is asked to be erased, and by whom. Raises Refused `handoff.unknown` if nothing of the kind is."""
        row = self.inbox.letter(str(handoff_id))
        letter = self.letter(row) if row and row["type"] == ASKED else None
        if row is None or letter is None or letter["withheld"]:
            raise Refused("handoff.unknown", field="data.handoff_id")
        return ErasureAsked.model_validate(letter["content"]), Agency(row["sender"])

    def _meant(self, case_ref: str, meant: OfContent) -> list[Content]:
        """Raises Refused `erasure.held`, `erasure.parked`, `erasure.too-many`."""
        if self.held_since(case_ref):
            raise Refused("erasure.held")
        if any(row["case_ref"] == case_ref for row in self.inbox.parked()):
            raise Refused("erasure.parked")
        person = meant.person.ref if meant.person else None
        chosen = [one for one in self.contents(case_ref) if one.meant(person, meant.types)]
        if len(chosen) > MARKS_LIMIT:
            raise Refused("erasure.too-many", detail=f"{len(chosen)} records; at most {MARKS_LIMIT}.")
        return chosen

    def _destroy(
        self,
        said: Proposal,
        meant: OfContent,
        chosen: Sequence[Content],
        not_asked: AbstractSet[Agency],
        now: datetime,
        because: UUID | None = None,
    ) -> tuple[list[Handoff | Fact], list[Statement]]:
        """What is said of it, whom it is asked of, and the writes that destroy it.

        Nobody is asked because a period is over: everybody has periods of their own, and knows when theirs are.
        """
        self._destroyed = True
        marks = sorted(self.vault.mark(one.sender, one.record_id) for one in chosen)
        codes = {"authority": meant.authority, "types": list(meant.types), "items": len(chosen), "marks": marks}
        fact = Fact.stated(replace(said, codes=codes), (), None, because)
        writes = self.forgotten(said.case_ref, chosen)
        parts: list[Handoff | Fact] = [fact]
        reached = frozenset().union(*(one.reached for one in chosen)) - not_asked - {self.agency}
        by_period = meant.authority is ErasureAuthority.RETENTION_PERIOD
        asked = [] if by_period else sorted(reached - self.kept_out(said.case_ref))
        if not asked:
            return parts, writes
        key = f"{said.case_ref}/{said.id}"  # its own: others of the case may be destroyed in this very transaction
        item, kept = self.vault.put(key, {"person": meant.person.model_dump(mode="json") if meant.person else None})
        asks = [self._ask(to, said, meant, item, now) for to in asked]
        commanded = [self._noted(ask.handoff_id, ask, now) for ask in asks]
        return [*parts, *asks], [*writes, *kept, *commanded]

    def _ask(self, to: Agency, said: Proposal, meant: OfContent, item: str, now: datetime) -> Handoff:
        asked = {"to": to.value, "notified": [], "authority": meant.authority.value, "types": list(meant.types)}
        ask = Handoff.begin(uuid5(said.id, to), said.case_ref)
        proposal = Proposal(
            id=ask.handoff_id,
            type=ASKED,
            move=Move.MAKE,
            service=Service.ERASURE,
            by=self.agency,
            case_ref=said.case_ref,
            about=said.about,
            codes=asked,
            at=now,
        )
        ask.propose(proposal, (to,), item, said.id)
        return ask

    def _word(self, command: Command, record_id: UUID, case_ref: str, now: datetime) -> Proposal:
        """What will be said of it: this agency's own word, whoever the command speaks for."""
        about = command.about().model_copy(update={"on_behalf_of": None}).model_dump(mode="json")
        return Proposal(
            id=record_id, type=ERASED, move=None, by=self.agency, case_ref=case_ref, about=about, codes={}, at=now
        )

    def _noted(self, act_id: UUID, part: Handoff | Fact, now: datetime) -> Statement:
        row = (str(act_id), BY_ID_ALONE, str(part.id), part.case_ref, now.isoformat())
        return Statement("INSERT INTO commands VALUES (?,?,?,?,?)", row)
