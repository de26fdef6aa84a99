"""Connecting to NATS as one user of one account, and saying so when it cannot be reached."""

import asyncio
import contextlib
import logging
import ssl
import time
from collections.abc import Iterator
from typing import Any

import structlog
from nats.aio.client import Client
from nats.errors import AuthorizationError
from nats.errors import Error as NatsError
from nats.protocol.parser import AUTHORIZATION_VIOLATION

from bus import keys, nats_users, tasks
from bus.settings import Settings
from contracts.errors import BarnabusError

RECONNECT_WAIT_S = 0.25
CONNECT_TIMEOUT_S = 2
PING_EVERY_S = 20
PINGS_UNANSWERED = 2
"""After so many a connection counts as dead, though nothing has said so."""
SAY_AGAIN_S = 10.0
_log = structlog.get_logger()


class Reach:
    """Says once that NATS has gone, again every few seconds while it is away, and once that it is back."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._said = 0.0
        self.last = BarnabusError("nats.unreachable")
        """Why it could not be reached."""

    async def on_error(self, error: Exception) -> None:
        if not isinstance(error, OSError | EOFError | TimeoutError | NatsError):
            _log.error("nats.error", error=type(error).__name__)
            return
        before, self.last = self.last.code, _meant(error)
        now = time.monotonic()
        if now - self._said >= (SAY_AGAIN_S if self.last.code == before else 0):
            self._said = now
            _log.warning(self.last.code, url=self._url, error=type(error).__name__, hint=self.last.row.hint)

    @contextlib.contextmanager
    def silent(self) -> Iterator[None]:
        self._said = time.monotonic() + 3600
        try:
            yield
        finally:
            self.reset()

    def reset(self) -> None:
        self._said = 0.0

    async def on_back(self) -> None:
        self.reset()
        _log.info("nats.reconnected", url=self._url)


def _meant(error: Exception) -> BarnabusError:
    if isinstance(error, ssl.SSLError):
        return BarnabusError("nats.untrusted")
    if AUTHORIZATION_VIOLATION in str(error).lower():
        return BarnabusError("nats.refused")
    return BarnabusError("nats.unreachable")


class OwnClient(Client):
    """Goes by its key's file as it is at each connect, so that a key is changed under it.

    Of itself nats-py keeps to the public half that it read first, and closes for good once it is told that its key
    counts no more.
    """

    def _connect_command(self) -> bytes:
        self._setup_nkeys_seed_connect()
        return super()._connect_command()

    async def _process_connect_init(self) -> None:
        try:
            await super()._process_connect_init()
        except (OSError, NatsError, TimeoutError):
            transport, self._transport = self._transport, None  # after a failed handshake its end never comes
            if transport:
                transport.close()  # type: ignore[no-untyped-call]  # else each refusal would leave a socket
            raise

    async def _process_err(self, err_msg: str) -> None:
        if AUTHORIZATION_VIOLATION in err_msg:
            await self._process_op_err(AuthorizationError())
        else:
            await super()._process_err(err_msg)


def inbox_prefix(user: str) -> str:
    """Where a user hears its answers: one user of an account cannot listen to another's."""
    return f"_INBOX.{user}"


def options(settings: Settings, owner: str, user: str) -> dict[str, Any]:
    """What every connection of ours is opened with; nothing is sent. Raises `home.missing`."""
    seed = nats_users.seed_file(settings, owner, user)
    keys.read(seed)  # said now, and not by the library
    return {
        "nkeys_seed": str(seed),
        "tls": (context := encryption(settings)),
        "tls_handshake_first": context is not None,
        "inbox_prefix": inbox_prefix(user),
        "name": f"barnabus-{owner}-{user}",
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": RECONNECT_WAIT_S,
        "connect_timeout": CONNECT_TIMEOUT_S,
        "ping_interval": PING_EVERY_S,
        "max_outstanding_pings": PINGS_UNANSWERED,
    }


def encryption(settings: Settings) -> ssl.SSLContext | None:
    """How servers at `tls://` are spoken with; none if this home names no such. Raises `nats.untrusted`.

    The handshake comes first (`tls_handshake_first`): nats-py would go by a server's word that it takes none.
    """
    if "tls://" not in settings.url_or_default():
        return None
    logging.getLogger("asyncio").addFilter(_said_of_every_end)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.verify_mode = ssl.CERT_REQUIRED
    context.check_hostname = True
    try:
        context.load_verify_locations(cafile=settings.ca)
    except OSError as error:
        raise BarnabusError("nats.untrusted", detail=f"{settings.ca} holds no certificate: {error.strerror}.") from None
    return context


def _said_of_every_end(record: logging.LogRecord) -> bool:
    """By nats-py's way of turning to TLS, asyncio says this whenever a connection ends, and means nothing by it."""
    return "eof_received() has no effect" not in str(record.msg)


async def connect(settings: Settings, owner: str, user: str, *, patient: bool) -> Client:
    """A connection. A patient one waits for NATS as long as it takes and says so.

    Else it raises `nats.unreachable`, `nats.refused` or `nats.untrusted`, in 3 s.
    """
    url = settings.url()
    reach = Reach(url)
    told = {"error_cb": reach.on_error, "reconnected_cb": reach.on_back}
    opening = opened(servers=url.split(","), **options(settings, owner, user), **told)
    if patient:
        return await tasks.outcome(opening)
    try:
        with reach.silent():  # the caller says it once, and what to do
            return await asyncio.wait_for(opening, CONNECT_TIMEOUT_S + 1)
    except (TimeoutError, OSError, NatsError):
        raise BarnabusError(reach.last.code, detail=f"Tried {url}.") from None


async def opened(**how: Any) -> Client:
    client = OwnClient()
    await client.connect(**how)
    return client


async def close(nats: Client) -> None:
    """Close it, also if it still holds bytes for a socket that is gone."""
    with contextlib.suppress(OSError):
        await nats.close()
