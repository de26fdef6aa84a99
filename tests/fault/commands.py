"""`barnabus up` and `barnabus demo` as somebody starts them, with everything of theirs in one folder."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from bus.settings import Settings
from tests.fault.children import naming
from tests.fault.waiting import until

PROMPTLY_S = 30.0
"""Generous: a second or two is usual; a server that hangs is given five before it is killed."""


@dataclass(slots=True)
class Command:
    """One command that runs over the home in its folder."""

    folder: Path
    process: asyncio.subprocess.Process

    @property
    def settings(self) -> Settings:
        return Settings(home=self.folder / "home", nats_url=None)

    @property
    def said(self) -> str:
        return (self.folder / "said.txt").read_text()

    async def says(self, line: str) -> None:
        def said() -> bool:
            assert self.process.returncode is None, self.said
            return line in self.said

        await until(f"it says {line!r}", said)

    async def ends(self, how: signal.Signals | None = None) -> int:
        """Its exit code once it has ended, by this signal or by itself, and nothing of it is left."""
        if how:
            self.process.send_signal(how)
        code = await asyncio.wait_for(self.process.wait(), PROMPTLY_S)
        await until("its processes have ended", lambda: not naming(self.folder), PROMPTLY_S)
        await until("its private folders have gone", lambda: not list((self.folder / "scratch").iterdir()), PROMPTLY_S)
        return code

    @property
    def server(self) -> int:
        """The process id of its nats-server."""
        (pid,) = (pid for pid, line in naming(self.folder).items() if "nats-server" in line and "leash.py" not in line)
        return pid


async def start(folder: Path, *arguments: str) -> Command:
    """`barnabus ARGUMENTS`, with a folder of its own for what is temporary; what it says is added to `said.txt`."""
    scratch = folder / "scratch"
    scratch.mkdir(exist_ok=True)
    environment = os.environ | {"BARNABUS_HOME": str(folder / "home"), "TMPDIR": str(scratch)}
    environment.pop("BARNABUS_NATS_URL", None)
    with (folder / "said.txt").open("ab") as said:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "cli", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=said, stderr=said, env=environment, start_new_session=True,
        )  # fmt: skip
    return Command(folder, process)


@contextlib.asynccontextmanager
async def started(folder: Path, *arguments: str) -> AsyncIterator[Command]:
    """The command while inside; on the way out everything of this folder is killed, should a test have failed."""
    command = await start(folder, *arguments)
    try:
        yield command
    finally:
        for pid in naming(folder):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        await command.process.wait()
