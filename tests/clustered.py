"""Servers of a production as they are generated, each a real one in its own folder, on this machine alone."""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bus import leash, servers
from bus.provisioning import provision
from bus.server import find_binary
from bus.servers import ROUTES_ABOVE, Server
from bus.settings import Settings
from tests.builders import now

HOST = "127.0.0.1"


def free_ports(n: int) -> list[int]:
    """Each with the one above it on which servers would speak with each other."""
    found: list[int] = []
    with contextlib.ExitStack() as held:
        while len(found) < n:
            port = held.enter_context(socket.create_server((HOST, 0))).getsockname()[1]
            if port + ROUTES_ABOVE > 2**16 - 1:
                continue
            with contextlib.suppress(OSError):
                held.enter_context(socket.create_server((HOST, port + ROUTES_ABOVE)))
                found.append(port)
    return found


def provisioned(home: Path, n: int) -> Settings:
    settings = Settings(home=home, nats_url=None)
    provision(settings, now(), servers.parse(",".join(f"{HOST}:{port}" for port in free_ports(n))))
    return settings


class Process:
    """`nats-server -c nats.conf`, started in a folder; it ends with whoever started it."""

    def __init__(self, folder: Path) -> None:
        scratch = tempfile.mkdtemp(prefix="barnabus-clustered-")
        self._log = folder / "said.log"
        with self._log.open("ab") as output:
            self._leash = subprocess.Popen(
                [sys.executable, "-E", "-S", str(Path(leash.__file__)), scratch, str(find_binary()), "-c", "nats.conf"],
                cwd=folder,
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=output,
            )
        self._folder = folder

    def said(self) -> str:
        return self._log.read_text()

    def send(self, wanted: signal.Signals) -> None:
        """To the server itself."""
        pid = int((self._folder / "nats.pid").read_text())
        subprocess.run(["kill", f"-{wanted.name.removeprefix('SIG')}", str(pid)], check=True)

    def kill(self) -> None:
        self.send(signal.SIGKILL)
        self.end()

    def end(self) -> None:
        if self._leash.stdin:
            self._leash.stdin.close()
        self._leash.wait()


@contextlib.contextmanager
def started(settings: Settings) -> Iterator[dict[str, Process]]:
    """All servers of a home, by their names."""
    running: dict[str, Process] = {}
    try:
        for server in servers.servers(settings):
            running[server.name] = Process(servers.folder(settings, server))
        yield running
    finally:
        for process in running.values():
            process.end()


def of(settings: Settings, name: str) -> Server:
    return next(server for server in servers.servers(settings) if server.name == name)
