"""One look replayed: the case as of a moment, or as one agency knew it then. Pure, over what the look has disclosed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from console.looks import Look
from contracts.agencies import Agency
from contracts.durations import KOSOVO
from contracts.errors import Refused
from projections import case_state, choosing
from projections.case_log import CaseLog
from projections.groups import Fact, Handoff, groups
from projections.knowledge import Knowledge, as_known, knowledge
from projections.timeline import Node, downwards, tree

KEPT = 6
"""So many replays of one look are kept worked out: as many as somebody compares."""
ASKED = ("event", "as_of", "as_known_to")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Chosen:
    """As of the event of this number in the case, or as of this moment; without either, as the look has it."""

    event: int | None = None
    as_of: datetime | None = None
    as_known_to: Agency | None = None

    @classmethod
    def of(cls, said: Mapping[str, str]) -> "Chosen":
        """Raises Refused `option.invalid`, `agency.unknown`."""
        if "event" in said and "as_of" in said:
            raise Refused("option.invalid", field="event", detail="It stands in place of as_of.")
        event = said.get("event")
        if event is not None and not (event.isascii() and event.isdecimal() and int(event[:9]) > 0):
            raise Refused("option.invalid", field="event", detail="It is a number from 1 on.")
        known = choosing.agency(said.get("as_known_to"))
        return cls(int(event[:9]) if event else None, _moment(said.get("as_of")), Agency(known) if known else None)


def _moment(text: str | None) -> datetime | None:
    """Without an offset it is Kosovo's time, as the form sends it."""
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
        found = found if found.tzinfo else found.replace(tzinfo=KOSOVO)
        found.astimezone(UTC)  # what no clock can reach is no moment
    except (ValueError, OverflowError):
        raise Refused("option.invalid", field="as_of", detail="Write it as 2019-03-12T14:00.") from None
    return found


@dataclass(frozen=True)
class Replay:
    """`case` is what the pages show; `whole` is all that the look has; `knew` is None where no agency is asked for."""

    look: Look
    chosen: Chosen
    at: datetime | None
    whole: CaseLog
    case: CaseLog
    knew: Knowledge | None

    @cached_property
    def state(self) -> dict[str, Any]:
        """As `barnabus case show --json` has it."""
        found = case_state.document(self.case, self.look.case_ref)
        if self.knew and self.at and self.chosen.as_known_to:
            found |= {"as_known_to": self.chosen.as_known_to.value, "as_of": self.at.isoformat()}
        return found

    @cached_property
    def groups(self) -> list[Handoff | Fact]:
        return groups(self.case)

    @cached_property
    def causes(self) -> list[Node]:
        return list(downwards(tree(self.case)))

    @cached_property
    def voids(self) -> Mapping[tuple[str, Any], str]:
        return self.case.voids()

    @cached_property
    def put_right(self) -> Mapping[int, list[int]]:
        """By the position of a record, where it was put right."""
        return {
            node.logged.stamp.position: [one.stamp.position for one in node.put_right]
            for node in self.causes
            if node.put_right
        }

    @property
    def present(self) -> datetime:
        """The moment up to which what is open has been waiting; of a made-up case, its last event's."""
        return self.at or (self.whole.records[-1].stamp.logged_at if self.look.made_up else self.look.begun_at)

    @property
    def event(self) -> int:
        """How many events of the whole case there were by then."""
        if self.chosen.event:
            return min(self.chosen.event, len(self.whole.records))
        if self.at is None:
            return len(self.whole.records)
        return sum(logged.stamp.logged_at <= self.at for logged in self.whole.records)


def replay(look: Look, chosen: Chosen) -> Replay:
    """Raises Refused `option.invalid` for an event that there is not."""
    return _kept(look, chosen, lambda: _replayed(look, chosen))


def _replayed(look: Look, chosen: Chosen) -> Replay:
    whole, at = look.seen.case, chosen.as_of
    if chosen.event:
        if chosen.event > len(whole.records):
            raise Refused("option.invalid", field="event", detail=f"There are: 1 to {len(whole.records)}.")
        at = whole.records[chosen.event - 1].stamp.logged_at
    if chosen.as_known_to:
        at = at or look.begun_at
        knew = knowledge(whole, chosen.as_known_to, at)
        return Replay(look, chosen, at, whole, as_known(whole, knew), knew)
    if chosen.event:
        return Replay(look, chosen, at, whole, whole.of(whole.records[: chosen.event]), None)
    return Replay(look, chosen, at, whole, whole.until(at=at) if at else whole, None)


def _kept(look: Look, key: Any, work: Callable[[], T]) -> T:
    """The last few are kept: who pages through a long case waits once."""
    if key not in look.kept:
        found = work()
        while len(look.kept) >= KEPT:
            look.kept.pop(next(iter(look.kept)), None)
        look.kept[key] = found
    kept: T = look.kept[key]
    return kept
