"""What every agency's application does alike: take a command, hear a letter, follow its own acts into the log.

Each of these is one synchronous call that ends in one transaction, so nothing interleaves inside an agency and
nothing answers "accepted" before it is on disk.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_bytes
from typing import Any, ClassVar
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.persistence import IntegrityError, PersistenceError
from joserfc.jwk import OKPKey

from bus import arrivals, seal
from bus.audit import StoreFacts
from bus.directory import Directory
from bus.inbox import Inbox, letter_id
from bus.log import STAMP_TYP
from bus.outbox import Outbox
from bus.relay import REFUSED, LoggedAct
from bus.store import SQLiteStore, Statement
from bus.submission import Outgoing
from bus.vault import Vault, person_key
from contracts import check
from contracts.agencies import Agency
from contracts.envelope import Notice, Postmark, Stamp
from contracts.errors import BarnabusError, Refused
from contracts.handoff import Move, Standing, Void
from contracts.ids import case_ref_from
from services import translate
from services.handoffs import Handoff, LetterReceipt, Proposal

Rule = Callable[[Proposal, Standing], None]
"""An agency's own rule for one of its acts; raises Refused."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A command that is recorded in the agency's own store."""

    id: UUID
    case_ref: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What became of one item of the post. `missing` are letters to ask for again; `voided` own acts now void."""

    state: str  # heard, parked, repeated, altered
    sender: Agency
    told: Mapping[str, Any] | None = None
    reason: str | None = None
    missing: tuple[int, ...] = ()
    voided: tuple[Mapping[str, Any], ...] = ()


