"""What of a case is content that can be erased, and how it goes: from the vault, the outbox and the inbox."""

from collections.abc import Collection, Iterable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from uuid import UUID

from bus import emptying
from bus.store import Statement
from contracts.agencies import Agency
from contracts.casefile import ABOUT
from contracts.catalogue.erasing import OF_ERASING
from contracts.tiers import LOGGED
from services.facts import Fact
from services.handoffs import Handoff
from services.keeping import BY_ID_ALONE
from services.routing import Routing

OWN = (Handoff.Acted, Fact.Stated)
_SAID = (*OWN, Handoff.Heard, Fact.Heard)


@dataclass(frozen=True, slots=True)
class Content:
    """What a store keeps of one record beyond its codes; `item` is None where an older copy of the store lost it."""

    sender: Agency
    record_id: UUID
    type: str
    persons: AbstractSet[str]
    item: str | None
    reached: AbstractSet[Agency] = frozenset()
    """Of an own record: who got a letter with more than its codes."""

    def meant(self, person: str | None, types: Collection[str]) -> bool:
        """Is it of this person, or of anybody; and of these types, or of any?"""
        return (person is None or person in self.persons) and (not types or self.type in types)


class Forgetting(Routing):
    def is_erased(self, sender: Agency, record_id: UUID) -> bool:
        """Was the content of this record erased here?"""
        return bool(self.store.read("SELECT 1 FROM erased WHERE mark = ?", self.vault.mark(sender, record_id)))

    def contents(self, case_ref: str) -> list[Content]:
        """All of a case that can be erased, and has not been."""
        return [
            one
            for one in self._everything(case_ref)
            if one.type not in OF_ERASING and not self.is_erased(one.sender, one.record_id)
        ]

    def _everything(self, case_ref: str) -> list[Content]:
        """Likewise, with what asks for erasing."""
        own, heard = list[Content](), dict[tuple[Agency, UUID], Content]()
        for part in self._parts(case_ref):
            of_handoff = {part.concerns} if isinstance(part, Handoff) and part.concerns else set[str]()
            for event in self.events.get(part.id):
                if not isinstance(event, _SAID):
                    continue
                persons = of_handoff | {event.codes[who]["ref"] for who in ABOUT if event.codes.get(who)}
                if isinstance(event, OWN):
                    own.append(self._own_content(event, persons))
                    continue
                word = event if isinstance(event, Handoff.Heard) else part
                assert isinstance(word, Handoff.Heard | Fact)
                key = Agency(word.by), event.act_id
                heard[key] = Content(*key, word.type, persons, None)
        return [one for one in (*own, *self._heard_contents(case_ref, heard)) if one.item or one.reached]

    def _own_content(self, event: Handoff.Acted | Fact.Stated, persons: AbstractSet[str]) -> Content:
        """What is not built yet goes out without it, and reaches nobody; an adopted one has no item, and did."""
        letters = self.outbox.letters(event.act_id) if event.vault_item or self.outbox.adopted(event.act_id) else {}
        reached = {to for to, tiers in letters.items() if tiers - LOGGED}
        return Content(self.agency, event.act_id, event.type, persons, event.vault_item, reached)

    def _heard_contents(self, case_ref: str, heard: dict[tuple[Agency, UUID], Content]) -> Iterable[Content]:
        for row in self.store.read(
            "SELECT sender, record_id, vault_item FROM inbox WHERE case_ref = ? AND vault_item IS NOT NULL", case_ref
        ):
            sender, record_id = Agency(row["sender"]), UUID(row["record_id"])
            if one := heard.get((sender, record_id)):  # what says it again has its own row, and the same item
                yield Content(sender, record_id, one.type, one.persons, row["vault_item"])

    def forgotten(self, case_ref: str, chosen: Iterable[Content], marks: Iterable[str] = ()) -> list[Statement]:
        """The writes that destroy these in the store, and what repeats them; settle it then. `marks` are noted beside.

        What else lies under a key, such as the agency's own file numbers, goes with the last content that does.
        """
        chosen = list(chosen)
        items = {one.item for one in chosen if one.item}
        others = {one.item for one in self._everything(case_ref)} - items
        for all_of in self.vault.beside(items).values():
            if not all_of & others:
                items |= all_of
        rows = self.store.read("SELECT vault_item FROM files WHERE case_ref = ?", case_ref)
        filed = items & {row["vault_item"] for row in rows}
        own = [one.record_id for one in chosen if one.sender is self.agency]
        noted = [*(self.vault.mark(one.sender, one.record_id) for one in chosen), *marks]
        by_id_alone = "UPDATE commands SET digest = ? WHERE id = ?"  # else whoever has the key could test guesses
        note = "INSERT INTO erased (mark) VALUES (?) ON CONFLICT (mark) DO NOTHING"
        return [
            *self.vault.forget(items),
            *(Statement("DELETE FROM files WHERE vault_item = ?", (item,)) for item in sorted(filed)),
            *(Statement(note, (mark,)) for mark in noted),
            *(Statement(by_id_alone, (BY_ID_ALONE, str(one))) for one in own),
            *emptying.emptied(self.store, [again for one in own for again in self._said_again(one)]),
            *(self.inbox.emptied(Agency(row["sender"]), row["number"]) for row in self.inbox.given_up(case_ref)),
        ]

    def _said_again(self, record_id: UUID) -> list[UUID]:
        """An own record, and those that said it again."""
        found = [record_id]
        for one in found:  # it grows
            rows = self.store.read("SELECT by_id FROM said_again WHERE lost_id = ? AND by_id IS NOT NULL", str(one))
            found += [UUID(row["by_id"]) for row in rows]
        return found

    def _erased_among(self, letters: Iterable[tuple[Agency, int]]) -> list[UUID]:
        """The own records of these letters whose content was erased; or that of what they say again."""
        if not self.store.read("SELECT 1 FROM erased LIMIT 1"):
            return []
        records = (emptying.record_of(self.store, *letter) for letter in letters)
        return [one for one in records if one and self.is_erased(self.agency, self._first_said(one))]

    def _first_said(self, record_id: UUID) -> UUID:
        while rows := self.store.read("SELECT lost_id FROM said_again WHERE by_id = ?", str(record_id)):
            record_id = UUID(rows[0]["lost_id"])
        return record_id
