"""The raw limit: JetStream's own publish on the same server, the same disk, the same `sync_interval: always`."""

import asyncio
import time

from nats.aio.client import Client

from contracts import subjects
from contracts.agencies import Agency

SUBJECT = subjects.post_letters(Agency.OVERSIGHT)
"""A stream with the bus's own settings that nobody else uses here."""
MESSAGE = b"x" * 600
IN_FLIGHT = 250


async def sequential(nats: Client, count: int) -> float:
    """Messages a second, each acknowledged before the next is sent."""
    js = nats.jetstream()
    began = time.perf_counter()
    for _ in range(count):
        await js.publish(SUBJECT, MESSAGE)
    return count / (time.perf_counter() - began)


async def pipelined(nats: Client, count: int) -> float:
    """Messages a second with up to 250 unacknowledged ones."""
    js = nats.jetstream()
    began = time.perf_counter()
    for _ in range(0, count, IN_FLIGHT):
        await asyncio.gather(*(js.publish(SUBJECT, MESSAGE) for _ in range(IN_FLIGHT)))
    return count / (time.perf_counter() - began)
