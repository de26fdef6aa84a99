"""Child processes of this home: a gateway, an adapter; started, killed, started again, and never left behind."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from bus.leash import die_with_parent
from bus.settings import Settings
from contracts.errors import BarnabusError

STOP_WAIT_S = 8.0


class Process(Protocol):
    """As asyncio has it: `returncode` is None while it runs, and minus the signal if one ended it."""

    @property
    def pid(self) -> int: ...
    @property
    def returncode(self) -> int | None: ...
    async def wait(self) -> int: ...
    def send_signal(self, wanted: int, /) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class Processes:
    """`barnabus ARGS` as processes of their own, each by a name. What they say goes to `logs/NAME.log` in the home."""

    settings: Settings
    kills: dict[str, int] = field(default_factory=dict)
    _running: dict[str, Process] = field(default_factory=dict)

    async def start(self, name: str, *arguments: str, kill_at: str | None = None) -> None:
        """Start one; `kill_at` makes it die at a named point, as from SIGKILL."""
        log = self.log_of(name)
        log.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        environment = os.environ | {
            "BARNABUS_HOME": str(self.settings.home.resolve()),
            "BARNABUS_NATS_URL": self.settings.url(),
        }
        environment.pop("BARNABUS_KILL_AT", None)
        if kill_at:
            environment["BARNABUS_KILL_AT"] = kill_at
        self._running[name] = await self._spawned(arguments, environment, log)

    async def _spawned(self, arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> Process:
        with log.open("ab") as output:
            return await asyncio.create_subprocess_exec(
                sys.executable, "-m", "cli", *arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=environment,
                start_new_session=True,  # Ctrl-C reaches us, and we end them in order
                preexec_fn=die_with_parent,
            )  # fmt: skip

    def log_of(self, name: str) -> Path:
        return self.settings.home / "logs" / f"{name}.log"

    def running(self, name: str) -> bool:
        process = self._running.get(name)
        return process is not None and process.returncode is None

    def pid(self, name: str) -> int:
        """Of one that was started and not killed."""
        return self._running[name].pid

    async def ended(self, name: str) -> None:
        """Wait until it has ended by itself."""
        await self._running[name].wait()

    def check(self, name: str) -> None:
        """Raises `process.ended` if it is not running, with the last line it said."""
        if not self.running(name):
            said = self.log_of(name).read_text(errors="replace").strip().splitlines()[-1:]
            raise BarnabusError("process.ended", detail=f"{name}: {''.join(said)[:300]}")

    async def kill(self, name: str) -> None:
        """SIGKILL: no chance to tidy up."""
        process = self._running[name]
        if process.returncode is None:
            process.send_signal(signal.SIGKILL)
        await self.died(name)

    async def died(self, name: str) -> None:
        """Wait until it has died, and count it as killed."""
        await self._running.pop(name).wait()
        self.kills[name] = self.kills.get(name, 0) + 1

    async def stop_all(self) -> None:
        """End all, politely first."""
        processes = list(self._running.values())
        for process in processes:
            if process.returncode is None:
                process.terminate()
        try:
            await asyncio.wait_for(asyncio.gather(*(process.wait() for process in processes)), STOP_WAIT_S)
        except TimeoutError:
            for process in processes:
                if process.returncode is None:
                    process.kill()
                await process.wait()
        self._running.clear()
