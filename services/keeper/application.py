"""What the keeper does: its table of contents. It records its notices as an agency does its acts, and asks nobody."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import UUID

from bus.store import Statement
from contracts import check, documents
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.dated import Dated
from contracts.duties import duty_id
from contracts.duties.notices import Notice
from contracts.envelope import About, Stamp
from contracts.shapes import Clocks, Post
from contracts.standing import Move
from contracts.vocabulary.people import LegalBasis, Role
from services.agency import AgencyApplication
from services.facts import Fact, fact_id
from services.keeper import alarms
from services.keeper.alarms import Kind
from services.keeping import BY_ID_ALONE
from services.proposals import Proposal, Rule

if TYPE_CHECKING:
    from services.keeper.reach import Reach  # httpx: what nobody who only opens a store should wait for


@dataclass(frozen=True, slots=True)
class Judged:
    """What is to be said of a case, and the writes by which it was looked at."""

    case_ref: str
    notices: Sequence[Notice]
    writes: Sequence[Statement]


class Keeper(AgencyApplication):
    agency = Agency.KEEPER
    rules: ClassVar[Mapping[Move, Rule]] = {}
    reach: "Reach | None" = None
    """How people are reached, if anybody is."""

    def give(self, judged: Iterable[Judged], at: datetime, now: datetime) -> int:
        """Record what is to be said of cases as of a moment, and these writes, together or not at all.

        What was recorded before is not recorded again. How many notices are new.
        """
        about = About(
            clocks=Clocks(occurred=at, known=at, recorded=max(at, now)),
            legal_basis=LegalBasis.PROTECTION_DUTY,
            post=Post(role=Role.RECORDS_SYSTEM),
        )
        facts, writes = list[Fact](), list[Statement]()
        for one in judged:
            for notice in one.notices:
                if not self.knows(notice.id):
                    facts.append(fact := self._fact(notice, one.case_ref, about, now))
                    writes.append(_row(notice, fact, now))
            writes += one.writes
        self._save(*facts, also=writes)
        return len(facts)

    def on_logged(self, record_id: UUID, stamp: Stamp, also: Sequence[Statement]) -> tuple[Mapping[str, Any], ...]:
        """Once the log has a notice, alarms follow it, saved with that: whom a bypass kept out of it gets none."""
        return super().on_logged(record_id, stamp, [*also, *self._alarms(record_id, stamp.logged_at)])

    def _alarms(self, record_id: UUID, now: datetime) -> list[Statement]:
        part = self._part_of(record_id)
        if self.reach is None or not isinstance(part, Fact) or part.type not in list(Kind):
            return []
        codes = part.codes
        duty = duty_id(codes["rule"], codes["trigger_by"], UUID(codes["trigger_id"]))
        ways = self.reach.ways(self.outbox.recipients(record_id))
        return alarms.wanted(record_id, duty, Kind(part.type), ways, now)

    def _fact(self, notice: Notice, case_ref: str, about: About, now: datetime) -> Fact:
        entry = entry_of(notice.type)
        content = documents.read(entry.content, dict(notice.codes), at="data")
        check.sending(entry, self.agency, about, content)
        proposal = Proposal(
            id=notice.id,
            type=notice.type,
            move=None,
            by=self.agency,
            case_ref=case_ref,
            about=about.model_dump(mode="json"),
            codes=content.model_dump(mode="json"),
            at=now,
        )
        return Fact.stated(proposal, notice.tell, None, causation_id=notice.cause)

    def waits(self, case_ref: str, dated: Collection[Dated]) -> bool:
        """Is anything that it has said of a case not in the log yet, as far as that was read?"""
        logged = {str(fact_id(self.agency, one.said.id)) for one in dated if one.by is self.agency}
        own = self.store.read("SELECT id FROM case_parts WHERE case_ref = ?", case_ref)
        return any(not self._was_refused(UUID(row["id"])) for row in own if row["id"] not in logged)

    def _was_refused(self, aggregate_id: UUID) -> bool:
        part = self._part(aggregate_id)
        return isinstance(part, Fact) and part.refused


def _row(notice: Notice, fact: Fact, now: datetime) -> Statement:
    row = (str(notice.id), BY_ID_ALONE, str(fact.id), fact.case_ref, now.isoformat())
    return Statement("INSERT INTO commands VALUES (?,?,?,?,?)", row)
