"""Servers as a production has them: nobody is spoken with who cannot prove who he is, and nobody in plain text."""

import asyncio
import contextlib
import json
import shutil
import ssl
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from nats.aio.client import Client
from nats.errors import Error as NatsError

from bus import connection, servers
from bus.authority import Authority
from bus.servers import Server
from bus.settings import Settings
from contracts.errors import BarnabusError
from tests import clustered
from tests.builders import POLICE, now
from tests.clustered import HOST, Process

pytestmark = pytest.mark.asyncio(loop_scope="module")
LISTENS_S = 1.5
"""A server that might join has tried several times by then: it tries every second at first."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return clustered.provisioned(tmp_path_factory.mktemp("tls") / "home", 3)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(home: Settings) -> AsyncIterator[dict[str, Process]]:
    with clustered.started(home) as found:
        nats = await connection.connect(home, "monitor", "monitor", patient=True)
        await _eventually_servers(nats, 3)
        await nats.close()
        yield found


@pytest.fixture
def first(home: Settings, running: dict[str, Process]) -> Server:
    return clustered.of(home, "hub-1")


async def _servers(nats: Client) -> set[str]:
    """Which servers are one cluster with this one, by its own word."""
    answers = await nats.subscribe(inbox := nats.new_inbox())
    await nats.publish("$SYS.REQ.SERVER.PING.STATSZ", b"", reply=inbox)
    found = set()
    try:
        while True:
            found.add(json.loads((await answers.next_msg(0.3)).data)["server"]["name"])
    except TimeoutError:
        await answers.unsubscribe()
        return found


async def _eventually_servers(nats: Client, n: int) -> None:
    async with asyncio.timeout(10):
        while len(await _servers(nats)) != n:
            pass


async def enters(settings: Settings, server: Server, **how: Any) -> Client:
    """As the police's adapter, whose key is good, but for what is said."""
    client = connection.OwnClient()
    options = connection.options(settings, POLICE, "adapter") | {"allow_reconnect": False} | how
    try:
        await client.connect(server.url, **options)
    except BaseException:
        await client.close()
        raise
    return client


async def test_whoever_has_the_authoritys_certificate_and_a_key_comes_in(home: Settings, first: Server) -> None:
    client = await enters(home, first)
    assert client.is_connected
    await client.close()


async def test_a_server_is_not_believed_by_who_lacks_the_authoritys_certificate(home: Settings, first: Server) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        await enters(home, first, tls=ssl.create_default_context())


async def test_a_server_is_not_believed_by_who_trusts_another_authority(
    home: Settings, first: Server, tmp_path: Path
) -> None:
    """Of the same name, as a man in the middle would give himself."""
    other = tmp_path / "ca.pem"
    other.write_bytes(Authority.new(now()).public())
    context = ssl.create_default_context(cafile=str(other))
    with pytest.raises(ssl.SSLCertVerificationError):
        await enters(home, first, tls=context)


async def test_a_server_of_another_name_is_not_believed(home: Settings, first: Server) -> None:
    """By the authority itself, and for another host."""
    with pytest.raises(ssl.SSLCertVerificationError, match=r"IP address mismatch|Hostname mismatch"):
        await enters(home, first, tls_hostname="hub-1.example")


async def test_a_commands_failure_says_that_the_server_was_not_believed(
    home: Settings, running: dict[str, Process], tmp_path: Path
) -> None:
    shutil.copytree(home.home, tmp_path / "home")
    settings = replace(home, home=tmp_path / "home")
    settings.ca.write_bytes(Authority.new(now()).public())
    with pytest.raises(BarnabusError, match=r"nats\.untrusted"):
        await connection.connect(settings, POLICE, "adapter", patient=False)
    settings.ca.unlink()
    with pytest.raises(BarnabusError, match=r"nats\.untrusted.*ca\.pem"):
        await connection.connect(settings, POLICE, "adapter", patient=False)


async def test_plain_text_is_told_nothing(first: Server) -> None:
    """Not so much as which server it is."""
    reader, writer = await asyncio.open_connection(HOST, first.port)
    writer.write(b"PING\r\n")
    assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()


async def test_a_client_that_speaks_plain_text_does_not_come_in(home: Settings, first: Server) -> None:
    with pytest.raises((NatsError, OSError, TimeoutError)):
        await enters(home, first, tls=None, tls_handshake_first=False)


