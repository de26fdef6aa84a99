"""The raw limit of reading: nats-py takes a whole log through an ordered push consumer, and only counts."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import replace

from nats.aio.client import Client
from nats.aio.msg import Msg

from bus import connection, node
from bus.provisioning import GATEWAY, server_config
from bus.server import EmbeddedServer
from bus.settings import Settings
from contracts import subjects

_MAY_ASK = '"$JS.API.>"'
_MAY_ANSWER = f'{_MAY_ASK}, "$JS.FC.>"'
"""Flow control, which no user of ours needs, and without which a client that is pushed to drowns."""
WITHIN_S = 300.0


@contextlib.asynccontextmanager
async def provisioner(settings: Settings) -> AsyncIterator[Client]:
    """A home's server, and a user of the bus's own account on it that may make consumers and be pushed to."""
    config = server_config(settings)
    assert config.count(_MAY_ASK) == 1
    server = EmbeddedServer(settings.home / "nats", config.replace(_MAY_ASK, _MAY_ANSWER))
    with node.locked(settings.home / "run" / "server.lock", "A server of this home"), server:
        nats = await connection.connect(replace(settings, nats_url=server.url), GATEWAY, "provisioner", patient=False)
        try:
            yield nats
        finally:
            await connection.close(nats)


async def ordered(nats: Client, last: int) -> float:
    """Entries a second, up to a position."""
    there = asyncio.get_running_loop().create_future()
    count = 0

    async def counted(_: Msg) -> None:
        nonlocal count
        count += 1
        if count == last:
            there.set_result(time.perf_counter())

    began = time.perf_counter()
    drained = await nats.jetstream().subscribe(">", stream=subjects.CASES, ordered_consumer=True, cb=counted)
    ended: float = await asyncio.wait_for(there, WITHIN_S)
    await drained.unsubscribe()
    return last / (ended - began)
