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
from contracts import addressing, check
from contracts.casefile import CaseFile, whom
from contracts.catalogue import CATALOGUE, words
from contracts.entry import Entry
from contracts.envelope import Command
from contracts.errors import Refused
from contracts.ids import case_ref_from
from contracts.standing import Move, Standing, Void
from contracts.tiers import Frozen
from services import translate
from services.facts import Fact
from services.filing import Filing
from services.forgetting import Forgetting
from services.handoffs import Handoff
from services.keeping import BY_ID_ALONE
from services.opening import Opening
from services.posts import any_post
from services.proposals import Case, Policy, Proposal, Rule

OTHER_CASE = "own_case"
"""The field by which a content names another case that its sender must know."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that is recorded in the agency's own store."""

    id: UUID
    case_ref: str
    repeated: bool


class Taking(Opening, Forgetting, Filing):
    """`rules` are the agency's own: which of its posts may do which act. `may_say` goes before them, by type; a fact
    that it does not name, any post may state. `policies` say, by type, what the case must hold for it.
    """

    rules: ClassVar[Mapping[Move, Rule]]
    may_say: ClassVar[Mapping[str, Rule]] = {}
    policies: ClassVar[Mapping[str, Policy]] = {}

    def take(self, raw: bytes, now: datetime) -> Taken:
        """Record what the agency's own system asks for. Raises Refused, naming the field; then nothing is recorded."""
        entry, command, content = check.command(raw, self.agency)
        # without what stands at its default: a repeat is one also after the envelope has learned a new optional field
        said = command.model_dump(mode="json", exclude_defaults=True)
        fingerprint = self.vault.fingerprint(seal.dump(said))
        if known := self._known(command.id, fingerprint):
            return known
        parts, writes = self._recorded(entry, command, content, now)
        row = (str(command.id), fingerprint, str(parts[0].id), parts[0].case_ref, now.isoformat())
        self._save(*parts, also=[*writes, Statement("INSERT INTO commands VALUES (?,?,?,?,?)", row)])
        return Taken(command.id, parts[0].case_ref, repeated=False)

    def _recorded(
        self, entry: Entry, command: Command, content: Frozen, now: datetime
    ) -> tuple[list[Handoff | Fact], list[Statement]]:
        """What changes, the command's own first, with the writes beside it."""
        record = self._act if entry.acts(content.model_dump(mode="json")) else self._state
        part, writes = record(entry, command, content, now)
        return [part], writes

    def _known(self, command_id: UUID, fingerprint: str) -> Taken | None:
        found = self.store.read("SELECT digest, case_ref FROM commands WHERE id = ?", str(command_id))
        if not found:
            return None
        if found[0]["digest"] not in (fingerprint, BY_ID_ALONE):
            raise Refused("command.id-reused", field="id")
        return Taken(command_id, found[0]["case_ref"], repeated=True)

    def _act(self, entry: Entry, command: Command, content: Frozen, now: datetime) -> tuple[Handoff, list[Statement]]:
        """An act on a handoff."""
        rule = self.may_say.get(entry.type) or (self.rules.get(entry.move) if entry.move else None)
        if rule is None:
            raise Refused("sender.not-allowed", field="command")
        handoff = self._handoff_for(command.id, entry, command.case_ref, content)
        proposal = translate.proposal(entry, command, content, self.agency, handoff.case_ref, now)
        self._fits_the_case(proposal, entry, handoff.standing)
        receivers = self._hearers(entry, proposal, handoff.standing)
        tiers = ((receiver, entry.seen_by(receiver)) for receiver in receivers)
        addressing.receiving(entry, self.agency, tiers, proposal.codes)
        rule(proposal, handoff.standing)
        self._complies(proposal, handoff)
        content = self._completed(entry, content, handoff, now)
        item, writes = self._kept(entry, command, content, proposal, handoff.concerns)
        handoff.propose(proposal, receivers, item)
        return handoff, writes

    def _state(self, entry: Entry, command: Command, content: Frozen, now: datetime) -> tuple[Fact, list[Statement]]:
        """A fact about a case."""
        case_ref = command.case_ref or _new_case()
        proposal = translate.proposal(entry, command, content, self.agency, case_ref, now)
        self._fits_the_case(proposal, entry, Standing())
        self.may_say.get(entry.type, any_post)(proposal, Standing())  # it meets no handoff
        self._complies(proposal, None)
        item, writes = self._kept(entry, command, content, proposal, None)
        fact = Fact.stated(proposal, self._told(entry, proposal), item)
        return fact, [*writes, *self._indexed(fact, command.id)]

    def _complies(self, proposal: Proposal, handoff: Handoff | None) -> None:
        """Raises Refused unless the agency's own policy for such an act is content with what the case holds."""
        policy = self.policies.get(proposal.type)
        if policy is None:
            return
        other = self.file(proposal.codes[OTHER_CASE]) if proposal.codes.get(OTHER_CASE) else CaseFile()
        file = self.file(proposal.case_ref)
        if handoff is None:
            policy(proposal, Case(file, other=other))
        else:
            policy(proposal, Case(file, handoff.standing, handoff.service, handoff.concerns, other))

    def _kept(
        self, entry: Entry, command: Command, content: Frozen, proposal: Proposal, concerns: str | None
    ) -> tuple[str | None, list[Statement]]:
        """What the log may not hold lies in the vault, under the key of the child that it concerns."""
        private, number = translate.private(entry, content), command.file_number
        said = [private] if any(private.values()) else []
        filed = [number] if number else []
        if not said and not filed:
            return None, []
        key = person_key(proposal.case_ref, concerns or whom(proposal.codes))
        items, writes = self.vault.put_all(key, [*said, *filed])
        if number:
            writes.append(self._filed(number, proposal.case_ref, items[-1]))
        return items[0] if said else None, writes

    def _handoff_for(self, command_id: UUID, entry: Entry, case_ref: str | None, content: object) -> Handoff:
        if entry.move is Move.MAKE:
            if self._handoff(command_id):
                raise Refused("command.id-reused", field="id")
            return Handoff.begin(command_id, case_ref or _new_case())
        handoff = self._handoff(getattr(content, "handoff_id"))  # noqa: B009  every other act names its handoff
        if handoff is None:
            raise Refused("handoff.unknown", field="data.handoff_id")
        if not handoff.standing.parties:  # only a later act has arrived so far
            raise Refused("handoff.void", field="data.handoff_id", detail=f"Reason: {Void.NOT_MADE}.")
        if case_ref and case_ref != handoff.case_ref:
            raise Refused("case.mismatch", field="case_ref")
        if handoff.service and entry.type not in (said := words(entry, handoff.service)):
            detail = f"It is for {handoff.service}: say {' or '.join(map(_command, said))}."
            raise Refused("handoff.other-course", field="command", detail=detail)
        concerns = getattr(content, "concerns", None)  # of what may also be said unasked
        if concerns and handoff.concerns and concerns.ref != handoff.concerns:
            raise Refused("handoff.other-person", field="data.concerns")
        if entry.move is Move.SUPERSEDE:
            self._successor(getattr(content, "by_id"), handoff)  # noqa: B009
        return handoff

    def _successor(self, by_id: UUID, handoff: Handoff) -> None:
        """What supersedes a handoff is another that this agency has made: else nobody would be asked any more."""
        successor = self._handoff(by_id)
        if successor is None or successor.id == handoff.id or successor.standing.opener is not self.agency:
            raise Refused("handoff.unknown", field="data.by_id")


def _command(type_name: str) -> str:
    return CATALOGUE[type_name].command or type_name


def _new_case() -> str:
    return case_ref_from(token_bytes(16))
