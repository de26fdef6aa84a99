"""What an agency keeps: one store of handoffs, receipts, outbox, inbox and vault, saved together or not at all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, PersistenceError
from joserfc.jwk import OKPKey

from bus.audit import StoreFacts
from bus.directory import Keyring
from bus.feed import Feed
from bus.inbox import Inbox
from bus.mending import REFUSED
from bus.outbox import Outbox
from bus.settings import Database
from bus.store import Statement, Store, opened
from bus.vault import Vault
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.standing import Standing, Void
from services import translate
from services.facts import Fact
from services.handoffs import Handoff, handoff_key
from services.receipts import LetterReceipt

BY_ID_ALONE = ""
"""In place of a command's fingerprint, where only the log knows of the command: the same id is the same command."""


class Keeping(Application[UUID]):
    """An agency's own store, opened with its keys."""

    agency: ClassVar[Agency]

    def __init__(
        self,
        store: Path | Database,
        vault_key: bytes,
        sealing_keys: Sequence[OKPKey],
        directory: Keyring,
        *,
        alone: bool = False,
    ) -> None:
        """`alone` keeps a second such process off it: two relays would fork the chain. Raises what `opened` does."""
        self.store = opened(store, alone=f"The adapter of {self.agency}" if alone else None)
        super().__init__()
        self.inbox = Inbox(self.store)
        self.outbox = Outbox(self.store)
        self.feed = Feed(self.store, self.agency)
        self.vault = Vault(self.store, vault_key)
        self._no_acts_up_to = 0
        self._sealing_keys = sealing_keys
        self._directory = directory

    def construct_recorder(self) -> Store:
        return self.store

    def close(self) -> None:
        super().close()
        self.store.close()

    def knows(self, act_id: UUID) -> bool:
        """Is this an act of this agency's own, as far as its store knows?"""
        return self._part_of(act_id) is not None

    def void_of(self, act_id: UUID) -> str | None:
        """Why an own act or fact is void, as far as is known here; None while it counts."""
        part = self._part_of(act_id)
        if isinstance(part, Fact):
            return Void.REFUSED_BY_GATEWAY if part.refused else None
        return part.standing.void_of(self.agency, act_id) if part else None

    def standing(self, handoff_id: UUID) -> Standing | None:
        """What a handoff has come to, as far as this agency knows; None if it holds no such handoff."""
        handoff = self._handoff(handoff_id)
        return handoff.standing if handoff else None

    def _newly_void(self, handoff: Handoff, before: Standing) -> tuple[Mapping[str, Any], ...]:
        """Own acts that are void now and were not before. One that is not logged yet may still come to count."""
        known = {void.act.id for void in before.voids if void.act.position}
        return tuple(
            translate.voided(handoff, void.act.id, void.reason)
            for void in handoff.standing.voids
            if void.act.by is self.agency and void.act.position and void.act.id not in known
        )

    def facts(self) -> StoreFacts:
        """What this store holds, to be compared with the log."""
        refused = self.store.read("SELECT count(*) AS n FROM outbox WHERE type = ?", REFUSED)[0]["n"]
        acts = frozenset(row["id"] for row in self.store.read("SELECT id FROM commands"))
        letters = self.store.read("SELECT sender, number, state FROM inbox")
        return StoreFacts(
            acts=acts,
            refused=self._refused(acts) if refused else frozenset(),
            letters=frozenset((row["sender"], row["number"]) for row in letters),
            parked=sum(row["state"] == "parked" for row in letters),
        )

    def _refused(self, acts: frozenset[str]) -> frozenset[str]:
        return frozenset(act for act in acts if self.void_of(UUID(act)) == Void.REFUSED_BY_GATEWAY)

    def _handoff(self, handoff_id: UUID) -> Handoff | None:
        part = self._part(handoff_key(handoff_id))
        return part if isinstance(part, Handoff) else None

    def _part(self, aggregate_id: UUID) -> Handoff | Fact | None:
        """A handoff or a fact; None if this agency holds no such thing."""
        try:
            found: Handoff | Fact | LetterReceipt = self.repository.get(aggregate_id)
        except AggregateNotFoundError:
            return None
        return None if isinstance(found, LetterReceipt) else found

    def _part_of(self, record_id: UUID) -> Handoff | Fact | None:
        """What an own record acted on, or stated."""
        found = self.store.read("SELECT aggregate_id FROM commands WHERE id = ?", str(record_id))
        return self._part(UUID(found[0]["aggregate_id"])) if found else None

    def _save(self, *aggregates: Handoff | Fact | LetterReceipt, also: Sequence[Statement]) -> None:
        """These with these writes, or nothing; a case knows its parts from their first moment on."""
        parts = [
            Statement("INSERT INTO case_parts (id, case_ref) VALUES (?,?)", (str(part.id), part.case_ref))
            for part in aggregates
            if not isinstance(part, LetterReceipt) and _is_new(part)
        ]
        try:
            self.save(*aggregates, also=[*also, *parts])
        except IntegrityError:
            raise
        except PersistenceError as error:
            raise BarnabusError("store.full", detail=type(error).__name__) from None


def _is_new(part: Handoff | Fact) -> bool:
    """Nothing of it is saved yet."""
    return len(part.pending_events) == part.version
