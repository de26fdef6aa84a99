"""What an agency keeps: one store of handoffs, receipts, outbox, inbox and vault, saved together or not at all."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, PersistenceError
from joserfc.jwk import OKPKey

from bus.audit import StoreFacts
from bus.directory import Directory
from bus.inbox import Inbox
from bus.outbox import Outbox
from bus.relay import REFUSED
from bus.store import SQLiteStore, Statement
from bus.vault import Vault
from contracts.agencies import Agency
from contracts.errors import BarnabusError
from contracts.handoff import Standing, Void
from services.handoffs import Handoff

BY_ID_ALONE = ""
"""In place of a command's fingerprint, where only the log knows of the command: the same id is the same command."""


class Keeping(Application[UUID]):
    """An agency's own store, opened with its keys."""

    agency: ClassVar[Agency]

    def __init__(self, store: Path | str, vault_key: bytes, sealing_key: OKPKey, directory: Directory) -> None:
        if isinstance(store, Path):
            store.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        super().__init__(
            env={
                "PERSISTENCE_MODULE": "eventsourcing.sqlite",
                "SQLITE_DBNAME": str(store),
                "APPLICATION_RECORDER_TOPIC": "bus.store:SQLiteStore",
            }
        )
        assert isinstance(self.recorder, SQLiteStore)
        self.store = self.recorder
        self.inbox = Inbox(self.store)
        self.outbox = Outbox(self.store)
        self.vault = Vault(self.store, vault_key)
        self._no_acts_up_to = 0
        self._sealing_key = sealing_key
        self._directory = directory

    def close(self) -> None:
        self.store.close()
        super().close()

    def knows(self, act_id: UUID) -> bool:
        """Is this an act of this agency's own, as far as its store knows?"""
        return self._handoff_of(act_id) is not None

    def void_of(self, act_id: UUID) -> str | None:
        """Why an own act is void, as far as is known here; None while it counts."""
        handoff = self._handoff_of(act_id)
        return handoff.standing.void_of(act_id) if handoff else None

    def standing(self, handoff_id: UUID) -> Standing | None:
        """What a handoff has come to, as far as this agency knows; None if it holds no such handoff."""
        handoff = self._handoff(handoff_id)
        return handoff.standing if handoff else None

    def _newly_void(self, handoff: Handoff, before: Standing) -> tuple[Mapping[str, Any], ...]:
        """Own acts that are void now and were not before. One that is not logged yet may still come to count."""
        known = {void.act.id for void in before.voids if void.act.position}
        return tuple(
            {
                "id": str(void.act.id),
                "move": void.act.move.value,
                "reason": void.reason.value,
                "handoff_id": str(handoff.id),
            }
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
        try:
            return self.repository.get(handoff_id)
        except AggregateNotFoundError:
            return None

    def _handoff_of(self, record_id: UUID) -> Handoff | None:
        found = self.store.read("SELECT handoff_id FROM commands WHERE id = ?", str(record_id))
        return self._handoff(UUID(found[0]["handoff_id"])) if found else None

    def _save(self, *aggregates: Any, also: Sequence[Statement]) -> None:
        try:
            self.save(*aggregates, also=also)
        except IntegrityError:
            raise
        except PersistenceError as error:
            raise BarnabusError("store.full", detail=type(error).__name__) from None