async def test_an_old_tls_is_not_spoken(home: Settings, first: Server) -> None:
    context = ssl.create_default_context(cafile=str(home.ca))
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError, match=r"PROTOCOL_VERSION|alert protocol version"):
        await enters(home, first, tls=context)


async def test_whoever_is_in_between_cannot_say_that_none_is_needed(
    home: Settings, running: dict[str, Process]
) -> None:
    """Left alone, the library goes by this word of the server's and sends its name and signature in plain text."""
    heard = bytearray()

    async def in_between(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(
            b'INFO {"server_id":"X","version":"2.15.1","auth_required":true,"nonce":"abc","max_payload":9}\r\n'
        )
        heard.extend(await reader.read(4096))
        writer.close()

    async with await asyncio.start_server(in_between, HOST, 0) as listening:
        server = Server("hub-1", HOST, listening.sockets[0].getsockname()[1])
        with pytest.raises((ssl.SSLError, OSError)):
            await enters(home, server)
        assert heard[:1] == b"\x16", "the first byte of a handshake"
        heard.clear()
        with contextlib.suppress(NatsError, OSError):
            await (await enters(home, server, tls_handshake_first=False)).close()
        assert heard.startswith(b"CONNECT"), "this test tries what it says"


# between servers


@pytest.fixture
def newcomer(home: Settings, running: dict[str, Process], tmp_path: Path) -> Iterator["Newcomer"]:
    found = Newcomer(home, tmp_path / "hub-4")
    yield found
    found.end()


class Newcomer:
    """A fourth server that is told what the others are, accounts and keys included, and asks to be one of them."""

    def __init__(self, home: Settings, folder: Path) -> None:
        shutil.copytree(servers.folder(home, clustered.of(home, "hub-3")), folder, ignore=_not_its_data)
        third, (port,) = clustered.of(home, "hub-3"), clustered.free_ports(1)
        config = (
            (folder / "nats.conf").read_text().replace("hub-3", "hub-4").replace(third.route, f"{HOST}:{port + 2000}")
        )
        config = config.replace("routes: [", f'routes: ["nats-route://{third.route}", ')
        (folder / "nats.conf").write_text(config.replace(third.place, f"{HOST}:{port}"))
        self.folder = folder
        self._process: Process | None = None

    def start(self) -> None:
        self._process = Process(self.folder)

    def end(self) -> None:
        if self._process:
            self._process.end()


def _not_its_data(_: str, names: list[str]) -> set[str]:
    return {name for name in names if not name.endswith((".pem", ".conf"))}


async def joined(home: Settings) -> bool:
    nats = await connection.connect(home, "monitor", "monitor", patient=False)
    try:
        await asyncio.sleep(LISTENS_S)
        return "hub-4" in await _servers(nats)
    finally:
        await nats.close()


async def test_a_server_without_a_certificate_of_the_authoritys_does_not_join(
    home: Settings, newcomer: Newcomer, running: dict[str, Process]
) -> None:
    stranger = Authority.new(now())
    (newcomer.folder / "route.pem").write_bytes(stranger.issue(HOST, "route", now()))
    newcomer.start()
    assert not await joined(home)
    assert "unknown authority" in "".join(process.said() for process in running.values())


async def test_a_servers_certificate_for_clients_joins_nothing(
    home: Settings, newcomer: Newcomer, running: dict[str, Process]
) -> None:
    """So a certificate of a ministry's own, which clients are to trust, opens no way into the cluster."""
    (newcomer.folder / "route.pem").write_bytes((newcomer.folder / "tls.pem").read_bytes())
    newcomer.start()
    assert not await joined(home)
    assert "incompatible key usage" in "".join(process.said() for process in running.values())


async def test_a_server_that_would_speak_plain_text_with_the_others_does_not_join(
    home: Settings, newcomer: Newcomer, running: dict[str, Process]
) -> None:
    config = newcomer.folder / "nats.conf"
    before, _, after = config.read_text().partition('  tls {\n    cert_file: "route.pem"')
    config.write_text(before + after.partition("  }\n")[2])
    newcomer.start()
    assert not await joined(home)


async def test_with_its_certificate_a_server_joins(home: Settings, newcomer: Newcomer) -> None:
    """Last, for it stays in the others' memory: what the tests above refuse is refused for its certificate alone."""
    newcomer.start()
    assert await joined(home)
