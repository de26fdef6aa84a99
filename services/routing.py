"""Who hears what of a case, by what this agency knows: the parties, the active agencies, and the ways around one.

A letter goes to everybody who would get it if no bypass were in force: only the gateway knows at each moment which are,
and names a letter that is one too many.
"""

from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from uuid import UUID

from bus.store import Statement
from contracts import addressing, again, bypass, casefile, check, documents
from contracts.agencies import Agency, Institution
from contracts.bypass import Bypass
from contracts.casefile import Asked, CaseFile, Said
from contracts.catalogue import entry_of
from contracts.catalogue.accounting import BASIS, OF_A_RECORD, OF_LOOKING
from contracts.catalogue.intervention import HANDED_OVER, LINKED
from contracts.catalogue.register import OWN_FILE
from contracts.catalogue.reintegration import NEEDS
from contracts.entry import Audience, Entry
from contracts.errors import Refused
from contracts.standing import COME_TO_NOTHING, Course, Move, Standing
from contracts.vocabulary.asking import ClosureReason, Service
from services.facts import Fact
from services.handoffs import Handoff
from services.keeping import Keeping
from services.proposals import Proposal
from services.responsibility import holder


class Routing(Keeping):
    # ways around somebody

    def bypasses(self, case_ref: str) -> frozenset[Bypass]:
        """Those that this agency has invoked or heard of, and not heard to be lifted, in whatever order it heard."""
        rows = self.store.read(
            "SELECT conflicted, office FROM bypasses b WHERE case_ref = ? AND NOT EXISTS "
            "(SELECT 1 FROM bypasses_lifted l WHERE l.id = b.id AND l.case_ref = b.case_ref)",
            case_ref,
        )
        return frozenset(Bypass(bypass.conflicted(row["conflicted"]), row["office"]) for row in rows)

    def kept_out(self, case_ref: str) -> frozenset[Agency]:
        """The agencies of which this one knows that they get no letter of the case."""
        return bypass.kept_out(self.bypasses(case_ref)) | self.outbox.left_out_of(case_ref)

    def _indexed(self, fact: Fact, record_id: UUID) -> list[Statement]:
        """The writes by which a fact opens a way around somebody or ends one, or ties a case to another."""
        key, codes = str(fact.id), fact.codes
        if fact.type == LINKED:
            row = (key, fact.case_ref, codes["other"], codes["reason"])
            return [Statement("INSERT INTO case_links (fact_id, case_ref, other, reason) VALUES (?,?,?,?)", row)]
        if fact.type == bypass.INVOKED:
            columns = "fact_id, id, case_ref, conflicted, office, invoked_by, alternate"
            whom = (codes["conflicted"], codes["office"], fact.by, codes["alternate"])
            insert = f"INSERT INTO bypasses ({columns}) VALUES (?,?,?,?,?,?,?)"  # noqa: S608
            return [Statement(insert, (key, str(record_id), fact.case_ref, *whom))]
        if fact.type == bypass.LIFTED:
            lifted = (key, codes["bypass_id"], fact.case_ref)
            return [Statement("INSERT INTO bypasses_lifted (fact_id, id, case_ref) VALUES (?,?,?)", lifted)]
        return []

    def _unindexed(self, fact: Fact) -> list[Statement]:
        """The writes that take back what a fact did that can never be logged."""
        tables = ("case_links", "bypasses", "bypasses_lifted")
        return [Statement(f"DELETE FROM {table} WHERE fact_id = ?", (str(fact.id),)) for table in tables]  # noqa: S608

    # who hears

    def _hearers(self, entry: Entry, proposal: Proposal, standing: Standing) -> tuple[Agency, ...]:
        """Every act on a handoff goes to all its parties, to the notified, and to whom the catalogue has it told."""
        act = proposal.act()
        hearers = {act.to, *act.notified} if act.to else set(standing.hearers) | entry.told
        return tuple(sorted(hearer for hearer in hearers if hearer and hearer is not self.agency))

    def _told(self, entry: Entry, said: Proposal) -> tuple[Agency, ...]:
        """Who hears a fact: as the catalogue says, as its content says, or as this agency knows."""
        due = addressing.due(entry, self.agency, said.codes, frozenset())
        wanted = due if due is not None else self._known_to_be_concerned(entry, said) & entry.receivers
        return tuple(sorted(wanted - {self.agency}))

    def _known_to_be_concerned(self, entry: Entry, said: Proposal) -> AbstractSet[Agency]:
        if entry.audience is Audience.NOBODY:
            return frozenset()
        if entry.audience is Audience.SAME:
            return self._reached(said)
        if said.type == LINKED:
            return self._known_to_hold(said.case_ref) & self._known_to_hold(said.codes["other"])
        if said.type == HANDED_OVER:
            return {self._sender_of(UUID(said.codes["of_id"]), said.case_ref)}
        if said.type == bypass.LIFTED:
            return self._relied_on(said.codes["bypass_id"], said.case_ref)
        if said.type == NEEDS:
            return self._at_the_table(said.case_ref)
        return self.active(said.case_ref)

    def _at_the_table(self, case_ref: str) -> frozenset[Agency]:
        """Who invited and who was invited, unless that came to nothing."""
        invited = (one for one in self.handoffs_of(case_ref) if one.service is Service.ROUNDTABLE)
        standings = (one.standing for one in invited)
        return frozenset().union(*(one.parties for one in standings if one.stage not in COME_TO_NOTHING))

    def active(self, case_ref: str) -> frozenset[Agency]:
        """The agencies that work on a case, as far as is known here."""
        return casefile.active((handoff.service, handoff.standing) for handoff in self.handoffs_of(case_ref))

    def _known_to_hold(self, case_ref: str) -> frozenset[Agency]:
        """The agencies of which this one knows that they hold the case. Raises Refused `case.not-held` if it does not.

        Who took part in any handoff of it, was notified of one, or has said something about it; who only looks at it
        does not hold it.
        """
        parts = [part for part in self._parts(case_ref) if not _only_looks(part)]
        if not parts:
            raise Refused("case.not-held", field="data.other")
        heard = (part.standing.hearers if isinstance(part, Handoff) else {Agency(part.by)} for part in parts)
        return frozenset().union(*heard)

    def _sender_of(self, record_id: UUID, case_ref: str) -> Agency:
        """Who said what is handed over. Raises Refused `letter.not-found` if this agency has no such letter or act."""
        own = self.store.read("SELECT case_ref FROM commands WHERE id = ?", str(record_id))
        if own and own[0]["case_ref"] == case_ref:
            return self.agency
        row = self.inbox.letter(str(record_id))
        if row is None or row["case_ref"] != case_ref:
            raise Refused("letter.not-found", field="data.of_id")
        return Agency(row["sender"])

    def _relied_on(self, bypass_id: str, case_ref: str) -> frozenset[Agency]:
        """Who invoked a bypass, and who was turned to instead. Raises Refused `letter.not-found`.

        Its letter may be parked, for who invoked it may not want it to be lifted.
        """
        found = self.store.read(
            "SELECT invoked_by, alternate FROM bypasses WHERE id = ? AND case_ref = ?", bypass_id, case_ref
        )
        whom = {Agency(name) for row in found for name in row.values()}
        row = self.inbox.letter(bypass_id)
        if row and row["case_ref"] == case_ref:
            whom.add(Agency(row["sender"]))
        if not whom:
            raise Refused("letter.not-found", field="data.bypass_id")
        return frozenset(whom)

    def _reached(self, said: Proposal) -> frozenset[Agency]:
        """To whom an earlier record of this agency's went. Raises Refused.

        This agency must have said it in this case, and in that type. Whom it reaches in the end, and in which tiers,
        is known once it is built.
        """
        of_id, of_type = UUID(said.codes["of_id"]), said.codes["of_type"]
        first = next((one for one in self.file(said.case_ref).said if one.id == of_id and one.addressed), None)
        if first is None or first.type != of_type or first.type in OF_A_RECORD:
            raise Refused("letter.not-found", field="data.of_id")
        assert first.addressed
        if said.type == BASIS:
            check.resting(entry_of(of_type), first.codes, said.codes["basis"], at="data.basis")
        else:  # what it comes to must be something that the type could have said
            put_right = {code["field"]: code["value"] for code in said.codes["codes"]}
            documents.read(entry_of(of_type).logged, {**first.codes, **put_right}, at="data.codes")
            again.names_the_same(entry_of(of_type), first.codes, said.codes["codes"], at="data.codes")
        return frozenset(map(Agency, first.addressed.receivers))

    # what a case allows

    def _fits_the_case(self, proposal: Proposal, entry: Entry, standing: Standing) -> None:
        """What only the case's other handoffs and bypasses can say. Raises the coded refusal."""
        known, codes = self.bypasses(proposal.case_ref), proposal.codes
        bypass.check(known, self.agency, proposal.about["post"]["office"], codes)
        institution = codes.get("institution")
        if institution and Bypass(Institution(institution)) in known:
            raise Refused("route.bypassed", field="data.institution")
        self._keeps_apart(proposal, entry)
        if entry.move is Move.MAKE:
            must = entry.told - {self.agency} - bypass.kept_out(known) - {codes["to"], *codes["notified"]}
            if must:
                missing = ", ".join(sorted(must))
                raise Refused("receiver.not-notified", field="data.notified", detail=f"Missing: {missing}.")
        if entry.course is Course.TRANSFER:
            self._is_ours_to_give(proposal.case_ref)
        bypassed = proposal.move is Move.CLOSE and codes["reason"] == ClosureReason.BYPASSED
        if bypassed and not standing.parties - {self.agency} <= self.kept_out(proposal.case_ref):
            raise Refused("handoff.open", field="data.reason", detail="No bypass leads around its other party.")

    def _keeps_apart(self, proposal: Proposal, entry: Entry) -> None:
        """Register data never joins a case of a child. Raises Refused `register.own-file`.

        What a hostile agency says of the register in a child's case makes that no file of the register.
        """
        if proposal.move not in (None, Move.MAKE):
            return  # an act stands where its handoff does
        ours = _of_register(entry)
        if ours is None:
            return
        if any(_of_part(part) is False for part in self._each_part(proposal.case_ref)):  # it is a child's
            joins = ours
        else:
            joins = not ours and any(_of_part(part) for part in self._each_part(proposal.case_ref))
        if joins:
            raise Refused("register.own-file", field="case_ref")

    def _is_ours_to_give(self, case_ref: str) -> None:
        """Raises Refused `transfer.not-yours` unless this agency holds the case and has not offered it to anybody."""
        parts = self._parts(case_ref)
        standings = [part.standing for part in parts if isinstance(part, Handoff)]
        offers = (one for one in standings if one.course is Course.TRANSFER and one.opener is self.agency)
        offered = any(one.open for one in offers)
        if offered or holder(parts) not in (None, self.agency):
            raise Refused("transfer.not-yours", field="case_ref")

    # what is kept of a case

    def file(self, case_ref: str) -> CaseFile:
        """The case as this agency knows it."""
        said, asked = list[Said](), list[Asked]()
        for part in self._parts(case_ref):
            if isinstance(part, Fact):
                said += [part.said] if part.said else []
                continue
            standing = part.standing
            asked.append(Asked(part.handoff_id, part.service, part.concerns, standing))
            said += part.counting(standing)
        return CaseFile.of(said, asked)

    def handoffs_of(self, case_ref: str) -> list[Handoff]:
        return [part for part in self._parts(case_ref) if isinstance(part, Handoff)]

    def _parts(self, case_ref: str) -> list[Handoff | Fact]:
        return list(self._each_part(case_ref))

    def _each_part(self, case_ref: str) -> Iterator[Handoff | Fact]:
        rows = self.store.read("SELECT id FROM case_parts WHERE case_ref = ? ORDER BY id", case_ref)
        return (part for row in rows if (part := self._part(UUID(row["id"]))))


def _of_register(entry: Entry) -> bool | None:
    """Does what such a type says belong to the register, or to a child's case? None for what stands in either."""
    if entry.type in OWN_FILE:
        return True
    return False if "concerns" in entry.content.model_fields and entry.type not in OF_A_RECORD else None


def _only_looks(part: Handoff | Fact) -> bool:
    """At the case, or asks what letters of it said."""
    return part.type in OF_LOOKING if isinstance(part, Fact) else part.service is Service.CONTENT_OPENING


def _of_part(part: Handoff | Fact) -> bool | None:
    if isinstance(part, Fact):
        return _of_register(entry_of(part.type))
    return part.service is Service.CLEARANCE if part.service else None
