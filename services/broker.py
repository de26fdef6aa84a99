"""How an adapter is connected to NATS through FastStream: every option that keeps a letter safe, spelled out."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from faststream.nats.security import NatsNKey
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import ConnectionClosedError, ConnectionReconnectingError, NoRespondersError
from nats.js.errors import ServiceUnavailableError

from bus import connection, nats_users
from bus.settings import Settings
from contracts import subjects
from contracts.agencies import Agency

COMMANDS_AT_ONCE = 128
"""So many commands may wait for their stamps; more wait to be taken."""
PULL_WAIT_S = 1.0
"""After a restart of NATS a pull that was under way is waited for so long before the next."""
STOP_WITHIN_S = 5.0
ANSWERS_WITHIN_S = 2


class Broker(NatsBroker):
    reach: connection.Reach

    async def _connect(self) -> Client:
        """By a client whose key can be changed. FastStream's own callback ends one that is refused for good."""
        told = {"error_cb": self.reach.on_error, "reconnected_cb": self.reach.on_back}
        client = await connection.opened(**{**self._connection_kwargs, **told})
        self.config.connect(client)
        return client

    async def start(self) -> None:
        """NATS may go while we start: FastStream would give up, and end the process with a traceback."""
        await self.connect()
        for subscriber in self.subscribers:
            await patiently(subscriber.start)
        self.running = True

    async def stop(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        """While NATS is away or hangs draining fails, and FastStream would skip every later hook: close instead."""
        try:
            with contextlib.suppress(ConnectionReconnectingError, TimeoutError):
                if await self._answers():
                    await super().stop(exc_type, exc_val, exc_tb)
                    return
                await super(NatsBroker, self).stop(exc_type, exc_val, exc_tb)  # the subscribers alone
        finally:
            if self._connection is not None:
                await connection.close(self._connection)
                self._connection = None
            self.config.disconnect()

    async def _answers(self) -> bool:
        """Does the server? Draining would wait twenty seconds for one that hangs."""
        if self._connection is None or not self._connection.is_connected:
            return self._connection is None
        try:
            await self._connection.flush(ANSWERS_WITHIN_S)
        except TimeoutError:
            return False
        return True


async def patiently(ask: Callable[[], Awaitable[None]]) -> None:
    """Ask until NATS answers, or the connection was closed. That it is away is said elsewhere."""
    while True:
        try:
            await ask()
        except (TimeoutError, NoRespondersError, ServiceUnavailableError):
            await asyncio.sleep(connection.RECONNECT_WAIT_S)
        except ConnectionClosedError:
            return
        else:
            return


async def _raw(msg: StreamMessage[Msg]) -> bytes:
    """The body as it came: what it is, our own checks say."""
    return bytes(msg.body)


def broker_of(
    agency: Agency,
    settings: Settings,
    reach: connection.Reach,
    on_command: Callable[[bytes], Awaitable[bytes]],
    on_asked: Callable[[bytes], Awaitable[bytes]],
    on_post: Callable[[bytes, NatsMessage], Awaitable[None]],
) -> Broker:
    """The agency's connection with its subscribers: its own systems' commands and questions, and its own post."""
    user, context = subjects.ADAPTER, connection.encryption(settings)
    broker = Broker(
        settings.url_or_default().split(","),
        security=NatsNKey(
            nats_users.seed_file(settings, agency, user), ssl_context=context, tls_handshake_first=context is not None
        ),
        name=f"barnabus-{agency}-{user}",
        inbox_prefix=connection.inbox_prefix(user),
        max_reconnect_attempts=-1,
        reconnect_time_wait=connection.RECONNECT_WAIT_S,  # type: ignore[arg-type]  # annotated int; any number will do
        connect_timeout=connection.CONNECT_TIMEOUT_S,
        ping_interval=connection.PING_EVERY_S,
        max_outstanding_pings=connection.PINGS_UNANSWERED,
        js_options={"prefix": subjects.API},
        decoder=_raw,
        apply_types=False,  # bodies are bytes; types are checked by the contract
        graceful_timeout=STOP_WITHIN_S,
        ack_policy=AckPolicy.NACK_ON_ERROR,  # FastStream's own default drops a message at its first exception
        logger=None,
    )
    broker.reach = reach

    async def on_delivery(body: bytes) -> None:
        # with types applied it could be a parameter, and would be looked up in a thread for each letter
        await on_post(body, broker.context.get_local("message"))

    broker.subscriber(subjects.COMMAND, max_workers=COMMANDS_AT_ONCE)(on_command)
    broker.subscriber(subjects.FEED)(on_asked)
    broker.subscriber(
        subjects.post_all(agency),
        stream=JStream(subjects.post_stream(agency), declare=False),
        durable=subjects.ADAPTER,
        pull_sub=PullSub(batch_size=1, timeout=PULL_WAIT_S),  # one at a time keeps a link's order
        inbox_prefix=f"{connection.inbox_prefix(user)}.".encode(),  # not taken from the broker; with its last dot
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )(on_delivery)
    return broker
