"""Who hears what of a case, by what this agency knows: the parties, the active agencies, and the ways around one."""

from collections.abc import Set as AbstractSet
from uuid import UUID

from bus.store import Statement
from contracts import bypass, check
from contracts.agencies import Agency
from contracts.bypass import Bypass
from contracts.catalogue import HANDED_OVER, LINKED, TAKERS
from contracts.entry import Entry
from contracts.errors import Refused
from contracts.standing import COME_TO_NOTHING, ENDED, Course, Move, Standing
from services.facts import Fact
from services.handoffs import Handoff, Proposal
from services.keeping import Keeping


class Routing(Keeping):
    # ways around somebody

    def bypasses(self, case_ref: str) -> frozenset[Bypass]:
        """Those that this agency has invoked or heard of, and that are in force."""
        rows = self.store.read("SELECT conflicted, office FROM bypasses WHERE case_ref = ?", case_ref)
        return frozenset(Bypass(bypass.conflicted(row["conflicted"]), row["office"]) for row in rows)

    def kept_out(self, case_ref: str) -> frozenset[Agency]:
        """The agencies that get no letter of this case."""
        return bypass.kept_out(self.bypasses(case_ref))

    def _indexed(self, fact: Fact, record_id: UUID) -> list[Statement]:
        """The writes by which a fact opens a way around somebody or ends one, or ties a case to another."""
        if fact.type == LINKED:
            row = (str(fact.id), fact.case_ref, fact.codes["other"], fact.codes["reason"])
            return [Statement("INSERT INTO case_links (fact_id, case_ref, other, reason) VALUES (?,?,?,?)", row)]
        if fact.type == bypass.INVOKED and not self._lifted(record_id, fact.case_ref):
            columns = "id, case_ref, conflicted, office, invoked_by, alternate"
            whom = (fact.codes["conflicted"], fact.codes["office"], fact.by, fact.codes["alternate"])
            insert = f"INSERT INTO bypasses ({columns}) VALUES (?,?,?,?,?,?)"  # noqa: S608
            return [Statement(insert, (str(record_id), fact.case_ref, *whom))]
        if fact.type == bypass.LIFTED:
            lifted = (fact.codes["bypass_id"], fact.case_ref)
            return [Statement("DELETE FROM bypasses WHERE id = ? AND case_ref = ?", lifted)]
        return []

    def _lifted(self, bypass_id: UUID, case_ref: str) -> bool:
        """Was it lifted before it was heard of here, because its letter could not be opened at first?"""
        facts = (part for part in self._parts(case_ref) if isinstance(part, Fact) and part.type == bypass.LIFTED)
        return any(fact.codes["bypass_id"] == str(bypass_id) for fact in facts)

    # who hears

    def _hearers(self, proposal: Proposal, standing: Standing) -> tuple[Agency, ...]:
        """Every act on a handoff goes to all its parties and to the notified, but to nobody whom a bypass keeps out."""
        act = proposal.act()
        hearers = {act.to, *act.notified} if act.to else set(standing.hearers)
        out = self.kept_out(proposal.case_ref) | {self.agency}
        return tuple(sorted(hearer for hearer in hearers if hearer and hearer not in out))

    def _told(self, entry: Entry, said: Proposal) -> tuple[Agency, ...]:
        """Who hears a fact: as the catalogue says, as its content says, or as this agency knows."""
        out = self.kept_out(said.case_ref)
        if said.type == LINKED:  # it would tell of the other case
            out |= self.kept_out(said.codes["other"])
        due = check.due(entry, self.agency, said.codes, out)
        if due is not None:
            return tuple(sorted(due))
        return tuple(sorted((self._known_to_be_concerned(said) & entry.receivers) - out - {self.agency}))

    def _known_to_be_concerned(self, said: Proposal) -> AbstractSet[Agency]:
        if said.type == LINKED:
            return self._holders(said.case_ref) & self._holders(said.codes["other"])
        if said.type == HANDED_OVER:
            return {self._sender_of(UUID(said.codes["of_id"]), said.case_ref)}
        if said.type == bypass.LIFTED:
            return self._around(said.codes["bypass_id"], said.case_ref)
        return self.active(said.case_ref)

    def active(self, case_ref: str) -> frozenset[Agency]:
        """The agencies that work on a case, as far as is known here: they asked or were asked, and it is not over."""
        found = set[Agency]()
        for handoff in self.handoffs_of(case_ref):
            standing = handoff.standing
            if not standing.closed and standing.stage not in COME_TO_NOTHING:
                found |= standing.parties
        return frozenset(found)

    def _holders(self, case_ref: str) -> frozenset[Agency]:
        """The agencies of which this one knows that they hold the case. Raises Refused `case.not-held` if it does not.

        Who took part in any handoff of it, was notified of one, or has said something about it.
        """
        parts = self._parts(case_ref)
        if not parts:
            raise Refused("case.not-held", field="data.other")
        heard = (part.standing.hearers if isinstance(part, Handoff) else {Agency(part.by)} for part in parts)
        return frozenset().union(*heard)

    def _sender_of(self, record_id: UUID, case_ref: str) -> Agency:
        """Who said what is handed over. Raises Refused `letter.not-found` if this agency has no such letter or act."""
        row = self.inbox.letter(str(record_id))
        if row and row["case_ref"] == case_ref:
            return Agency(row["sender"])
        own = self.store.read("SELECT case_ref FROM commands WHERE id = ?", str(record_id))
        if not own or own[0]["case_ref"] != case_ref:
            raise Refused("letter.not-found", field="data.of_id")
        return self.agency

    def _around(self, bypass_id: str, case_ref: str) -> frozenset[Agency]:
        """Who invoked a bypass, and who was turned to instead. Raises Refused `letter.not-found`."""
        found = self.store.read(
            "SELECT invoked_by, alternate FROM bypasses WHERE id = ? AND case_ref = ?", bypass_id, case_ref
        )
        if not found:
            raise Refused("letter.not-found", field="data.bypass_id")
        return frozenset({Agency(found[0]["invoked_by"]), Agency(found[0]["alternate"])})

    # what a case allows

    def _fits_the_case(self, proposal: Proposal, entry: Entry) -> None:
        """What only the case's other handoffs and bypasses can say. Raises the coded refusal."""
        known = self.bypasses(proposal.case_ref)
        bypass.check(known, self.agency, proposal.about["post"]["office"], dict(proposal.codes), ())
        if entry.course is Course.CONCERN:
            both = TAKERS - {self.agency} - bypass.kept_out(known)
            if not both <= {proposal.codes["to"], *proposal.codes["notified"]}:
                raise Refused("concern.half-told", field="data.notified")
        if entry.course is Course.TRANSFER and not self._holds_responsibility(proposal.case_ref):
            raise Refused("transfer.not-yours", field="case_ref")
        if proposal.codes.get("reason") == "bypassed" and proposal.move is Move.CLOSE and not bypass.kept_out(known):
            raise Refused("handoff.open", field="data.reason", detail="No bypass is in force in this case.")

    def _holds_responsibility(self, case_ref: str) -> bool:
        """Is the case this agency's to give? It opened it or took it on, and has neither given nor offered it since."""
        standings = [(handoff.standing, handoff.made_at) for handoff in self.handoffs_of(case_ref)]
        moving = [standing for standing, _ in standings if standing.course is not Course.SERVICE]
        if any(s.course is Course.TRANSFER and s.opener is self.agency and s.stage not in ENDED for s in moving):
            return False
        first = min(standings, key=lambda made: made[1], default=None)
        held = 1 if first is None or first[0].opener is self.agency else 0
        held += sum(s.moved and s.receiver is self.agency for s in moving)
        return held > sum(s.moved and s.opener is self.agency for s in moving)

    # what is kept of a case

    def handoffs_of(self, case_ref: str) -> list[Handoff]:
        return [part for part in self._parts(case_ref) if isinstance(part, Handoff)]

    def _parts(self, case_ref: str) -> list[Handoff | Fact]:
        rows = self.store.read("SELECT id FROM case_parts WHERE case_ref = ? ORDER BY id", case_ref)
        return [part for row in rows if (part := self._part(UUID(row["id"])))]
