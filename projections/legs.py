"""The legs of a handoff: from which act to which, and which of them are under way. By the log's clock.

A leg that has not ended when its handoff is over is cut off there: it lasted so long at least, and nobody waits for it
any more. A handoff is over when it has ended, or while its file is closed.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from contracts.standing import Stage

MADE, RECEIVED = "made", "received"
ACKNOWLEDGED, DECIDED = "acknowledged", "decided"
STARTED, COMPLETED, INFORMATION = "started", "completed", "information"
LEGS: Mapping[str, str] = {
    RECEIVED: MADE,  # its letter says: projections/letters.py
    ACKNOWLEDGED: MADE,
    DECIDED: MADE,
    STARTED: DECIDED,
    COMPLETED: DECIDED,
    INFORMATION: "asked",
}
"""Every leg, by the act that ends it, and where it begins. INFORMATION is one a question, until given or refused."""
UNDER_WAY: Mapping[str, tuple[str, ...]] = {
    Stage.MADE.value: (ACKNOWLEDGED, DECIDED),
    Stage.ACKNOWLEDGED.value: (DECIDED,),
    Stage.ACCEPTED.value: (STARTED, COMPLETED),
    Stage.STARTED.value: (COMPLETED,),
}
"""Which legs an open handoff waits for, by its stage; beside them one for each open question."""
_NOT_CARRIED_OUT = frozenset(stage.value for stage in (Stage.DECLINED, Stage.TRANSFERRED))
_EPOCH, _US = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)


class Leg(NamedTuple):
    """From a thing said on to another, or until it was cut off (`ended` is False); both None while it is under way.

    `begun` and `done` are what was said, as a row has it; times are microseconds since 1970.
    """

    name: str
    begun: list[Any]
    done: list[Any] | None
    over_us: int | None

    @property
    def ended(self) -> bool:
        return self.done is not None

    @property
    def until_us(self) -> int | None:
        return int(self.done[0]) if self.done else self.over_us

    def lasted_us(self, as_of_us: int = 0) -> int:
        """A gateway's clock can have gone back: nothing lasts less than no time."""
        until_us = self.until_us
        return max((as_of_us if until_us is None else until_us) - int(self.begun[0]), 0)


def legs(state: Mapping[str, Any]) -> Iterator[Leg]:
    """Those of a handoff's row (`projections/handoffs.py`) that have begun. What comes to nothing is not carried out.

    Whoever decides without a word before has acknowledged by that.
    """
    said, over_us = state["said"], state["over_us"]
    made, decided = said.get("made"), said.get("decided")
    if made is None:
        return
    yield Leg(ACKNOWLEDGED, made, said.get("acknowledged") or decided, over_us)
    yield Leg(DECIDED, made, decided, over_us)
    if decided and state["standing"]["stage"] not in _NOT_CARRIED_OUT:
        yield Leg(STARTED, decided, said.get("started"), over_us)
        yield Leg(COMPLETED, decided, said.get("completed"), over_us)
    for question in state["questions"]:
        yield Leg(INFORMATION, question["asked"], question.get("answered"), over_us)


def us_of(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - _EPOCH) // _US


def moment_of(us: int) -> datetime:
    return _EPOCH + us * _US
