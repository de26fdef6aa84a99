"""The embedded server: it says why it cannot start, and however it ends it leaves nothing behind."""

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest

from bus import node
from bus.server import EmbeddedServer, find_binary
from bus.settings import Settings
from contracts.errors import BarnabusError
from tests.living import eventually

PLAIN = "jetstream { sync_interval: always }"


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where private folders are made in this test, and must be gone from afterwards."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def server(tmp_path: Path) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path / "data", PLAIN) as found:
        yield found


def alive(pid: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def test_it_listens_on_this_machine_only_and_ends_without_a_trace(server: EmbeddedServer, scratch: Path) -> None:
    assert server.url.startswith("nats://127.0.0.1:")
    client = await nats.connect(server.url)
    await client.close()
    assert alive(server.pid)
    server.stop()
    assert not server.running
    assert not alive(server.pid)
    assert list(scratch.iterdir()) == []
    server.stop()


async def test_a_restart_keeps_its_address_and_what_was_acknowledged(server: EmbeddedServer) -> None:
    client = await nats.connect(server.url)
    await client.jetstream().add_stream(name="KEPT", subjects=["kept"])
    await client.jetstream().publish("kept", b"1")
    await client.close()
    url = server.url
    os.kill(server.pid, signal.SIGKILL)
    await eventually(lambda: not server.running)
    assert server.start() == url
    client = await nats.connect(url)
    assert (await client.jetstream().stream_info("KEPT")).state.messages == 1
    await client.close()


def test_starting_what_runs_already_changes_nothing(server: EmbeddedServer) -> None:
    before = (server.url, server.pid)
    assert server.start() == before[0]
    assert (server.url, server.pid) == before


def test_its_configuration_can_be_read_by_nobody_else(server: EmbeddedServer, scratch: Path) -> None:
    (folder,) = scratch.iterdir()
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "server.conf").stat().st_mode & 0o077 == 0


def test_without_a_binary_the_error_says_where_it_was_looked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scratch: Path
) -> None:
    monkeypatch.setattr("bus.server.sysconfig.get_path", lambda _: str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(BarnabusError, match=r"nats\.missing.*make setup") as missing:
        EmbeddedServer(tmp_path / "data", PLAIN).start()
    assert str(tmp_path / "nowhere") in str(missing.value)
    assert list(scratch.iterdir()) == []


def test_a_binary_on_the_path_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_binary()
    shutil.copy(real, tmp_path / "nats-server")
    monkeypatch.setattr("bus.server.sysconfig.get_path", lambda _: str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_binary() == tmp_path / "nats-server"


@pytest.mark.parametrize("config", ["accounts {", "jetstream { sync_interval: often }", "\x00"])
def test_a_wrong_configuration_is_said_with_the_servers_log(tmp_path: Path, scratch: Path, config: str) -> None:
    server = EmbeddedServer(tmp_path / "data", config)
    with pytest.raises(BarnabusError, match=r"nats\.failed") as failed:
        server.start()
    log = tmp_path / "data" / "server.log"
    assert f"{log}: " in str(failed.value)
    assert log.read_text().strip().splitlines()[-1] in str(failed.value)
    assert not server.running
    assert list(scratch.iterdir()) == []


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = EmbeddedServer(tmp_path / "data", PLAIN, port=taken.getsockname()[1])
        with pytest.raises(BarnabusError, match=r"nats\.failed.*address already in use"):
            server.start()


STARTER = """
import signal, sys, time, tempfile
from pathlib import Path
from bus.server import EmbeddedServer
tempfile.tempdir = sys.argv[2]
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell ignores it for what it runs behind it
server = EmbeddedServer(Path(sys.argv[1]), "jetstream {}")
server.start()
print(server.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
async def test_it_ends_when_whoever_started_it_is_gone_however_that_ended(
    tmp_path: Path, scratch: Path, how: signal.Signals
) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", STARTER, str(tmp_path / "data"), str(scratch)],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with starter:
        assert starter.stdout
        pid = int(starter.stdout.readline())
        assert alive(pid)
        starter.send_signal(how)
    await eventually(lambda: not alive(pid))
    await eventually(lambda: not list(scratch.iterdir()))


async def test_it_ends_when_the_leash_itself_is_killed(server: EmbeddedServer) -> None:
    assert server._leash
    server._leash.kill()
    await eventually(lambda: not alive(server.pid))


# the home's server


async def test_one_home_has_one_server(settings: Settings) -> None:
    async with node.embedded(settings) as server:
        with pytest.raises(BarnabusError, match=r"home\.in-use"):
            async with node.embedded(settings):
                pass
        assert server.running
        assert settings.url() == server.url
    with pytest.raises(BarnabusError, match=r"nats\.unreachable"):
        settings.url()


async def test_a_new_home_is_provisioned_by_its_first_start(tmp_path: Path) -> None:
    settings = Settings(tmp_path / "new", None)
    async with node.embedded(settings):
        assert settings.root_public.exists()
    async with node.embedded(settings) as server:
        assert server.running


async def test_a_home_server_that_died_is_started_again_at_its_address(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(node, "WATCH_EVERY_S", 0.02)
    async with node.embedded(settings) as server:
        url, pid = server.url, server.pid
        os.kill(pid, signal.SIGKILL)
        await eventually(lambda: server.running and server.pid != pid)
        assert server.url == url


async def test_when_what_it_serves_fails_the_server_ends_and_nobody_starts_it_again(settings: Settings) -> None:
    with pytest.raises(RuntimeError, match="failed"):
        async with node.embedded(settings) as server:
            raise RuntimeError("failed")
    assert not server.running
    await eventually(lambda: asyncio.all_tasks() == {asyncio.current_task()})
    assert not server.running
