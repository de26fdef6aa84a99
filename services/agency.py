"""An agency's application: it keeps a store, takes commands, hears letters, and follows its own acts into the log.

Each of these is one synchronous call that ends in one transaction, so nothing interleaves inside an agency and
nothing answers "accepted" before it is on disk.
"""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any
from uuid import UUID

from bus.log import stamp_of
from bus.relay import LoggedAct
from bus.store import Statement
from bus.submission import Outgoing
from contracts.agencies import Agency
from contracts.catalogue import entry_of
from contracts.entry import Audience
from contracts.envelope import Stamp
from contracts.standing import Void
from services import translate
from services.askings import Askings
from services.erasing import Erasing
from services.facts import Fact
from services.handoffs import Handoff
from services.hearing import Hearing
from services.recovering import Recovering
from services.telling import Telling

_OWN = [Handoff.Acted.TOPIC, Fact.Stated.TOPIC]


class AgencyApplication(Erasing, Hearing, Telling, Recovering, Askings):
    """Subclasses say who they are and what their posts may do. Here: what the relay asks of it."""

    def next_act(self, after: int) -> tuple[int, Outgoing] | None:
        """The next act or fact for the relay, out of this agency's own notification log."""
        top = self.recorder.max_notification_id() or 0
        while found := self._own_from(max(after, self._no_acts_up_to) + 1):
            notification, event = found
            if not self.outbox.holds(event.act_id):
                return notification, self._outgoing(event)
            self._no_acts_up_to = notification  # adopted: the log has it
        self._no_acts_up_to = top  # what was heard since the last act is not looked through again
        return None

    def act_at(self, notification: int, without: AbstractSet[Agency]) -> Outgoing:
        found = self._own_from(notification)
        assert found
        assert found[0] == notification
        return self._outgoing(found[1], without)

    def _own_from(self, first: int) -> tuple[int, Handoff.Acted | Fact.Stated] | None:
        found = self.recorder.select_notifications(first, 1, topics=_OWN)
        if not found:
            return None
        event = self.mapper.to_domain_event(found[0])
        assert isinstance(event, Handoff.Acted | Fact.Stated)
        return found[0].id, event

    def _outgoing(self, event: Handoff.Acted | Fact.Stated, without: AbstractSet[Agency] = frozenset()) -> Outgoing:
        kept = self.vault.get(event.vault_item) if event.vault_item else None
        again = entry_of(event.type).audience is Audience.SAME
        first = self.outbox.letters(UUID(event.codes["of_id"])) if again else None
        return translate.outgoing(event, kept, without, first)

    def on_logged(self, record_id: UUID, stamp: Stamp, also: Sequence[Statement]) -> tuple[Mapping[str, Any], ...]:
        part = self._part_of(record_id)
        if part is None:  # of the bus's own: no act stands behind it
            self.store.write(*also)
            return ()
        before = part.standing if isinstance(part, Handoff) else None
        part.log(record_id, stamp.position, stamp.logged_at)
        voided = self._newly_void(part, before) if isinstance(part, Handoff) and before else ()
        self._save(part, also=[*also, *self.feed.voided(*voided)])
        return voided

    def on_refused(self, record_id: UUID, code: str, also: Sequence[Statement]) -> Mapping[str, Any]:
        part = self._part_of(record_id)
        assert part is not None, "only acts and facts are refused"
        part.refuse(record_id, code)
        undone = self._unindexed(part) if isinstance(part, Fact) else []
        void = translate.voided(part, record_id, Void.REFUSED_BY_GATEWAY)
        self._save(part, also=[*also, *undone, *self.feed.voided(void)])
        return void

    def logged(self, record_id: UUID) -> LoggedAct | None:
        """Where the log put an own act, and whether it is void by now; None until it is logged."""
        token = self.outbox.stamp_of(record_id)
        if token is None:
            return None
        return LoggedAct(stamp_of(token, self._directory), self.void_of(record_id))
