"""Reading a stretch of the log quickly: many entries to an answer, from whichever server has them at hand.

A replica can be behind or have lost an entry, so nothing is promised but order: it ends where it first misses one, and
whoever reads asks the leader from there on (docs/adr/0027).
"""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg

from contracts import subjects

ENTRIES_AT_ONCE = 500
"""So many entries to an answer. Two answers are on their way at most, of about 1 MB each."""
SILENCE_S = 2.0
"""Without an answer for so long there is nobody to give it, or no right to ask."""
_STATUS, _POSITION = "Status", "Nats-Sequence"


async def stretch(nats: Client, api: str, first: int, last: int) -> AsyncIterator[Sequence[Msg]]:
    """The entries from `first` to `last`, some at a time, as far as they come without a gap."""
    inbox, answers, coming = nats.new_inbox(), asyncio.Queue[list[Msg]](), list[Msg]()

    async def hear(message: Msg) -> None:
        nonlocal coming
        if _STATUS in (message.headers or {}):  # an answer is over, or there is none
            answers.put_nowait(coming)
            coming = []
        else:
            coming.append(message)

    async def ask(start: int) -> None:
        question = {"seq": start, "batch": min(ENTRIES_AT_ONCE, last + 1 - start)}
        await nats.publish(f"{api}.DIRECT.GET.{subjects.CASES}", json.dumps(question).encode(), reply=inbox)

    listening = await nats.subscribe(inbox, cb=hear)
    try:
        if first <= last:
            await ask(first)
        for start in range(first, last + 1, ENTRIES_AT_ONCE):
            after = start + ENTRIES_AT_ONCE
            if after <= last:
                await ask(after)
            async with asyncio.timeout(SILENCE_S):
                answer = await answers.get()
            good = _without_a_gap(answer, start)
            yield good
            if len(good) < min(ENTRIES_AT_ONCE, last + 1 - start):
                return
    except TimeoutError:
        return
    finally:
        await listening.unsubscribe()


def _without_a_gap(answer: Sequence[Msg], first: int) -> Sequence[Msg]:
    for place, message in enumerate(answer):
        if int((message.headers or {}).get(_POSITION, 0)) != first + place:
            return answer[:place]
    return answer
