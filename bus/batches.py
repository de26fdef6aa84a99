"""Reading much of the log quickly: many entries to an answer, from whichever server has them at hand.

A replica can be behind or have lost an entry, so nothing is promised but order. A stretch ends where it first misses
an entry, and whoever reads asks the leader from there on; whoever reads by subject has to count (docs/adr/0027).
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError

from contracts import subjects

ENTRIES_AT_ONCE = 500
"""So many entries to an answer. Two answers are on their way at most, of about 1 MB each."""
SILENCE_S = 2.0
"""Without an answer for so long there is nobody to give it, or no right to ask."""
_STATUS, _POSITION = "Status", "Nats-Sequence"


class _Asking:
    """Questions, and their answers in the same order; one whose answer never comes is answered with nothing.

    Each has a place of its own for its answer: of a cluster's servers any may answer, and two do so at once.
    """

    def __init__(self, nats: Client, api: str) -> None:
        self._nats, self._subject = nats, f"{api}.DIRECT.GET.{subjects.CASES}"
        self._inbox, self._asked = nats.new_inbox(), 0
        self._waiting = dict[str, _Answer]()  # by where it is heard, in the order of the questions

    async def hear(self, message: Msg) -> None:
        answer = self._waiting.get(message.subject)
        if answer is None:
            return  # it came too late
        if _STATUS in (message.headers or {}):  # the answer is over, or there is none
            answer.over.set()
        else:
            answer.messages.append(message)

    async def ask(self, question: dict[str, Any]) -> None:
        self._asked += 1
        heard_at = f"{self._inbox}.{self._asked}"
        self._waiting[heard_at] = _Answer()
        await self._nats.publish(self._subject, json.dumps(question).encode(), reply=heard_at)

    async def answer(self) -> Sequence[Msg]:
        """To the first question that has none yet."""
        heard_at, answer = next(iter(self._waiting.items()))
        try:
            async with asyncio.timeout(SILENCE_S):
                await answer.over.wait()
        except TimeoutError:
            return []
        finally:
            del self._waiting[heard_at]
        return answer.messages

    @classmethod
    @asynccontextmanager
    async def of(cls, nats: Client, api: str) -> AsyncIterator["_Asking"]:
        asking = cls(nats, api)
        listening = await nats.subscribe(f"{asking._inbox}.*", cb=asking.hear)
        try:
            yield asking
        finally:
            with suppress(NatsError):  # whoever breaks off may have closed the connection before this comes to its end
                await listening.unsubscribe()


@dataclass(slots=True)
class _Answer:
    messages: list[Msg] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)


async def stretch(nats: Client, api: str, first: int, last: int) -> AsyncGenerator[Sequence[Msg], None]:
    """The entries from `first` to `last`, some at a time, as far as they come without a gap."""
    starts = range(first, last + 1, ENTRIES_AT_ONCE)
    async with _Asking.of(nats, api) as asking:

        async def ask(start: int) -> None:
            await asking.ask({"seq": start, "batch": min(ENTRIES_AT_ONCE, last + 1 - start)})

        for start in starts[:1]:
            await ask(start)
        for place, start in enumerate(starts, start=1):
            for following in starts[place : place + 1]:
                await ask(following)
            good = _without_a_gap(await asking.answer(), start)
            yield good
            if len(good) < min(ENTRIES_AT_ONCE, last + 1 - start):
                return


async def matching(nats: Client, api: str, subject: str, first: int) -> AsyncGenerator[Sequence[Msg], None]:
    """The entries from `first` on whose subject matches, some at a time, as far as whoever answers has them."""
    async with _Asking.of(nats, api) as asking:
        while True:
            await asking.ask({"seq": first, "next_by_subj": subject, "batch": ENTRIES_AT_ONCE})
            good = _rising(await asking.answer(), first)
            yield good
            if len(good) < ENTRIES_AT_ONCE:
                return
            first = position(good[-1]) + 1


def position(message: Msg) -> int:
    return int((message.headers or {}).get(_POSITION, 0))


def _without_a_gap(answer: Sequence[Msg], first: int) -> Sequence[Msg]:
    for place, message in enumerate(answer):
        if position(message) != first + place:
            return answer[:place]
    return answer


def _rising(answer: Sequence[Msg], first: int) -> Sequence[Msg]:
    """As far as no entry comes twice: whoever counts them would miss none."""
    for place, message in enumerate(answer):
        if position(message) < first:
            return answer[:place]
        first = position(message) + 1
    return answer
