"""What investigators of this agency asked others to open, and what came of it: read from its own store."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from bus.disclosing import Named
from contracts.agencies import Agency
from contracts.catalogue.handoffs import CONTENT_ASKED, CONTENT_OPENED, CONTENT_REFUSED
from contracts.errors import Refused
from contracts.vocabulary.asking import Service
from services.handoffs import Handoff
from services.opening import Opening


@dataclass(frozen=True, slots=True)
class Answer:
    """A letter that opened something to an investigator of this agency: its signed content, and whose records."""

    of: Named
    signed: str
    records: tuple[UUID, ...]
    purpose: str


class Askings(Opening):
    def answer_to(self, handoff_id: UUID) -> Answer:
        """The letter that opened what was asked. Raises Refused `content.not-opened`, `content.erased`."""
        handoff = self._handoff(handoff_id)
        said = handoff.counting(handoff.standing) if handoff else []
        answers = [one for one in said if one.type == CONTENT_OPENED and one.by != self.agency]
        row = self.inbox.said_by(Agency(answers[-1].by), answers[-1].id) if answers else None
        if handoff is None or row is None:
            raise Refused("content.not-opened", field="ID")
        signed, _ = self._reopened(row, at="ID")
        of = Named(Agency(answers[-1].by), answers[-1].id, self.agency, handoff.case_ref)
        purpose = next(one.codes["purpose"] for one in handoff.said if one.type == CONTENT_ASKED)
        return Answer(of, signed, tuple(UUID(one["id"]) for one in answers[-1].codes["records"]), purpose)

    def askings(self, case_ref: str) -> list[dict[str, Any]]:
        """What investigators of this agency have asked to be opened in a case, and how far that is; codes only."""
        found = (one for one in self.handoffs_of(case_ref) if one.service is Service.CONTENT_OPENING)
        return [_asked(one) for one in found if one.standing.opener is self.agency]


def _asked(handoff: Handoff) -> dict[str, Any]:
    standing = handoff.standing
    counting = handoff.counting(standing)
    last = next((one for one in counting if one.type in (CONTENT_OPENED, CONTENT_REFUSED)), None)
    asked = next(one.codes for one in handoff.said if one.type == CONTENT_ASKED)
    return {
        "id": str(handoff.handoff_id),
        "case_ref": handoff.case_ref,
        "to": standing.receiver,
        "purpose": asked["purpose"],
        "asked": asked["records"],
        "stage": standing.stage.value,
        "opened": last.codes["records"] if last and last.type == CONTENT_OPENED else [],
        "refused": last.codes["reason"] if last and last.type == CONTENT_REFUSED else None,
    }
