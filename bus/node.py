"""Putting a home to work: its embedded server with streams, and a gateway. Everything is closed on the way out."""

import asyncio
import contextlib
import fcntl
import gc
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import IO

import structlog
from nats.errors import NoRespondersError
from nats.js.errors import APIError

from bus import connection, directory, streams, tasks
from bus.clock import Clock, wall_clock
from bus.gateway import Gateway
from bus.gateway_service import GatewayService
from bus.ledger import Ledger
from bus.provisioning import GATEWAY, provision, server_config
from bus.server import ANY_PORT, EmbeddedServer
from bus.settings import Settings
from bus.signing import Signing
from contracts.agencies import Agency
from contracts.errors import BarnabusError

WATCH_EVERY_S = 0.25
PREPARED_WITHIN_S = 20.0
_NOT_YET = {None, 10005, 10008}
"""What JetStream answers while servers find each other: nothing in particular, too few to place it on, unavailable."""
_log = structlog.get_logger()


@contextlib.contextmanager
def locked(path: Path, what: str) -> Iterator[None]:
    """Hold a lock file while running. Raises `home.in-use` if another process holds it, `file.unwritable`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        opened = path.open("a")
    except OSError as error:
        raise BarnabusError("file.unwritable", detail=f"{path}: {error.strerror}.") from None
    with opened as file:
        take(file, what)
        yield


def take(file: IO[str], what: str) -> None:
    """The lock ends with the process, however that ends. Raises `home.in-use`."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise BarnabusError("home.in-use", detail=f"{what} is running already.") from None


def keep_what_is_loaded() -> None:
    """Of a process that starts its work: modules and keys stay, and looking through them would stop it for 60 ms."""
    gc.collect()
    gc.freeze()


@contextlib.asynccontextmanager
async def embedded(
    settings: Settings, clock: Clock = wall_clock, *, port: int = ANY_PORT, without_key: Agency | None = None
) -> AsyncIterator[EmbeddedServer]:
    """The home's own server with its streams, provisioned if the home is new; started again should it die.

    Raises `home.has-servers` where there are others.

    `without_key` is for a sandbox alone: who shows no key is this agency's own system (`provisioning.server_config`).
    """
    if settings.cluster():
        raise BarnabusError("home.has-servers", detail=f"{settings.urls}.")
    with locked(settings.home / "run" / "server.lock", "A server of this home"):
        if not settings.root_public.exists():
            provision(settings, clock())
        server = EmbeddedServer(settings.home / "nats", server_config(settings, without_key), port=port)
        await asyncio.to_thread(server.start)
        leaving = asyncio.Event()
        watching = asyncio.create_task(_watch(server, leaving, settings, without_key))
        try:
            settings.address.write_text(server.url + "\n")
            await tasks.outcome(prepare(settings))
            yield server
        finally:
            leaving.set()
            await asyncio.wait({watching})  # else it might start again what is stopped here
            settings.address.unlink(missing_ok=True)
            await asyncio.to_thread(server.stop)


@contextlib.asynccontextmanager
async def reached(settings: Settings) -> AsyncIterator[None]:
    """The server that runs is used; the home's own one is started for as long as this lasts, if none does."""
    async with contextlib.AsyncExitStack() as running:
        if not _runs(settings):
            await running.enter_async_context(embedded(settings))
        yield


@contextlib.asynccontextmanager
async def at_work(settings: Settings) -> AsyncIterator[None]:
    """Likewise with a gateway: what runs is used, else the home's own server and gateway for as long as this lasts.

    Raises what keeps that gateway from its work.
    """
    async with contextlib.AsyncExitStack() as running:
        if not _runs(settings):
            await running.enter_async_context(embedded(settings))
            service = await running.enter_async_context(gateway(settings))
            await until_active(service)
        yield


async def until_active(service: GatewayService) -> None:
    """Raises what keeps it from its work."""
    while not service.active:
        if service.ended.done():
            service.ended.result()
        await asyncio.sleep(WATCH_EVERY_S)


def _runs(settings: Settings) -> bool:
    """Is there a server: somebody else's, or this home's own?"""
    if settings.nats_url or settings.cluster():
        return True
    try:
        with locked(settings.home / "run" / "server.lock", "A server of this home"):
            return False
    except BarnabusError:
        return True


async def prepare(settings: Settings) -> None:
    """Make the streams that are missing, one copy a server, and compare those that are there.

    Servers that have just started take a few seconds to agree on who leads. Raises `log.unavailable` if they do not.
    """
    nats = await connection.connect(settings, GATEWAY, "provisioner", patient=False)
    until = asyncio.get_running_loop().time() + PREPARED_WITHIN_S
    try:
        while True:
            try:
                return await streams.provision(nats, replicas=len(settings.url().split(",")))
            except (TimeoutError, NoRespondersError, APIError) as error:
                if isinstance(error, APIError) and error.err_code not in _NOT_YET:
                    raise
                if asyncio.get_running_loop().time() > until:
                    detail = f"JetStream at {settings.url()}: {type(error).__name__}."
                    raise BarnabusError("log.unavailable", detail=detail) from None
                await asyncio.sleep(WATCH_EVERY_S)
    finally:
        await connection.close(nats)


async def _watch(
    server: EmbeddedServer, leaving: asyncio.Event, settings: Settings, without_key: Agency | None
) -> None:
    """Started again should it die; and it goes by the home's configuration when that was written anew."""
    told = _written(settings.nats_config)
    while not leaving.is_set():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(WATCH_EVERY_S):
                await leaving.wait()
        if not server.running and not leaving.is_set():
            _log.error("nats.died", hint="It is started again on the same address.")
            try:
                await asyncio.to_thread(server.start)
            except (BarnabusError, OSError) as error:  # a full disk, too
                _log.error("nats.failed", detail=str(error))
        if (now := _written(settings.nats_config)) != told:
            told = now
            try:
                server.reload(server_config(settings, without_key))
            except (BarnabusError, OSError) as error:
                _log.error("nats.not-reloaded", detail=str(error))
            else:
                _log.info("nats.reloaded")


def _written(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


@contextlib.asynccontextmanager
async def gateway(
    settings: Settings, name: str = "a", clock: Clock = wall_clock, *, synthetic: bool = False
) -> AsyncIterator[GatewayService]:
    """A gateway of this home, active or standing by, until left. Two of one name exclude each other.

    A `synthetic` one writes a log of made-up cases, and says so in every stamp.
    """
    with locked(settings.home / "gateway" / f"{name}.lock", f"Gateway {name}"):
        keyring = directory.Live(settings)
        key = Signing(settings.keys(GATEWAY), GATEWAY, lambda: keyring.now, clock)
        nats = await connection.connect(settings, GATEWAY, "gateway", patient=True)
        ledger = Ledger(settings.home / "gateway" / f"{name}.db")
        service = GatewayService(nats, Gateway(nats, keyring, key, ledger, clock, synthetic=synthetic), name, clock)
        service.ended = asyncio.create_task(service.run())
        try:
            yield service
        finally:
            await tasks.end(service.ended)
            await service.finish()
            ledger.close()
            await connection.close(nats)
