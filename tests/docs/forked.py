"""`barnabus WORDS` as a process of its own, forked from one that has loaded what commands load: starting is not tried
here, and it takes longer than most commands."""

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cli import show
from cli.main import ROOMS

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(sorted({f"cli.{room}" for room in ROOMS.values()}))


def run(
    words: tuple[str, ...], environment: Mapping[str, str], folder: Path, *, within_s: float = 50
) -> subprocess.CompletedProcess[str]:
    """What it wrote, and its exit status."""
    with tempfile.TemporaryDirectory() as scratch:
        said = Path(scratch, "out"), Path(scratch, "err")
        process = _FORKS.Process(target=_barnabus, args=(words, dict(environment), folder, *said))
        process.start()
        process.join(within_s)
        if process.exitcode is None:
            process.kill()
            process.join()
        assert process.exitcode is not None
        return subprocess.CompletedProcess(words, process.exitcode, *(file.read_text() for file in said))


def _barnabus(words: tuple[str, ...], environment: dict[str, str], folder: Path, out: Path, err: Path) -> None:
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for stream, file in ((sys.stdout, out), (sys.stderr, err)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT), stream.fileno())
    if columns := environment.get("COLUMNS"):  # what is written to was made before this was said
        show.out.width = show.err.width = int(columns)
    sys.argv = ["barnabus", *words]
    from cli.__main__ import main

    main()
