"""The processes of a home: started, killed and ended, each by its own id, and what is left of them."""

import asyncio
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.processes import Process, Processes
from tests.forked import Forked


@dataclass(slots=True)
class Children(Processes):
    """Child processes whose ends can be looked at; every id that was ever used is remembered."""

    pids: set[int] = field(default_factory=set)

    async def start(self, name: str, *arguments: str, kill_at: str | None = None) -> None:
        await Processes.start(self, name, *arguments, kill_at=kill_at)
        self.pids.add(self.pid(name))

    async def _spawned(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
        return Forked.started(arguments, environment, log)

    def pid(self, name: str) -> int:
        return self._running[name].pid

    def signal(self, name: str, wanted: signal.Signals) -> None:
        self._running[name].send_signal(wanted)

    async def end_of(self, name: str, within_s: float) -> int:
        """How it ended: its exit code, or minus the signal that killed it."""
        code = await asyncio.wait_for(self._running[name].wait(), within_s)
        del self._running[name]
        return code


def alive(pid: int) -> bool:
    """Whether a process of this id runs; a dead one that nobody has waited for yet does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def naming(folder: Path) -> dict[int, str]:
    """Every process of this machine whose command line or environment names a folder, ourselves left out."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        try:
            said = (process / "cmdline").read_bytes()
            named = said + (process / "environ").read_bytes()
        except OSError:
            continue  # it has ended, or is not ours
        if str(folder).encode() in named and int(process.name) != os.getpid():
            found[int(process.name)] = said.replace(b"\0", b" ").decode(errors="replace")
    return found
