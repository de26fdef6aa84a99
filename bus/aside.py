"""Own acts that the gateway does not know yet, being older than this installation: set aside, and sent once it does.

Such an act gives its number back, for the log has nothing of it, and what belongs to other cases goes on. Later acts
of its case stay behind it in their order, so that nobody hears the second word before the first.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Protocol
from uuid import UUID

from bus.outbox import Outbox
from bus.saying_again import Sayings
from bus.store import Statement, Store
from bus.submission import Outgoing

NOT_YET = frozenset({"type.unknown", "version.unknown"})
"""What a gateway says of a type, or a version of it, that came after it."""
AGAIN_AFTER_S = 10.0
"""Between two tries of a type that the gateway did not know."""


@dataclass(frozen=True, slots=True)
class Kept:
    """`code` is the gateway's word for it, or for the act that it stays behind."""

    notification_id: int
    record_id: str
    type: str
    case_ref: str
    code: str
    since: str


class OwnActs(Sayings, Protocol):
    def next_act(self, after: int) -> tuple[int, Outgoing] | None:
        """The first act to be submitted above this notification, with its own notification id."""


class Aside:
    def __init__(self, store: Store, elapsed_s: Callable[[], float] = monotonic) -> None:
        self._store = store
        self._elapsed_s = elapsed_s
        self._unknown_until: dict[str, float] = {}
        self._look_at = 0.0

    def next_act(self, acts: OwnActs, outbox: Outbox, now: datetime) -> tuple[int, Outgoing, list[Statement]] | None:
        """What was set aside and may be known by now; else the first of the others that stays behind none of these.

        With its notification id, and the writes that go with its being built.
        """
        while kept := self.due():
            if not outbox.holds(UUID(kept.record_id)):
                return kept.notification_id, acts.act_at(kept.notification_id, frozenset()), [self.taken(kept)]
            self._store.write(self.taken(kept))  # adopted from the log: it had gone out before a restore
        while found := acts.next_act(outbox.last_notification()):
            notification, act = found
            if (code := self.holds_up(act)) is None:
                return notification, act, []
            self._store.write(self.put(notification, str(act.record_id), act.type, act.subject, code, now))
        return None

    def all(self) -> list[Kept]:
        """In the order in which they were recorded."""
        return [Kept(**row) for row in self._store.read("SELECT * FROM outbox_aside ORDER BY notification_id")]

    def due(self) -> Kept | None:
        """The first of a case whose type may be known by now."""
        now = self._elapsed_s()
        if now < self._look_at:
            return None
        firsts = dict[str, Kept]()
        for kept in self.all():
            firsts.setdefault(kept.case_ref, kept)
        found = next((kept for kept in firsts.values() if self._unknown_until.get(kept.type, 0.0) <= now), None)
        if found is None and firsts:
            self._look_at = now + AGAIN_AFTER_S
        return found

    def refused(self, type_name: str) -> bool:
        """The gateway does not know it. Is that news?"""
        news = type_name not in self._unknown_until
        self._unknown_until[type_name] = self._elapsed_s() + AGAIN_AFTER_S
        return news

    def holds_up(self, act: Outgoing) -> str | None:
        """The code to set an act aside with unasked: for an earlier one of its case, or of its type just now."""
        rows = self._store.read(
            "SELECT code FROM outbox_aside WHERE case_ref = ? OR type = ? ORDER BY notification_id LIMIT 1",
            act.subject,
            act.type if self._unknown_until.get(act.type, 0.0) > self._elapsed_s() else "",
        )
        return str(rows[0]["code"]) if rows else None

    def put(
        self, notification_id: int, record_id: str, type_name: str, case_ref: str, code: str, now: datetime
    ) -> Statement:
        return Statement(
            "INSERT INTO outbox_aside (notification_id, record_id, type, case_ref, code, since) VALUES (?,?,?,?,?,?)",
            (notification_id, record_id, type_name, case_ref, code, now.isoformat()),
        )

    def taken(self, kept: Kept) -> Statement:
        return Statement("DELETE FROM outbox_aside WHERE notification_id = ?", (kept.notification_id,))
