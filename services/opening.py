"""Opening what letters said, field by field, to an investigator whom oversight vouches for: asked, told, opened.

Who received a letter keeps its signed content with its salts, and so can prove what it opens. The agency's own system
decides; the adapter opens to nobody whose credential does not hold, and nothing that was not asked for.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from bus import arrivals, credential, disclosing, seal
from bus.vault import person_key
from contracts.agencies import Agency
from contracts.catalogue.handoffs import CONTENT_ASKED, CONTENT_OPENED
from contracts.catalogue.post import SAID_AGAIN
from contracts.credential import Credential
from contracts.entry import Entry
from contracts.envelope import COMMAND_LIMIT_BYTES
from contracts.errors import BarnabusError, Refused
from contracts.events.content import AskedLetter, ContentAsked, ContentOpened, OpenedLetter
from contracts.tiers import Frozen
from services.handoffs import Handoff
from services.routing import Routing


class Opening(Routing):
    def _completed(self, entry: Entry, content: Frozen, handoff: Handoff, now: datetime) -> Frozen:
        """The content of an act with what the adapter itself adds. Raises the coded refusal."""
        if entry.type == CONTENT_ASKED and isinstance(content, ContentAsked):
            self._vouched(content.credential, self.agency, handoff.case_ref, now, where="data.credential")
        if entry.type == CONTENT_OPENED and isinstance(content, ContentOpened):
            return self._sealed(content, handoff, now)
        return content

    # what would be opened, as the agency's own system is told

    def openable(self, opened: arrivals.Opened, asked_by: Agency, case_ref: str, at: datetime) -> dict[str, Any] | None:
        """Does the credential hold, and what of the letters is here? None if that is not in the letter."""
        content = opened.content
        if not isinstance(content, ContentAsked):
            return None
        try:
            vouched = self._vouched(content.credential, asked_by, case_ref, at, where="content.credential")
        except BarnabusError as error:
            return {"holds": False, "why_not": error.code, "person": None, "role": None, "until": None, "letters": []}
        return {
            "holds": True,
            "why_not": None,
            "person": vouched.person,
            "role": vouched.role.value,
            "until": vouched.valid_until.isoformat(),
            "letters": [self._as_held(one, content, case_ref) for one in content.records],
        }

    def _as_held(self, one: AskedLetter, asked: ContentAsked, case_ref: str) -> dict[str, Any]:
        named: dict[str, Any] = {"by": one.by, "id": str(one.id), "type": None, "position": None, "fields": []}
        try:
            row, signed = self._kept_letter(one, case_ref, asked.concerns.ref, at="content.records")
            held = disclosing.names(signed)
            fields = [name for name in held if name in one.fields] if one.fields else list(held)
        except BarnabusError as error:
            return {**named, "why_not": error.code}
        return {**named, "type": row["type"], "position": row["position"], "fields": fields, "why_not": None}

    # opening it

    def _sealed(self, content: ContentOpened, handoff: Handoff, now: datetime) -> ContentOpened:
        """With the chosen fields sealed to the person whom the credential names: nobody else can open them."""
        if content.sealed is not None:
            raise Refused("field.unknown", field="data.sealed", detail="The adapter makes it.")
        opener = handoff.standing.opener
        asked = self._asking(handoff)
        assert opener, "an act on a handoff that nobody made was refused before"
        vouched = self._vouched(asked.credential, opener, handoff.case_ref, now, where="data.handoff_id")
        chosen = [
            self._chosen(one, asked, handoff.case_ref, at=f"data.records.{n}") for n, one in enumerate(content.records)
        ]
        # the limit of a command is what makes every letter fit into its own
        room = COMMAND_LIMIT_BYTES - len(seal.dump(content.model_dump(mode="json")))
        if len(sealed := disclosing.seal_to(credential.sealing_key(vouched), chosen)) > room:
            raise Refused("content.too-large", field="data.records", detail=f"It is {len(sealed)} bytes, of {room}.")
        return content.model_copy(update={"sealed": sealed})

    def _vouched(self, token: str, agency: Agency, case_ref: str, at: datetime, *, where: str) -> Credential:
        """Whom oversight lets look into this case from this agency. Raises `credential.*`, `content.not-vouched`."""
        try:
            found = credential.read(token, self._directory, at)
        except BarnabusError as error:
            raise Refused(error.code, field=where) from None
        if found.agency is not agency or case_ref not in found.cases:
            raise Refused("content.not-vouched", field=where)
        return found

    def _chosen(self, one: OpenedLetter, asked: ContentAsked, case_ref: str, *, at: str) -> str:
        wanted = next((other for other in asked.records if (other.by, other.id) == (one.by, one.id)), None)
        if wanted is None or (wanted.fields and not set(one.fields) <= set(wanted.fields)):
            raise Refused("content.not-asked", field=at)
        _, signed = self._kept_letter(one, case_ref, asked.concerns.ref, at=at)
        try:
            return disclosing.select(signed, one.fields)
        except Refused as error:
            raise Refused(error.code, field=f"{at}.fields", detail=error.detail) from None

    def _asking(self, handoff: Handoff) -> ContentAsked:
        """What was asked, from the letter that asked it."""
        row = self.inbox.said_by(Agency(handoff.standing.opener or ""), handoff.handoff_id)
        if row is None:
            raise Refused("handoff.unknown", field="data.handoff_id")
        _, opened = self._reopened(row, at="data.handoff_id")
        if not isinstance(opened.content, ContentAsked):  # its content was erased before it was sent
            raise Refused("content.erased", field="data.handoff_id")
        return opened.content

    def _kept_letter(self, one: AskedLetter, case_ref: str, person: str, *, at: str) -> tuple[Mapping[str, Any], str]:
        """The letter's row, and its signed content. Raises Refused if it is not here, or is another person's."""
        row = self.inbox.said_by(Agency(one.by), one.id)
        if row is None or row["case_ref"] != case_ref or row["type"] == SAID_AGAIN:
            raise Refused("content.not-held", field=at)
        if row["state"] != "heard":
            raise Refused("content.parked", field=at)
        signed, _ = self._reopened(row, at=at)
        if self.vault.person_of(row["vault_item"]) not in (person_key(case_ref, person), person_key(case_ref, None)):
            raise Refused("content.other-person", field=at)
        return row, signed

    def _reopened(self, row: Mapping[str, Any], *, at: str) -> tuple[str, arrivals.Opened]:
        if row["vault_item"] is None or (signed := self.vault.get(row["vault_item"])) is None:
            raise Refused("content.erased", field=at)
        mark = arrivals.postmark(row["postmark"], self.agency, self._directory)
        return signed, arrivals.reopen(signed, mark, self._directory)
