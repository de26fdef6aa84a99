"""How an adapter is connected to NATS through FastStream: every option that keeps a letter safe, spelled out."""

import contextlib
from collections.abc import Awaitable, Callable
from types import TracebackType

from faststream import AckPolicy
from faststream.message import StreamMessage
from faststream.nats import JStream, NatsBroker, PullSub
from faststream.nats.annotations import NatsMessage
from faststream.nats.security import NatsNKey
from nats.aio.msg import Msg
from nats.errors import ConnectionReconnectingError

from bus import connection
from bus.settings import Settings
from contracts import subjects
from contracts.agencies import Agency

COMMANDS_AT_ONCE = 128
"""So many commands may wait for their stamps; more wait to be taken."""
PULL_WAIT_S = 1.0
"""After a restart of NATS a pull that was under way is waited for so long before the next."""
STOP_WITHIN_S = 5.0


class Broker(NatsBroker):
    async def stop(
        self,
        exc_type: type[BaseException] | None = None,
        exc_val: BaseException | None = None,
        exc_tb: TracebackType | None = None,
    ) -> None:
        """While NATS is away draining fails, and FastStream would skip every later hook: close instead."""
        try:
            await super().stop(exc_type, exc_val, exc_tb)
        except ConnectionReconnectingError:
            if self._connection is not None:
                with contextlib.suppress(OSError):  # it may hold bytes for a socket that is gone
                    await self._connection.close()
                self._connection = None
            self.config.disconnect()


async def _raw(msg: StreamMessage[Msg]) -> bytes:
    """The body as it came: what it is, our own checks say."""
    return bytes(msg.body)


def broker_of(
    agency: Agency,
    settings: Settings,
    reach: connection.Reach,
    on_command: Callable[[bytes], Awaitable[bytes]],
    on_post: Callable[[bytes, NatsMessage], Awaitable[None]],
) -> Broker:
    """The agency's connection with its two subscribers: commands of its own system, and its own post."""
    user = subjects.ADAPTER
    broker = Broker(
        settings.url_or_default(),
        security=NatsNKey(settings.keys(agency) / f"{user}.nk"),
        name=f"barnabus-{agency}-{user}",
        inbox_prefix=connection.inbox_prefix(user),
        max_reconnect_attempts=-1,
        reconnect_time_wait=connection.RECONNECT_WAIT_S,  # type: ignore[arg-type]  # annotated int; any number will do
        connect_timeout=connection.CONNECT_TIMEOUT_S,
        ping_interval=connection.PING_EVERY_S,
        max_outstanding_pings=connection.PINGS_UNANSWERED,
        js_options={"prefix": "bus"},
        decoder=_raw,
        graceful_timeout=STOP_WITHIN_S,
        ack_policy=AckPolicy.NACK_ON_ERROR,  # FastStream's own default drops a message at its first exception
        logger=None,
        error_cb=reach.on_error,
        reconnected_cb=reach.on_back,
    )
    broker.subscriber(subjects.COMMAND, max_workers=COMMANDS_AT_ONCE)(on_command)
    broker.subscriber(
        subjects.post_all(agency),
        stream=JStream(subjects.post_stream(agency), declare=False),
        durable=subjects.ADAPTER,
        pull_sub=PullSub(batch_size=1, timeout=PULL_WAIT_S),  # one at a time keeps a link's order
        inbox_prefix=f"{connection.inbox_prefix(user)}.".encode(),  # not taken from the broker; with its last dot
        ack_policy=AckPolicy.NACK_ON_ERROR,
    )(on_post)
    return broker
