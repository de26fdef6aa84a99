"""What agencies' records systems do all day: referrals from every agency to the next, each with its whole loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from uuid import UUID

from contracts.agencies import Agency
from contracts.catalogue.parties import ANSWERABLE, TAKERS
from tests.builders import SERVICES
from tests.fault.records_system import RecordsSystem
from tests.fault.waiting import DEADLINE_S, until

CHILD = {"ref": "p-7k3q9m2xw4", "role": "child"}
_BEGAN: dict[str, object] = {"concerns": CHILD, "began_at": "2026-03-10T08:00:00+01:00"}
_PROTECTION = ("immediate-protection.take", _BEGAN | {"protections": ["guard-posted"]})
FACTS: Mapping[Agency, tuple[str, dict[str, object]]] = {
    Agency.POLICE: _PROTECTION,
    Agency.PROSECUTION: ("victim-advocate.assign", {"concerns": CHILD, "office": "an-office"}),
    Agency.SOCIAL: _PROTECTION,
    Agency.HEALTH: ("urgent-care.give", _BEGAN | {"window": "unknown"}),
    Agency.OVERSIGHT: (
        "route.invoke-bypass",
        {"concerns": CHILD, "conflicted": "police", "alternate": "prosecution", "reason": "under-pressure"},
    ),
}
"""What each agency states about a case of its own."""


@dataclass(slots=True)
class Traffic:
    """Referrals in a ring, one of each agency at a time, until told to end; those begun are then finished."""

    systems: Mapping[Agency, RecordsSystem]
    ending: bool = False
    lanes: list[asyncio.Task[None]] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    def begin(self) -> None:
        agencies = tuple(self.systems)
        ways = zip(agencies, (*agencies[1:], agencies[0]), strict=True)
        self.lanes += [asyncio.create_task(self.lane(*way)) for way in ways]

    async def break_off(self) -> None:
        for lane in self.lanes:
            lane.cancel()
        await asyncio.gather(*self.lanes, return_exceptions=True)

    async def goes_on(self, acts: int = 8) -> None:
        """Until so many more acts of each agency were accepted."""
        goal = {agency: len(system.answers) + acts for agency, system in self.systems.items()}

        def reached() -> bool:
            for lane in filter(asyncio.Task.done, self.lanes):
                lane.result()  # none ends by itself but by what failed in it
            return all(len(self.systems[agency].answers) >= wanted for agency, wanted in goal.items())

        await until(f"{acts} more acts of each agency were accepted", reached)

    async def lane(self, opener: Agency, receiver: Agency) -> None:
        while not self.ending:
            number = next(self._numbers)
            told_too = [agency for agency in self.systems if agency not in (opener, receiver)][number % 4 : 1]
            await self.refer(self.systems[opener], self.systems[receiver], number, told_too)

    async def refer(
        self, opener: RecordsSystem, receiver: RecordsSystem, number: int, told_too: Sequence[Agency]
    ) -> None:
        """One referral from its making to its end; every fourth notifies somebody, every fourth has acts that cross.

        Every fourth is a concern or a transfer instead, and every fourth comes with a fact.
        """
        if number % 4 == 1:
            await opener.do(*FACTS[opener.agency])
        if number % 4 == 2 and receiver.agency in TAKERS:
            await self._report(opener, receiver)
        elif number % 4 == 2 and {opener.agency, receiver.agency} <= ANSWERABLE:
            await self._transfer(opener, receiver)
        else:
            await self._ask(opener, receiver, number, told_too)

    async def _ask(
        self, opener: RecordsSystem, receiver: RecordsSystem, number: int, told_too: Sequence[Agency]
    ) -> None:
        notified = {"notified": [agency.value for agency in told_too]}
        handoff = await opener.do("referral.make", referral(receiver.agency) | notified)
        await receiver.do("referral.acknowledge", _on(handoff))
        if number % 4 == 3:
            await self._cross(opener, receiver, handoff)
        else:
            await self._fulfil(opener, receiver, handoff)

    async def _report(self, opener: RecordsSystem, receiver: RecordsSystem) -> None:
        others = [agency.value for agency in TAKERS - {opener.agency, receiver.agency}]
        report = {"to": receiver.agency.value, "concerns": CHILD, "notified": others, "urgency": "routine"}
        concern = await opener.do("concern.report", report)
        await receiver.do("concern.receive", _on(concern))
        await receiver.do("responsibility.accept", _on(concern))
        await receiver.do("concern.screen", _on(concern) | {"outcome": "assessment"})

    async def _transfer(self, opener: RecordsSystem, receiver: RecordsSystem) -> None:
        offer = {"to": receiver.agency.value, "concerns": CHILD, "reason": "moved-away"}
        offered = await opener.do("transfer.offer", offer)
        await receiver.do("transfer.accept", _on(offered))

    async def _fulfil(self, opener: RecordsSystem, receiver: RecordsSystem, handoff: UUID) -> None:
        await receiver.do("referral.accept", _on(handoff))
        await receiver.do("referral.reassign", _on(handoff) | {"office": "peja", "reason": "right-office"})
        question = {"priority": "amber", "questions": ["safe-contact"]}
        asked = await receiver.do("information.ask", _on(handoff) | question)
        answer = {"asked_id": str(asked), "answers": [{"question": "safe-contact", "answer": "yes"}]}
        await opener.do("information.give", _on(handoff) | answer)
        await receiver.do("referral.start", _on(handoff) | {"began_at": "2026-03-10T08:00:00+01:00"})
        await receiver.do("referral.complete", _on(handoff) | {"outcome": "done"})
        await opener.do("referral.close", _on(handoff) | {"reason": "outcome-taken-in"})

    async def _cross(self, opener: RecordsSystem, receiver: RecordsSystem, handoff: UUID) -> None:
        """Both act at once, each before it can know of the other's act; the log decides."""
        why = {"reason": "no-capacity", "next_step": "sender-keeps"}
        await asyncio.gather(
            opener.do("referral.ask-withdrawal", _on(handoff) | {"reason": "need-met"}, may_be_void=True),
            receiver.do("referral.decline", _on(handoff) | why, may_be_void=True),
        )


def referral(to: Agency) -> dict[str, object]:
    """What is asked of an agency for one child."""
    return {
        "to": to.value,
        "service": SERVICES[to],
        "urgency": "routine",
        "concerns": CHILD,
        "safety": {"immediate_danger": "no", "suspect_has_access": "unknown", "whereabouts": "home"},
        "identity": {"full_name": "Example Child"},
    }


def _on(handoff: UUID) -> dict[str, object]:
    return {"handoff_id": str(handoff)}


@contextlib.asynccontextmanager
async def traffic(systems: Mapping[Agency, RecordsSystem]) -> AsyncIterator[Traffic]:
    """Traffic while inside; on the way out every referral that was begun is brought to its end."""
    running = Traffic(systems)
    running.begin()
    try:
        yield running
        running.ending = True
        await asyncio.wait_for(asyncio.gather(*running.lanes), DEADLINE_S)
    finally:
        await running.break_off()
