"""An agency's application: it keeps a store, takes commands, hears letters, and follows its own acts into the log.

Each of these is one synchronous call that ends in one transaction, so nothing interleaves inside an agency and
nothing answers "accepted" before it is on disk.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from eventsourcing.persistence import Notification

from bus import seal
from bus.log import STAMP_TYP
from bus.relay import LoggedAct
from bus.store import Statement
from bus.submission import Outgoing
from contracts.envelope import Stamp
from services import translate
from services.handoffs import Handoff
from services.hearing import Hearing
from services.recovering import Recovering
from services.taking import Taking


class AgencyApplication(Taking, Hearing, Recovering):
    """Subclasses say who they are and what their posts may do. Here: what the relay asks of it."""

    def next_act(self, after: int) -> tuple[int, Outgoing] | None:
        """The next act for the relay, out of this agency's own notification log."""
        top = self.recorder.max_notification_id() or 0
        while found := self._acted_above(max(after, self._no_acts_up_to)):
            event = self.mapper.to_domain_event(found[0])
            assert isinstance(event, Handoff.Acted)
            if not self.outbox.holds(event.act_id):
                kept = self.vault.get(event.vault_item) if event.vault_item else None
                return found[0].id, translate.outgoing(event, kept)
            self._no_acts_up_to = found[0].id  # adopted: the log has it
        self._no_acts_up_to = top  # what was heard since the last act is not looked through again
        return None

    def _acted_above(self, after: int) -> Sequence[Notification]:
        return self.recorder.select_notifications(after + 1, 1, topics=[Handoff.Acted.TOPIC])

    def on_logged(self, record_id: UUID, stamp: Stamp, also: Sequence[Statement]) -> tuple[Mapping[str, Any], ...]:
        handoff = self._handoff_of(record_id)
        if handoff is None:  # a receipt, or a refusal: no act of a handoff
            self.store.write(*also)
            return ()
        before = handoff.standing
        handoff.log(record_id, stamp.position, stamp.logged_at)
        self._save(handoff, also=also)
        return self._newly_void(handoff, before)

    def on_refused(self, record_id: UUID, code: str, also: Sequence[Statement]) -> None:
        handoff = self._handoff_of(record_id)
        assert handoff is not None, "only acts are refused"
        handoff.refuse(record_id, code)
        self._save(handoff, also=also)

    def logged(self, record_id: UUID) -> LoggedAct | None:
        """Where the log put an own act, and whether it is void by now; None until it is logged."""
        token = self.outbox.stamp_of(record_id)
        if token is None:
            return None
        payload = seal.verify(token, self._directory.signer("gateway"), typ=STAMP_TYP)
        return LoggedAct(Stamp.model_validate_json(payload), self.void_of(record_id))
