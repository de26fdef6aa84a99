"""Taking a command of the agency's own system: decided, recorded, answered; one call, one transaction."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import ClassVar
from uuid import UUID

from bus import seal
from bus.store import Statement
from bus.vault import person_key
from contracts import check
from contracts.agencies import Agency
from contracts.errors import Refused
from contracts.handoff import Move, Void
from contracts.ids import case_ref_from
from services import translate
from services.handoffs import Handoff, Proposal, Rule
from services.keeping import BY_ID_ALONE, Keeping


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that is recorded in the agency's own store."""

    id: UUID
    case_ref: str
    repeated: bool


class Taking(Keeping):
    """`rules` are the agency's own: which of its posts may do which act."""

    rules: ClassVar[Mapping[Move, Rule]]

    def take(self, raw: bytes, now: datetime) -> Taken:
        """Record what the agency's own system asks for. Raises Refused, naming the field; then nothing is recorded."""
        entry, command, content = check.command(raw, self.agency)
        fingerprint = self.vault.fingerprint(seal.dump(command.model_dump(mode="json")))
        if known := self._known(command.id, fingerprint):
            return known
        rule = self.rules.get(entry.move) if entry.move else None
        if rule is None:
            raise Refused("sender.not-allowed", field="command")
        handoff = self._handoff_for(command.id, entry.move, command.case_ref, content)
        proposal = translate.proposal(entry, command, content, self.agency, handoff.case_ref, now)
        receivers = self._receivers(proposal, handoff)
        check.receiving(entry, self.agency, ((receiver, entry.seen_by(receiver)) for receiver in receivers))
        rule(proposal, handoff.standing)
        item, writes = None, list[Statement]()
        if any((private := translate.private(entry, content)).values()):
            whom = handoff.concerns or proposal.codes.get("concerns", {}).get("ref")
            item, writes = self.vault.put(person_key(handoff.case_ref, whom), private)
        handoff.propose(proposal, receivers, item)
        row = (str(command.id), fingerprint, str(handoff.id), handoff.case_ref, now.isoformat())
        writes.append(Statement("INSERT INTO commands VALUES (?,?,?,?,?)", row))
        self._save(handoff, also=writes)
        return Taken(command.id, handoff.case_ref, repeated=False)

    def _known(self, command_id: UUID, fingerprint: str) -> Taken | None:
        found = self.store.read("SELECT digest, case_ref FROM commands WHERE id = ?", str(command_id))
        if not found:
            return None
        if found[0]["digest"] not in (fingerprint, BY_ID_ALONE):
            raise Refused("command.id-reused", field="id")
        return Taken(command_id, found[0]["case_ref"], repeated=True)

    def _handoff_for(self, command_id: UUID, move: Move | None, case_ref: str | None, content: object) -> Handoff:
        if move is Move.MAKE:
            if self._handoff(command_id):
                raise Refused("command.id-reused", field="id")
            return Handoff.begin(command_id, case_ref or case_ref_from(token_bytes(16)))
        handoff = self._handoff(getattr(content, "handoff_id"))  # noqa: B009  every other act names its handoff
        if handoff is None:
            raise Refused("handoff.unknown", field="data.handoff_id")
        if not handoff.standing.parties:  # only a later act has arrived so far
            raise Refused("handoff.void", field="data.handoff_id", detail=f"Reason: {Void.NOT_MADE}.")
        if case_ref and case_ref != handoff.case_ref:
            raise Refused("case.mismatch", field="case_ref")
        if move is Move.SUPERSEDE:
            self._successor(getattr(content, "by_id"), handoff)  # noqa: B009
        return handoff

    def _successor(self, by_id: UUID, handoff: Handoff) -> None:
        """What supersedes a handoff is another that this agency has made: else nobody would be asked any more."""
        successor = self._handoff(by_id)
        if successor is None or successor.id == handoff.id or successor.standing.opener is not self.agency:
            raise Refused("handoff.unknown", field="data.by_id")

    def _receivers(self, proposal: Proposal, handoff: Handoff) -> tuple[Agency, ...]:
        """Every act on a handoff goes to all its parties, and to those who are notified."""
        act = proposal.act()
        hearers = {act.to, *act.notified} if act.to else set(handoff.standing.hearers)
        return tuple(sorted(hearer for hearer in hearers if hearer and hearer is not self.agency))
