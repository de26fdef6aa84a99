"""Somebody with valid credentials who does what they are not for."""

from collections.abc import Awaitable, Callable
from typing import Any

from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.errors import NoRespondersError

from bus import connection
from tests.living import Bus, eventually

TIMEOUT_S = 0.5


class Intruder:
    """A client with valid credentials that does what it should not; the server's refusals are kept."""

    def __init__(self) -> None:
        self.refusals: list[str] = []
        self.nats = Client()
        self.heard: list[Any] = []

    async def connect(self, bus: Bus, owner: str, user: str) -> "Intruder":
        async def on_error(error: Exception) -> None:
            self.refusals.append(str(error).lower())

        options = connection.options(bus.settings, owner, user)
        await self.nats.connect(bus.living.server.url, error_cb=on_error, **options)
        return self

    async def listens(self, subject: str) -> None:
        async def keep(msg: Any) -> None:
            self.heard.append(msg)

        await self.nats.subscribe(subject, cb=keep)
        await self.nats.flush()

    async def says(self, subject: str, payload: bytes = b"{}", **more: Any) -> None:
        await self.nats.publish(subject, payload, **more)
        await self.nats.flush()

    async def asks(self, subject: str, payload: bytes = b"{}") -> bytes | None:
        """The answer; None if the server let no question or no answer through."""
        try:
            return (await self.nats.request(subject, payload, timeout=TIMEOUT_S)).data
        except (NatsError, TimeoutError, NoRespondersError):
            return None

    async def was_refused(self, what: str) -> None:
        """The server has said no to this: a `publish to` or a `subscription to` some subject."""
        plain = what.replace("$JS.hub.API", "$JS.API")  # the server names a domain's subjects so
        refusal = f"permissions violation for {plain}".lower()
        (said,) = await eventually(lambda: [said for said in self.refusals if refusal in said][:1])
        self.refusals.remove(said)  # it answers for one try


Enter = Callable[[str, str], Awaitable[Intruder]]
