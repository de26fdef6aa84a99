"""What becomes of a submission that the gateway does not take as it is: it goes another way, or waits no more."""

import json
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol
from uuid import NAMESPACE_URL, UUID, uuid5

import structlog

from bus.aside import NOT_YET, Aside, OwnActs
from bus.chains import ADOPTED, RECEIPT, RESTORED
from bus.clock import Clock
from bus.drafting import Drafting, waiting_as
from bus.outbox import Waiting
from bus.saying_again import unsaid
from bus.store import Statement, Store
from bus.submission import Outgoing
from bus.ways_around import another_way
from contracts.agencies import Agency
from contracts.catalogue.post import SAID_AGAIN
from contracts.envelope import Submission
from contracts.errors import BarnabusError, Then

REFUSED = "submission.refused"
OF_THE_BUS = frozenset({RECEIPT, REFUSED, RESTORED, ADOPTED})
"""A permanent refusal of these says that chains or keys do not fit: their numbers are never freed."""
ENDED = "key.ended"
_log = structlog.get_logger()


class Refusable(OwnActs, Protocol):
    """What is needed of an agency's application where the gateway will not have an act."""

    def on_refused(self, record_id: UUID, code: str, also: Sequence[Statement]) -> Mapping[str, Any]:
        """Note that an act can never be logged, with these writes in the same transaction. The act, as void."""


@dataclass(frozen=True, slots=True)
class GivenUp:
    """It waits no more under its number: set aside, taken back, or refused for good, and then its act is void."""

    void: Mapping[str, Any] | None = None


class Mending:
    def __init__(self, acts: Refusable, store: Store, drafting: Drafting, aside: Aside, clock: Clock) -> None:
        self._acts = acts
        self._store = store
        self._drafting = drafting
        self._agency, self._outbox = drafting.agency, drafting.outbox
        self._aside = aside
        self._clock = clock

    def after(self, error: BarnabusError, waiting: Waiting, without: set[Agency] | None) -> Waiting | GivenUp | None:
        """What waits in its place after this refusal, committed; None if it is to be sent again as it is.

        `without` are those who get no letter of it, by the refusals before; who is named by this one joins them. None
        once it has gone so many ways that no other is tried.
        """
        if without is not None and self._goes_around(error, waiting, without):
            return self.around(waiting, without)
        if error.then is Then.VOID and waiting.type not in OF_THE_BUS:
            return GivenUp(self._freed(waiting, error))
        if error.code == ENDED and self._drafting.has_another_key(waiting):
            return self._signed_anew(waiting)
        if error.code in NOT_YET and waiting.notification_id is not None:
            return self._set_aside(waiting, waiting.notification_id, error)
        return None

    def _goes_around(self, error: BarnabusError, waiting: Waiting, without: set[Agency]) -> bool:
        """Only what was said by an act or a fact has letters that can be left out."""
        left_out = partial(self._outbox.left_out, UUID(waiting.record_id))
        return waiting.notification_id is not None and another_way(error, without, left_out)

    def around(self, waiting: Waiting, without: AbstractSet[Agency]) -> Waiting:
        """The same act under the same number, with no letter for these."""
        _log.warning("submission.rerouted", agency=self._agency, record_id=waiting.record_id)
        return self._built_anew(waiting, without)

    def _built_anew(self, waiting: Waiting, without: AbstractSet[Agency]) -> Waiting:
        assert waiting.notification_id is not None, "an own act"
        outgoing = self._acts.act_at(waiting.notification_id, without)
        built = self._drafting.in_place_of(waiting, outgoing)
        self._store.write(*self._outbox.replace(built), *self._outbox.leave_out(outgoing, without))
        return waiting_as(built, waiting.notification_id)

    def _signed_anew(self, waiting: Waiting) -> Waiting | GivenUp:
        """By the key that counts now; what says a letter again is taken back, and comes by itself."""
        _log.warning("submission.signed-anew", agency=self._agency, record_id=waiting.record_id, type=waiting.type)
        if waiting.notification_id is not None:  # its letters are signed too
            return self._built_anew(waiting, set(self._outbox.left_out(UUID(waiting.record_id))))
        if waiting.type == SAID_AGAIN:
            self._store.write(*self._outbox.take_back(waiting), unsaid(UUID(waiting.record_id)))
            return GivenUp()
        anew = self._drafting.signed_anew(waiting)
        self._store.write(self._outbox.signed_anew(waiting.number, anew.body))
        return anew

    def _set_aside(self, waiting: Waiting, notification_id: int, error: BarnabusError) -> GivenUp:
        """A gateway older than this installation: nothing becomes void for that, and no other case waits."""
        about = {"agency": self._agency, "code": error.code, "record_id": waiting.record_id, "type": waiting.type}
        if self._aside.refused(waiting.type):
            _log.error("submission.set-aside", **about, hint=error.row.hint)
        kept = (waiting.record_id, waiting.type, _record(waiting)["subject"], error.code)
        put = self._aside.put(notification_id, *kept, self._clock())
        self._store.write(*self._outbox.take_back(waiting), put)
        return GivenUp()

    def _freed(self, waiting: Waiting, error: BarnabusError) -> Mapping[str, Any] | None:
        """A permanent refusal: its number is used by `submission.refused`, and the act shows as void."""
        _log.error(
            "submission.refused", agency=self._agency, code=error.code, record_id=waiting.record_id, type=waiting.type
        )
        record = _record(waiting)
        outgoing = Outgoing(
            record_id=own_id(self._agency, waiting.number),
            type=REFUSED,
            subject=record["subject"],
            time=self._clock(),
            about=None,
            values={
                "refused_id": waiting.record_id,
                "refused_type": waiting.type,
                "code": error.code,
                "handoff_id": record["data"]["content"].get("handoff_id"),
            },
            causation_id=UUID(waiting.record_id),
        )
        replaced = self._outbox.replace(self._drafting.in_place_of(waiting, outgoing))
        if waiting.type == SAID_AGAIN:  # no act stands behind it, and it is not tried again
            self._store.write(*replaced)
            return None
        return self._acts.on_refused(UUID(waiting.record_id), error.code, replaced)


def own_id(agency: Agency, number: int) -> UUID:
    """Of a record that no command asked for: its place in the chain is used once, so the id is too."""
    return uuid5(NAMESPACE_URL, f"barnabus:{agency}:{number}")


def _record(waiting: Waiting) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Submission.model_validate_json(waiting.body).record)
    return found
