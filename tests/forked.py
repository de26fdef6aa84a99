"""`barnabus WORDS` as a process of its own, forked from one that has loaded what commands load.

Loading takes longer than most commands, and than an adapter needs to be ready. That a command starts from nothing is
tried in tests/fault/test_ends.py and tests/fault/test_stops.py.
"""

import asyncio
import importlib
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

from bus import faults
from bus.leash import die_with_parent
from cli import show
from cli.main import ROOMS

LOOK_EVERY_S = 0.01
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__, *sorted({f"cli.{room}" for room in ROOMS.values()})])


def run(
    words: Sequence[str], environment: Mapping[str, str], folder: Path, *, within_s: float = 50
) -> subprocess.CompletedProcess[str]:
    """What it wrote, and its exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        said = Path(scratch, "out"), Path(scratch, "err")
        process = _started(words, environment, folder, *said)
        process.join(within_s)
        if process.exitcode is None:
            process.kill()
            process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(words, process.exitcode, *(file.read_text() for file in said))


@dataclass(slots=True)
class Forked:
    """What `asyncio.subprocess.Process` would say of it."""

    process: BaseProcess

    @classmethod
    def started(cls, words: Sequence[str], environment: Mapping[str, str], log: Path) -> "Forked":
        log.touch()  # whoever reads it next need not wait for the fork
        return cls(_started(words, environment, Path.cwd(), log, log))

    @property
    def pid(self) -> int:
        assert self.process.pid
        return self.process.pid

    @property
    def returncode(self) -> int | None:
        return self.process.exitcode

    async def wait(self) -> int:
        while (code := self.returncode) is None:  # noqa: ASYNC110  two that waited for its end at once would spoil it
            await asyncio.sleep(LOOK_EVERY_S)
        return code

    def send_signal(self, wanted: int) -> None:
        if self.returncode is None:
            os.kill(self.pid, wanted)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)


def _started(words: Sequence[str], environment: Mapping[str, str], folder: Path, out: Path, err: Path) -> BaseProcess:
    process = _FORKS.Process(target=_barnabus, args=(tuple(words), dict(environment), folder, out, err))
    process.start()
    return process


def _barnabus(words: Sequence[str], environment: Mapping[str, str], folder: Path, out: Path, err: Path) -> None:
    os.setsid()
    die_with_parent()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    importlib.reload(faults)  # where to die is read once
    for number, file in ((1, out), (2, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    if columns := environment.get("COLUMNS"):  # what is written to was made before this was said
        show.out.width = show.err.width = int(columns)
    sys.argv = ["barnabus", *words]
    from cli.__main__ import main

    main()
