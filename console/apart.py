"""A look at what is owed in a process of its own: many cases at once take long, and pages would wait for the processor.

    python -m console.apart PARENT

is that process: it is told what to do on standard input, says on standard output what came of it, and gives way to
everybody. It ends with whoever started it.
"""

import asyncio
import os
import pickle
import sys
from asyncio.subprocess import PIPE
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import structlog

from bus.leash import die_with_parent
from bus.settings import Settings
from contracts.errors import BarnabusError
from contracts.protocol import Protocol
from projections import reckoning
from projections.models import MODELS
from projections.owed_file import Stand
from projections.view import reading

GIVES_WAY = 10
"""Of nice's nineteen."""
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Work:
    """See projections/reckoning.py."""

    settings: Settings
    rules: Protocol
    path: Path
    now: datetime
    closed: bool


async def look(work: Work) -> Stand:
    """Raises what the other process raises that has a code, else `internal`. Cancelled, it ends that process."""
    command = (sys.executable, "-m", __name__, str(os.getpid()))
    child = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, start_new_session=True)
    try:
        said, _ = await child.communicate(pickle.dumps(work))
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
    found = pickle.loads(said) if said else None  # noqa: S301  it comes from our own process
    if isinstance(found, Stand):
        return found
    if isinstance(found, BarnabusError):
        raise found
    _log.error("console.reckoning-failed", error=found, returncode=child.returncode)
    raise BarnabusError("internal")


def _looked(work: Work) -> Stand | BarnabusError | str:
    """What came of it: where it stands, or what went wrong, by name alone if that has no code."""
    try:
        with reading(work.settings, *MODELS) as view:
            stand = reckoning.look(view, work.path, work.rules, work.now, closed=work.closed)
            assert stand
            return stand
    except BarnabusError as error:
        return error
    except Exception as error:  # noqa: BLE001  the other process says so
        return type(error).__name__


def main(parent: int) -> None:
    die_with_parent()
    if os.getppid() == parent:  # else it is gone already
        os.nice(GIVES_WAY)
        work = pickle.load(sys.stdin.buffer)  # noqa: S301  it comes from our own process
        sys.stdout.buffer.write(pickle.dumps(_looked(work)))


if __name__ == "__main__":
    main(int(sys.argv[1]))