class AgencyApplication(Application[UUID]):
    """One agency's application over its own store. Subclasses say who they are and what their posts may do."""

    agency: ClassVar[Agency]
    rules: ClassVar[Mapping[Move, Rule]]

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
        self._sealing_key = sealing_key
        self._directory = directory

    def close(self) -> None:
        self.store.close()
        super().close()

    # commands

    def take(self, raw: bytes, now: datetime) -> Taken:
        """Record what the agency's own system asks for. Raises Refused, naming the field; then nothing is recorded."""
        entry, command, content = check.command(raw, self.agency)
        fingerprint = seal.digest(seal.dump(command.model_dump(mode="json")))
        if known := self._known(command.id, fingerprint):
            return known
        rule = self.rules.get(entry.move) if entry.move else None
        if rule is None:
            raise Refused("sender.not-allowed", field="command")
        handoff = self._handoff_for(command.id, entry.move, command.case_ref, content)
        proposal = translate.proposal(entry, command, content, self.agency, handoff.case_ref)
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
        if found[0]["digest"] != fingerprint:
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
        if case_ref and case_ref != handoff.case_ref:
            raise Refused("case.unknown", field="case_ref")
        return handoff

    def _handoff(self, handoff_id: UUID) -> Handoff | None:
        try:
            return self.repository.get(handoff_id)
        except AggregateNotFoundError:
            return None

    def _receivers(self, proposal: Proposal, handoff: Handoff) -> tuple[Agency, ...]:
        """Every act on a handoff goes to all its parties."""
        parties = {proposal.to} if proposal.to else set(handoff.standing.parties)
        return tuple(sorted(party for party in parties if party and party is not self.agency))

    def _save(self, *aggregates: Any, also: Sequence[Statement]) -> None:
        try:
            self.save(*aggregates, also=also)
        except IntegrityError:
            raise
        except PersistenceError as error:
            raise BarnabusError("store.full", detail=type(error).__name__) from None

    # the post

    def hear(self, raw: bytes, postmark: str, now: datetime) -> Heard:
        """Record one letter of the post with what it causes, or park it with its reason; a repeat changes nothing."""
        mark = arrivals.postmark(postmark, self.agency, self._directory)
        place = self.inbox.place(mark.sender, mark.number)
        if place.known_digest is not None:
            if place.known_digest != mark.sealed:
                raise BarnabusError("chain.forked", detail=f"Link {mark.sender}→{self.agency}, number {mark.number}.")
            return Heard("repeated", mark.sender, self._told_again(mark))
        try:
            jwe = arrivals.intact(raw, mark)
        except BarnabusError as error:
            return Heard("altered", mark.sender, reason=error.code, missing=(*place.missing, mark.number))
        try:
            opened = arrivals.open_letter(jwe, mark, place.before, self._sealing_key, self._directory)
        except BarnabusError as error:
            return self._park(mark, postmark, jwe, error.code, now, place.missing, opened=False)
        if self.inbox.case_is_parked(mark.case_ref):
            return self._park(mark, postmark, jwe, "letter.after-parked", now, place.missing, opened=True)
        return self._take_in(opened, mark, postmark, now, place.missing)

    def _told_again(self, mark: Postmark) -> Mapping[str, Any] | None:
        """A repeat may follow a crash before the agency's system was told: it is told again, by the same id."""
        row = self.inbox.at(mark.sender, mark.number)
        if row is None or row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            return None
        opened = arrivals.reopen(signed, mark, self._directory)
        standing = self.standing(translate.handoff_id(opened))
        assert standing
        return translate.told(opened, mark, datetime.fromisoformat(row["received_at"]), standing)

    def _take_in(
        self, opened: arrivals.Opened, mark: Postmark, postmark: str, now: datetime, missing: tuple[int, ...]
    ) -> Heard:
        handoff, item, writes, voided = self._apply(opened, mark)
        receipt = self._receipt(mark, now, opened=True)
        row = self.inbox.add(
            mark,
            state="heard",
            received_at=now,
            opened=True,
            after_gap=bool(missing),
            postmark=postmark,
            type_name=opened.letter.type,
            vault_item=item,
        )
        self._save(receipt, handoff, also=[*writes, row])
        return Heard(
            "heard", mark.sender, translate.told(opened, mark, now, handoff.standing), missing=missing, voided=voided
        )

    def _apply(
        self, opened: arrivals.Opened, mark: Postmark
    ) -> tuple[Handoff, str, list[Statement], tuple[Mapping[str, Any], ...]]:
        """What a letter does to its handoff, and where its content is kept."""
        handoff_id = translate.handoff_id(opened)
        handoff = self._handoff(handoff_id) or Handoff.begin(handoff_id, mark.case_ref)
        before = handoff.standing
        handoff.hear(
            translate.heard(opened, mark), mark.logged_at, translate.codes(opened), opened.letter.correlation_id
        )
        item, writes = self.vault.put(person_key(mark.case_ref, handoff.concerns), opened.signed)
        return handoff, item, writes, self._newly_void(handoff, before)

    def _park(
        self,
        mark: Postmark,
        postmark: str,
        jwe: str,
        reason: str,
        now: datetime,
        missing: tuple[int, ...],
        *,
        opened: bool,
    ) -> Heard:
        row = self.inbox.add(
            mark,
            state="parked",
            received_at=now,
            opened=opened,
            after_gap=bool(missing),
            postmark=postmark,
            reason=reason,
            jwe=jwe,
        )
        self._save(self._receipt(mark, now, opened=opened), also=[row])
        return Heard("parked", mark.sender, reason=reason, missing=missing)

    def park_failed(self, raw: bytes, postmark: str, now: datetime) -> Heard:
        """Park a letter that could not be handled within the bound."""
        mark = arrivals.postmark(postmark, self.agency, self._directory)
        return self._park(mark, postmark, arrivals.intact(raw, mark), "letter.failed", now, (), opened=True)

    def _receipt(self, mark: Postmark, now: datetime, *, opened: bool) -> LetterReceipt:
        return LetterReceipt.of(
            letter_id(mark.sender, self.agency, mark.number),
            sender=mark.sender.value,
            number=mark.number,
            record_id=mark.record_id,
            case_ref=mark.case_ref,
            position=mark.position,
            received_at=now,
            opened=opened,
        )

    def retry_parked(self, record_ids: Sequence[str] = ()) -> list[Heard]:
        """Try parked letters again in the log's order: these, or all. A case goes on only behind its first letter."""
        done, blocked = [], set[str]()
        wanted = set(record_ids)
        for row in self.inbox.parked():
            sender, number = Agency(row["sender"]), row["number"]
            if row["case_ref"] in blocked or (wanted and row["record_id"] not in wanted):
                blocked.add(row["case_ref"])
                continue
            mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
            try:
                before = self.inbox.place(sender, number).before
                opened = arrivals.open_letter(row["jwe"], mark, before, self._sealing_key, self._directory)
            except BarnabusError as error:
                self.store.write(self.inbox.parked_again(sender, number, error.code))
                blocked.add(row["case_ref"])
                done.append(Heard("parked", sender, reason=error.code))
                continue
            handoff, item, writes, voided = self._apply(opened, mark)
            self._save(handoff, also=[*writes, self.inbox.heard(sender, number, opened.letter.type, item)])
            received_at = datetime.fromisoformat(row["received_at"])
            told = translate.told(opened, mark, received_at, handoff.standing)
            done.append(Heard("heard", sender, told, voided=voided))
        return done

    def note_receipt(self, notice: Notice) -> None:
        """Keep what a recipient has signed for."""
        recipient, receipt, _ = arrivals.receipt(notice, self.agency, self._directory)
        self.store.write(*self.outbox.receipted(recipient, receipt))

    def letter(self, row: Mapping[str, Any]) -> dict[str, Any] | None:
        """A heard letter's claims and content, from the vault; None if it is parked or was erased."""
        if row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            return None
        mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
        return arrivals.reopen(signed, mark, self._directory).letter.model_dump(mode="json")

    # the way of its own acts

    def next_act(self, after: int) -> tuple[int, Outgoing] | None:
        """The next act for the relay, out of this agency's own notification log."""
        found = self.recorder.select_notifications(after + 1, 1, topics=[Handoff.Acted.TOPIC])
        if not found:
            return None
        event = self.mapper.to_domain_event(found[0])
        assert isinstance(event, Handoff.Acted)
        kept = self.vault.get(event.vault_item) if event.vault_item else None
        return found[0].id, translate.outgoing(event, kept)

    def on_logged(self, record_id: UUID, stamp: Stamp, also: Sequence[Statement]) -> str | None:
        handoff = self._handoff_of(record_id)
        if handoff is None:  # a receipt, or a refusal: no act of a handoff
            self.store.write(*also)
            return None
        handoff.log(record_id, stamp.position, stamp.logged_at)
        self._save(handoff, also=also)
        return handoff.standing.void_of(record_id)

    def on_refused(self, record_id: UUID, code: str, also: Sequence[Statement]) -> None:
        handoff = self._handoff_of(record_id)
        assert handoff is not None, "only acts are refused"
        handoff.refuse(record_id, code)
        self._save(handoff, also=also)

    def _handoff_of(self, record_id: UUID) -> Handoff | None:
        found = self.store.read("SELECT handoff_id FROM commands WHERE id = ?", str(record_id))
        return self._handoff(UUID(found[0]["handoff_id"])) if found else None

    def logged(self, record_id: UUID) -> LoggedAct | None:
        """Where the log put an own act, and whether it is void by now; None until it is logged."""
        token = self.outbox.stamp_of(record_id)
        if token is None:
            return None
        payload = seal.verify(token, self._directory.signer("gateway"), typ=STAMP_TYP)
        return LoggedAct(Stamp.model_validate_json(payload), self.void_of(record_id))

    def void_of(self, act_id: UUID) -> str | None:
        """Why an own act is void, as far as is known here; None while it counts."""
        handoff = self._handoff_of(act_id)
        return handoff.standing.void_of(act_id) if handoff else None

    def standing(self, handoff_id: UUID) -> Standing | None:
        """What a handoff has come to, as far as this agency knows; None if it holds no such handoff."""
        handoff = self._handoff(handoff_id)
        return handoff.standing if handoff else None

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

    def _newly_void(self, handoff: Handoff, before: Standing) -> tuple[Mapping[str, Any], ...]:
        known = {void.act.id for void in before.voids}
        return tuple(
            {
                "id": str(void.act.id),
                "move": void.act.move.value,
                "reason": void.reason.value,
                "handoff_id": str(handoff.id),
            }
            for void in handoff.standing.voids
            if void.act.by is self.agency and void.act.id not in known
        )
